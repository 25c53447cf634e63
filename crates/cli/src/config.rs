//! `dbprobe config`: is the configuration right, and what is in force? And the targets that it names.

use std::path::{Path, PathBuf};

use dbprobe::{Registry, Status};
use dbprobe_config::Config;
use dbprobe_exporter::check_web_config;

use crate::answer::is_name;
use crate::arguments::{Common, ConfigCommand};
use crate::choice::Format;
use crate::console::Console;
use crate::printable::printable;
use crate::render;
use crate::trouble::Trouble;

/// Where the configuration is looked for last.
const USUAL: &str = "dbprobe.yaml";

/// The file that `--config` or its twin names, or the usual one where it is there.
pub(crate) fn file(common: &Common) -> Option<PathBuf> {
    common.config.clone().or_else(|| Path::new(USUAL).exists().then(|| PathBuf::from(USUAL)))
}

/// The file that a command cannot do without.
///
/// # Errors
/// When none is named and the usual one is not there.
pub(crate) fn required(common: &Common) -> Result<PathBuf, Trouble> {
    file(common)
        .ok_or_else(|| Trouble::Usage(format!("there is no {USUAL} here: name the configuration with `--config FILE`")))
}

/// The configuration that names are looked up in, if one of `words` is a name and there is a file.
///
/// # Errors
/// Every mistake in it.
pub(crate) fn for_names(words: &[String], common: &Common, registry: &Registry) -> Result<Option<Config>, Trouble> {
    match file(common).filter(|_| words.iter().any(|word| is_name(word))) {
        Some(file) => Config::load(&file, registry).map(Some).map_err(Trouble::Config),
        None => Ok(None),
    }
}

/// Checks the configuration, or prints what is in force.
pub(crate) fn run(
    registry: &Registry,
    command: &ConfigCommand,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<Status, Trouble> {
    let file = required(common)?;
    let config = Config::load(&file, registry).map_err(Trouble::Config)?;
    let text = match command {
        ConfigCommand::Check => {
            let warnings = config.warnings(registry);
            if !warnings.is_empty() {
                return Err(Trouble::Config(warnings));
            }
            config.web_config.as_deref().map_or(Ok(()), check_web_config).map_err(Trouble::Config)?;
            summary(&config)
        }
        ConfigCommand::Print => match common.format_of("config print")? {
            Format::Json => render::pretty(&config.masked(registry)).map_err(Trouble::Encoding)?,
            _ => config.render_masked(registry).map_err(Trouble::Encoding)?,
        },
    };
    console.print(&text).map_err(Trouble::Output)?;
    Ok(Status::Up)
}

fn summary(config: &Config) -> String {
    let file = config.file.display().to_string();
    let (targets, modules) = (count(config.targets.len(), "target"), count(config.modules.len(), "module"));
    format!("{}: ok: {targets}, {modules}\n", printable(&file))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
