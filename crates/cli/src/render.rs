//! Reports as text, for people and for programs.

mod facts;
#[cfg(test)]
mod sample;
mod span;
mod wrap;

mod json;
mod junit;
mod metrics;
mod nagios;
mod plain;
mod waterfall;

mod explain;

mod table;

mod terminal;

use dbprobe::Report;

use crate::answer::Answer;
use crate::choice::{Detail, Format};
use crate::console::Screen;

pub(crate) use explain::word;
pub(crate) use json::{line, pretty};
pub(crate) use span::{rough, span};
pub(crate) use wrap::wrap;

/// What a renderer has to know beyond the reports.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    pub(crate) screen: Screen,
    pub(crate) detail: Detail,
    /// How long the whole command took.
    pub(crate) elapsed: std::time::Duration,
}

/// `answers`, in the order of the command line, as `format` has them.
///
/// # Errors
/// A sentence on what cannot be encoded, which does not happen for reports.
pub(crate) fn render(answers: &[Answer], format: Format, context: Context) -> Result<String, String> {
    let reports: Vec<&Report> = answers.iter().map(|answer| &answer.report).collect();
    match format {
        Format::Text if context.screen.width.is_some() => Ok(terminal::render(answers, context)),
        Format::Text => Ok(plain::render(answers, context.detail)),
        Format::Json => match reports.as_slice() {
            [one] => pretty(one),
            many => pretty(&many),
        },
        Format::Ndjson => reports.iter().copied().map(line).collect(),
        Format::Nagios => Ok(nagios::render(&reports, |at| &answers[at].thresholds)),
        Format::Junit => junit::render(&reports, context.elapsed),
        Format::Prometheus => Ok(metrics::render(&reports, |at| answers[at].expected)),
    }
}

/// The names of `reports`, a second target of the same name as `name#2`: labels must tell them apart.
fn distinct_names<'a>(reports: &[&'a Report]) -> Vec<String> {
    let mut seen = std::collections::HashMap::<&'a str, usize>::new();
    let number = |report: &&'a Report| {
        let count = seen.entry(report.target.as_str()).or_default();
        *count += 1;
        if *count == 1 { report.target.clone() } else { format!("{}#{count}", report.target) }
    };
    reports.iter().map(number).collect()
}
