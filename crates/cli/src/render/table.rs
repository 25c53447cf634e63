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
use crate::console::{BOLD, GOOD, Screen};
use crate::printable::printable;

/// Columns of the status with its mark.
const MARK: usize = 2 + 8;

/// A line a target, then what is wrong, then how many of each there are.
pub(super) fn table(answers: &[Answer], context: Context<'_>) -> Vec<String> {
    let rows: Vec<Row> = answers.iter().map(|answer| Row::new(&answer.report)).collect();
    let widest =
        |column: fn(&Row) -> &str| rows.iter().map(|row| column(row).chars().count()).max().unwrap_or_default();
    let (products, roles) = (widest(|row| &row.product), widest(|row| row.role));
    let beside = MARK + 2 + 2 + products + 2 + roles + 2 + 8 + 2 + widest(|row| &row.why);
    let room = context.screen.width.unwrap_or(usize::MAX).saturating_sub(beside).max(16);
    let names = widest(|row| &row.name).min(room);
    let mut lines: Vec<String> = rows.iter().map(|row| row.line([names, products, roles], context.screen)).collect();
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
    product: String,
    role: &'static str,
    time: String,
    why: String,
    colour: Style,
}

impl Row {
    fn new(report: &Report) -> Self {
        let failure = report.failure().filter(|_| report.status() != Status::Up);
        Self {
            status: report.status(),
            name: printable(&report.target).into_owned(),
            product: product(report),
            role: report.role().map(|role| role.as_str()).unwrap_or_default(),
            time: if asked(report) { span(report.duration) } else { String::new() },
            why: failure.map(short).unwrap_or_default(),
            colour: failure.map_or(GOOD, failure_colour),
        }
    }

    fn line(&self, [names, products, roles]: [usize; 3], screen: Screen) -> String {
        let name = shorten(&self.name, names);
        let gap = " ".repeat(names.saturating_sub(name.chars().count()));
        let rest = format!("{:<products$}  {:<roles$}  {:>8}", self.product, self.role, self.time);
        let why = screen.paint(self.colour, &self.why);
        let line =
            format!("{}  {}{gap}  {rest}  {why}", word(self.status, screen, MARK - 2), screen.paint(BOLD, &name));
        line.trim_end().to_owned()
    }
}

/// `text` in at most `width` characters: hosts differ at their beginning, databases at their end.
fn shorten(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let tail = width / 2;
    let head: String = text.chars().take(width.saturating_sub(tail + 1)).collect();
    let tail: String = text.chars().skip(length - tail).collect();
    format!("{head}…{tail}")
}

/// Where and what it was: `write: permission`.
fn short(failure: &Failure) -> String {
    failure.phase.map_or_else(|| failure.class.to_string(), |phase| format!("{phase}: {}", failure.class))
}

/// What is wrong, or with `-v` what is known, below the names that it is true of: when a host with ten databases is
/// gone, that is one thing to read and not ten.
fn sections(answers: &[Answer], context: Context<'_>) -> Vec<Vec<String>> {
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

fn totals(answers: &[Answer], context: Context<'_>) -> String {
    let counts = Status::ALL.into_iter().filter_map(|status| {
        let count = answers.iter().filter(|answer| answer.report.status() == status).count();
        (count > 0).then(|| context.screen.paint(colour(status), &format!("{count} {status}")))
    });
    let counts = counts.collect::<Vec<_>>().join(", ");
    format!("{} targets: {counts} in {}", answers.len(), span(context.elapsed))
}
