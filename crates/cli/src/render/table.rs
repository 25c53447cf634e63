//! Many targets at a terminal: a line each, and below what is wrong.

use anstyle::Style;
use dbprobe::{Failure, Report, Status};

use super::Context;
use super::explain::{asked, colour, details, product, word};
use super::span::span;
use super::waterfall::{failure_colour, waterfall};
use super::wrap::wrap;
use crate::answer::Answer;
use crate::choice::Detail;
use crate::console::{BOLD, FAINT, GOOD, Screen};
use crate::printable::printable;

/// Columns of the status with its mark.
const MARK: usize = 2 + 8;
/// Columns of a time.
const TIME: usize = 8;
/// The shortest a name is cut to: a host and a port of IPv4.
const NAME: usize = 21;

/// A line a target, then what is wrong, then how many of each there are.
pub(super) fn table(answers: &[Answer], context: Context) -> Vec<String> {
    let rows: Vec<Row> = answers.iter().map(|answer| Row::new(&answer.report)).collect();
    let width = context.screen.width.unwrap_or(usize::MAX);
    let widest = |column: fn(&Row) -> &str| rows.iter().map(|row| length(column(row))).max().unwrap_or_default();
    let room = width.saturating_sub(MARK + 2 + 2 + TIME + 2 + widest(Row::first)).max(NAME);
    let names = widest(|row| &row.name).min(room);
    let mut lines: Vec<String> = rows.iter().map(|row| row.line(names, width, context.screen)).collect();
    for section in sections(answers, context) {
        lines.push(String::new());
        lines.extend(section);
    }
    lines.push(String::new());
    lines.push(totals(answers, context));
    lines
}

/// One target's line in the table.
struct Row {
    status: Status,
    name: String,
    time: String,
    /// Where and what is wrong, if something is.
    why: String,
    colour: Style,
    /// Engine, version and role.
    product: String,
}

impl Row {
    fn new(report: &Report) -> Self {
        let failure = report.failure().filter(|_| report.status() != Status::Up);
        let role = report.role().map(|role| format!(" {role}")).unwrap_or_default();
        Self {
            status: report.status(),
            name: printable(&report.target).into_owned(),
            time: if asked(report) { span(report.duration) } else { String::new() },
            why: failure.map(short).unwrap_or_default(),
            colour: failure.map_or(GOOD, failure_colour),
            product: format!("{}{role}", product(report)),
        }
    }

    /// What stands behind the time in any case.
    fn first(&self) -> &str {
        if self.why.is_empty() { &self.product } else { &self.why }
    }

    /// The line; what is wrong comes first, and the product follows where it fits.
    fn line(&self, names: usize, width: usize, screen: Screen) -> String {
        let name = shorten(&self.name, names);
        let gap = " ".repeat(names.saturating_sub(length(&name)));
        let left = width.saturating_sub(MARK + 2 + names + 2 + TIME + 2 + length(self.first()));
        let product = match self.product.as_str() {
            product if self.why.is_empty() => product.to_owned(),
            product if !product.is_empty() && length(product) + 2 <= left => {
                screen.paint(FAINT, &format!("  {product}"))
            }
            _ => String::new(),
        };
        let mark = word(self.status, screen, MARK - 2);
        let (name, why) = (screen.paint(BOLD, &name), screen.paint(self.colour, &self.why));
        let line = format!("{mark}  {name}{gap}  {:>TIME$}  {why}{product}", self.time);
        line.trim_end().to_owned()
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// `text` in at most `width` characters: hosts differ at their beginning, databases at their end.
fn shorten(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.to_owned();
    }
    let tail = width / 2;
    let head: String = text.chars().take(width.saturating_sub(tail + 1)).collect();
    let tail: String = text.chars().skip(length(text) - tail).collect();
    format!("{head}…{tail}")
}

/// Where and what it was: `write: permission`.
fn short(failure: &Failure) -> String {
    failure.phase.map_or_else(|| failure.class.to_string(), |phase| format!("{phase}: {}", failure.class))
}

/// What is wrong, or with `-v` what is known, below the names that it is true of: when a host with ten databases is
/// gone, that is one thing to read and not ten.
fn sections(answers: &[Answer], context: Context) -> Vec<Vec<String>> {
    let verbose = context.detail == Detail::Verbose;
    let mut sections: Vec<(Status, Vec<String>, Vec<String>)> = Vec::new();
    for answer in answers.iter().filter(|answer| verbose || answer.report.status() != Status::Up) {
        let report = &answer.report;
        let mut body = if verbose && asked(report) { waterfall(report, context.screen) } else { Vec::new() };
        body.extend(details(answer, context));
        let name = printable(&report.target).into_owned();
        match sections.iter_mut().find(|(status, _, lines)| *status == report.status() && *lines == body) {
            Some((_, names, _)) => names.push(name),
            None => sections.push((report.status(), vec![name], body)),
        }
    }
    sections.into_iter().map(|(status, names, body)| section(status, &names, body, context.screen)).collect()
}

fn section(status: Status, names: &[String], body: Vec<String>, screen: Screen) -> Vec<String> {
    let indent = status.as_str().len() + 4;
    let names =
        wrap(&format!("{}{}", " ".repeat(indent), names.join(", ")), screen.width.unwrap_or(usize::MAX), indent);
    let mut lines: Vec<String> =
        names.lines().map(|line| format!("{}{}", " ".repeat(indent), screen.paint(BOLD, line.trim_start()))).collect();
    if let Some(first) = lines.first_mut() {
        *first = format!("{}  {}", word(status, screen, 0), first.trim_start());
    }
    lines.extend(body);
    lines
}

fn totals(answers: &[Answer], context: Context) -> String {
    let counts = Status::ALL.into_iter().filter_map(|status| {
        let count = answers.iter().filter(|answer| answer.report.status() == status).count();
        (count > 0).then(|| context.screen.paint(colour(status), &format!("{count} {status}")))
    });
    let counts = counts.collect::<Vec<_>>().join(", ");
    format!("{} targets: {counts} in {}", answers.len(), span(context.elapsed))
}
