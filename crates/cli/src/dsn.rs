//! `dbprobe dsn`: how is a DSN read?

use dbprobe::{Endpoint, Failure, Registry, Status, Target};
use serde::Serialize;

use crate::answer::{Refusal, open};
use crate::arguments::{Common, Explain};
use crate::choice::Format;
use crate::console::{BAD, BOLD, Console, FAINT, Screen};
use crate::printable::printable;
use crate::render;
use crate::trouble::Trouble;

/// Explains a DSN; one that cannot be read is `unknown`, as in `check`.
pub(crate) fn run(
    registry: &Registry,
    options: &Explain,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<Status, Trouble> {
    let json = common.format_of("dsn")? == Format::Json;
    let opened = open(registry, &options.dsn, 1);
    let text = match &opened {
        Ok(driver) if json => render::pretty(&driver.target().reading()).map_err(Trouble::Encoding)?,
        Ok(driver) => describe(driver.target(), console.screen),
        Err(refusal) if json => render::pretty(&Refused::from(refusal.as_ref())).map_err(Trouble::Encoding)?,
        Err(refusal) => {
            console.remark(&complain(refusal, console.err_screen));
            String::new()
        }
    };
    console.print(&text).map_err(Trouble::Output)?;
    Ok(if opened.is_ok() { Status::Up } else { Status::Unknown })
}

/// A DSN that cannot be read: the JSON of `dbprobe dsn`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Refused<'a> {
    /// What is wrong with it.
    error: Fault<'a>,
}

/// What is wrong with a DSN.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Fault<'a> {
    /// What kind it is.
    class: &'static str,
    /// The fact.
    message: &'a str,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'a str>,
    /// The first offending character, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// How many characters offend.
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<usize>,
}

impl<'a> From<&'a Refusal> for Refused<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        let Failure { class, message, advice, .. } = &refusal.failure;
        let columns = refusal.pointer.as_ref().map(|pointer| pointer.columns());
        let (column, length) = (columns.clone().map(|it| it.start), columns.map(|it| it.len()));
        Self { error: Fault { class: class.as_str(), message, advice: advice.as_deref(), column, length } }
    }
}

/// The error in lines, with a pointer to the character.
pub(crate) fn complain(refusal: &Refusal, screen: Screen) -> String {
    let width = screen.width.unwrap_or(usize::from(u8::MAX));
    let fit = |text: &str, indent| render::wrap(&printable(text), width, indent);
    let mut lines = vec![screen.paint(BAD, &fit(&refusal.failure.to_string(), 2))];
    if let Some(pointer) = &refusal.pointer {
        let [dsn, carets] = pointer.lines(width.saturating_sub(2));
        lines.extend([format!("  {dsn}"), format!("  {}", screen.paint(BAD, &carets))]);
    }
    if let Some(advice) = &refusal.failure.advice {
        let advice = fit(&format!("  advice: {advice}"), 10);
        lines.push(advice.replacen("advice:", &screen.paint(BOLD, "advice:"), 1));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn describe(target: &Target, screen: Screen) -> String {
    let hosts = target.endpoints.iter().map(Endpoint::authority).collect::<Vec<_>>().join(", ");
    let known = [
        ("engine", Some(target.engine.to_owned())),
        (if target.endpoints.len() > 1 { "hosts" } else { "host" }, Some(hosts).filter(|hosts| !hosts.is_empty())),
        ("user", target.user.clone()),
        ("password", Some(if target.has_password { "yes, not shown" } else { "none" }.to_owned())),
        ("database", target.database.clone()),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let parameters = target.parameters.iter().map(|(name, value)| (name.clone(), value.clone()));
    let redacted = [("redacted".to_owned(), target.redacted.clone())];
    let all: Vec<(String, String)> = known.chain(parameters).chain(redacted).collect();
    let widest = all.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let line = |(name, value): (String, String)| {
        format!("{}  {}\n", screen.paint(FAINT, &format!("{:<widest$}", printable(&name))), printable(&value))
    };
    all.into_iter().map(line).collect()
}
