//! The ladder as a picture.

use std::time::Duration;

use anstyle::Style;
use dbprobe::tasks::{Diagnosis, RungOutcome, RungResult};

use super::plain::{lines, mind, shows_evidence, why};
use crate::choice::Detail;
use crate::console::{BAD, BOLD, FAINT, GOOD, Screen, WARNING};
use crate::pointer::Pointer;
use crate::printable::printable;
use crate::render::{span, word, wrap};

/// Columns of a rung's name: `privileges`.
const NAME: usize = 10;
/// Columns of a time.
const TIME: usize = 8;
/// Where the text of a rung begins.
const TEXT: usize = 2 + 2 + NAME + 2 + TIME + 2;

pub(super) fn draw(diagnosis: &Diagnosis, pointer: Option<&Pointer>, detail: Detail, screen: Screen) -> String {
    if detail == Detail::Quiet {
        return lines(diagnosis, pointer, detail);
    }
    let took = span(Duration::from_secs_f64(diagnosis.duration_ms / 1e3));
    let name = screen.paint(BOLD, &printable(&diagnosis.target));
    let engine = diagnosis.engine.map(|engine| format!("{engine}  ")).unwrap_or_default();
    let mut text = vec![format!("{}  {name}  {engine}{took}", word(diagnosis.status, screen, 0))];
    text.push(String::new());
    let (climbed, beyond) = split(&diagnosis.ladder);
    for rung in climbed {
        text.push(step(rung, screen));
        if shows_evidence(rung, detail) {
            text.extend(evidence(rung, detail, screen));
        }
    }
    if let [first, .., last] = beyond {
        let (style, mark) = mark(RungOutcome::Skipped, screen);
        text.push(screen.paint(style, &format!("  {mark} {} to {}: not reached", first.rung, last.rung)));
    }
    if let Some(pointer) = pointer {
        let [dsn, carets] = pointer.lines(screen.width.unwrap_or_default().saturating_sub(4));
        text.extend([String::new(), format!("    {dsn}"), format!("    {}", screen.paint(BAD, &carets))]);
    }
    let told = told(diagnosis, screen);
    if !told.is_empty() {
        text.push(String::new());
        text.extend(told);
    }
    text.push(String::new());
    text.join("\n")
}

/// The rungs that were stepped on, and those above the one that broke, which are one line.
fn split(ladder: &[RungResult]) -> (&[RungResult], &[RungResult]) {
    let beyond = ladder.iter().rev().take_while(|rung| rung.reason.as_deref() == Some("not reached")).count();
    ladder.split_at(ladder.len() - if beyond > 1 { beyond } else { 0 })
}

fn mark(outcome: RungOutcome, screen: Screen) -> (Style, &'static str) {
    match outcome {
        RungOutcome::Passed => (GOOD, screen.glyph("✓", "+")),
        RungOutcome::Skipped => (FAINT, screen.glyph("–", "-")),
        RungOutcome::Warning => (WARNING, "!"),
        RungOutcome::Failed => (BAD, screen.glyph("✗", "x")),
    }
}

fn step(rung: &RungResult, screen: Screen) -> String {
    let (style, mark) = mark(rung.outcome, screen);
    let took = rung.duration_ms.map(|ms| span(Duration::from_secs_f64(ms / 1e3))).unwrap_or_default();
    let reason = rung.reason.as_deref().map(printable).unwrap_or_default();
    let head = format!("  {mark} {:<NAME$}  {took:>TIME$}  ", rung.rung);
    let whole = wrap(&format!("{}{reason}", " ".repeat(TEXT)), width(screen), TEXT);
    let body = whole.get(TEXT..).unwrap_or_default();
    let body = if rung.outcome == RungOutcome::Passed { body.to_owned() } else { painted(style, body, screen) };
    format!("{}{body}", screen.paint(style, &head)).trim_end().to_owned()
}

/// Every line by itself: a colour that runs over a line break colours what a pager puts before the next line.
fn painted(style: Style, text: &str, screen: Screen) -> String {
    text.lines().map(|line| screen.paint(style, line)).collect::<Vec<_>>().join("\n")
}

fn evidence(rung: &RungResult, detail: Detail, screen: Screen) -> Vec<String> {
    let seen = rung.evidence.iter().filter(|it| detail == Detail::Verbose || it.fact != "failure");
    let seen: Vec<_> = seen.map(|it| (printable(&it.fact).replace('_', " "), printable(&it.value))).collect();
    let widest = seen.iter().map(|(fact, _)| fact.chars().count()).max().unwrap_or_default();
    let line = |(fact, value): &(String, std::borrow::Cow<'_, str>)| {
        let indent = 6 + widest + 2;
        let text = wrap(&format!("{}{value}", " ".repeat(indent)), width(screen), indent);
        let fact = screen.paint(FAINT, &format!("{fact:<widest$}"));
        format!("      {fact}  {}", text.trim_start())
    };
    seen.iter().map(line).collect()
}

/// What it comes to: what is close to a limit, the cause, and what to do.
fn told(diagnosis: &Diagnosis, screen: Screen) -> Vec<String> {
    let mut told = Vec::new();
    let mut say = |label: &str, style: Style, text: &str| {
        let indent = 2 + 8;
        let text = wrap(&format!("{}{}", " ".repeat(indent), printable(text)), width(screen), indent);
        told.push(format!(
            "  {}{}",
            screen.paint(style, &format!("{label:<8}")),
            text.get(indent..).unwrap_or_default()
        ));
    };
    for remark in &diagnosis.performance.remarks {
        say("slow:", WARNING, remark);
    }
    for close in &diagnosis.recommendations {
        say("note:", WARNING, &format!("{}; {}", close.fact, close.advice));
    }
    if let Some(cause) = &diagnosis.cause {
        say("cause:", BAD, &cause.cause);
        say("why:", BOLD, &why(diagnosis, cause));
        if let Some(advice) = &cause.advice {
            say("advice:", BOLD, advice);
        }
    }
    // It is to be copied: a line break in it would be copied, too.
    if let Some(next) = &diagnosis.next_command {
        told.push(format!("  {}{}", screen.paint(BOLD, &format!("{:<8}", "next:")), printable(next)));
    }
    told.extend(mind(diagnosis).map(|mind| {
        let indent = 2 + 8;
        let text = wrap(&format!("{}{mind}", " ".repeat(indent)), width(screen), indent);
        format!("  {}{}", screen.paint(BOLD, &format!("{:<8}", "mind:")), text.get(indent..).unwrap_or_default())
    }));
    told
}

fn width(screen: Screen) -> usize {
    screen.width.unwrap_or(usize::MAX).max(40)
}
