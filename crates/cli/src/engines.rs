//! `dbprobe engines`: what can this build talk to?

use dbprobe::{Absent, Capability, Engine, Registry, Status};
use serde::Serialize;

use crate::arguments::Common;
use crate::choice::Format;
use crate::console::{BOLD, Console, FAINT, Screen};
use crate::render;
use crate::trouble::Trouble;

/// Lists the engines of `registry`, and those that a feature would bring.
pub(crate) fn run(
    registry: &Registry,
    absent: &[Absent],
    common: &Common,
    console: &mut Console<'_>,
) -> Result<Status, Trouble> {
    let list = List {
        engines: registry.engines().iter().copied().map(Present::from).collect(),
        absent: absent.iter().map(|it| Missing { feature: it.feature, schemes: it.schemes }).collect(),
    };
    let text = match common.format_of("engines")? {
        Format::Json => render::pretty(&list).map_err(Trouble::Encoding)?,
        _ => list.text(console.screen),
    };
    console.print(&text).map_err(Trouble::Output)?;
    Ok(Status::Up)
}

/// What this build can talk to: the JSON of `dbprobe engines`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct List {
    /// The engines of this build.
    engines: Vec<Present>,
    /// The engines that a feature would bring.
    absent: Vec<Missing>,
}

/// An engine of this build.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Present {
    /// Its name.
    name: &'static str,
    /// The schemes of its DSNs.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    schemes: &'static [&'static str],
    /// What it can do beyond a check.
    capabilities: Vec<&'static str>,
}

/// An engine that is not in this build.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Missing {
    /// The feature that brings it.
    feature: &'static str,
    /// The schemes of its DSNs.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    schemes: &'static [&'static str],
}

impl From<&Engine> for Present {
    fn from(engine: &Engine) -> Self {
        let capabilities = engine.capabilities.iter().map(|capability: &Capability| capability.as_str()).collect();
        Self { name: engine.name, schemes: engine.schemes, capabilities }
    }
}

impl List {
    fn text(&self, screen: Screen) -> String {
        let present = self.engines.iter().map(|it| (it.name, it.schemes.join(", "), it.capabilities.join(", ")));
        let absent = self.absent.iter().map(|it| {
            (it.feature, it.schemes.join(", "), format!("not in this build: needs the feature `{}`", it.feature))
        });
        let rows: Vec<_> = present.chain(absent).collect();
        let names = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
        let schemes = rows.iter().map(|(_, schemes, _)| schemes.len()).max().unwrap_or_default();
        let line = |(at, (name, scheme, what)): (usize, &(&str, String, String))| {
            let what = if at < self.engines.len() { what.clone() } else { screen.paint(FAINT, what) };
            let line = format!("{}  {scheme:<schemes$}  {what}", screen.paint(BOLD, &format!("{name:<names$}")));
            format!("{}\n", line.trim_end())
        };
        rows.iter().enumerate().map(line).collect()
    }
}
