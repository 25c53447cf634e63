//! Text for people at a terminal.

use dbprobe::Status;

use super::Context;
use super::explain::{asked, details, product, word};
use super::facts::summary;
use super::span::span;
use super::table::table;
use super::waterfall::waterfall;
use crate::answer::Answer;
use crate::choice::Detail;
use crate::console::{BOLD, FAINT, Screen};
use crate::printable::printable;

/// One target in full, or a line for each of many with what is wrong below.
pub(super) fn render(answers: &[Answer], context: Context) -> String {
    let mut lines = match answers {
        _ if context.detail == Detail::Quiet => {
            answers.iter().filter_map(|answer| quiet(answer, context.screen)).collect()
        }
        [answer] => single(answer, context),
        many => table(many, context),
    };
    lines.push(String::new());
    lines.join("\n")
}

/// The one line of a target that is not up.
fn quiet(answer: &Answer, screen: Screen) -> Option<String> {
    let report = &answer.report;
    let failure = report.failure().filter(|_| report.status() != Status::Up)?;
    let why = printable(&failure.to_string()).into_owned();
    Some(format!("{} {}: {why}", word(report.status(), screen, 0), printable(&report.target)))
}

/// One target: headline, picture, what went wrong, and a line of figures.
fn single(answer: &Answer, context: Context) -> Vec<String> {
    let (report, screen) = (&answer.report, context.screen);
    let name = printable(&report.target);
    let time = asked(report).then(|| span(report.duration));
    let parts = [Some(product(report)), report.role().map(|role| role.as_str().to_owned()), time];
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ");
    let mut lines = vec![format!("{}  {}  {parts}", word(report.status(), screen, 0), screen.paint(BOLD, &name))];
    if asked(report) {
        lines.push(String::new());
        lines.extend(waterfall(report, screen));
    }
    let details = details(answer, context);
    if !details.is_empty() {
        lines.push(String::new());
        lines.extend(details);
    }
    let summary = summary(report);
    if context.detail == Detail::Usual && !summary.is_empty() {
        lines.push(String::new());
        lines.push(screen.paint(FAINT, &format!("  {}", summary.join(screen.glyph(" · ", ", ")))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dbprobe::{Failure, Phase, Report};

    use super::super::sample::{answer, degraded, down, hostile, is_harmless, report, unknown, up};
    use super::*;

    fn text(reports: Vec<Report>, detail: Detail, width: usize, colour: bool) -> String {
        let answers: Vec<Answer> = reports.into_iter().map(answer).collect();
        let screen = Screen { width: Some(width), colour, ascii: false };
        render(&answers, Context { screen, detail, elapsed: Duration::from_millis(8) })
    }

    #[test]
    fn one_target_is_a_picture() {
        let picture = "\
● degraded  b  postgres 15.20  primary  7.31 ms

  tcp        ▋                                                90 us
  auth       ███████████████████████████▎                   3.90 ms
  ping                                  █▌                   210 us
  write                                   ██████████████▋   2.10 ms  permission
  read       skipped: not connected

  write: permission denied for table _health_check (42501)
    advice: run `dbprobe init`

  4 of 97 connections
";
        assert_eq!(text(vec![degraded("b")], Detail::Usual, 80, false), picture);
    }

    #[test]
    fn many_targets_are_a_line_each_and_what_is_shared_is_said_once() {
        let reports = vec![up("orders"), down("a"), down("b"), unknown("argument 4")];
        let table = "\
● up        orders       7.31 ms  postgres 15.20 primary
● down      a            7.31 ms  tcp: refused  postgres 15.20 primary
● down      b            7.31 ms  tcp: refused  postgres 15.20 primary
● unknown   argument 4            configure: config

● down  a, b
  tcp: nobody listens on the port
    advice: start the server

● unknown  argument 4
  configure: this is not a DSN

4 targets: 1 up, 1 unknown, 2 down in 8.00 ms
";
        assert_eq!(text(reports, Detail::Usual, 80, false), table);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [80, 200] {
            let name = "a-very-long-name-of-a-host.eu-west-1.example.com:5432/orders";
            for reports in [vec![degraded("b")], vec![up(name), down(name)]] {
                let text = text(reports, Detail::Usual, width, false);
                let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
                assert!(widest <= width.max(name.len() + 10), "{widest} in\n{text}");
            }
        }
    }

    #[test]
    fn colours_are_only_used_where_they_may_be() {
        assert!(text(vec![up("a")], Detail::Usual, 80, true).contains("\u{1b}[32m"));
        assert!(!text(vec![degraded("a"), down("b")], Detail::Verbose, 80, false).contains('\u{1b}'));
    }

    #[test]
    fn a_hostile_text_cannot_act_on_the_terminal() {
        for reports in [vec![hostile()], vec![hostile(), up("a")]] {
            for detail in [Detail::Quiet, Detail::Usual, Detail::Verbose] {
                let text = text(reports.clone(), detail, 80, false);
                assert!(is_harmless(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn a_failed_goodbye_is_shown_only_on_request() {
        let mut report = report("a", None);
        let failure = Failure::new(dbprobe::Class::Reset, "cut in the goodbye").in_phase(Phase::Close);
        let outcome = dbprobe::Outcome::Failed(failure);
        report.steps.push(dbprobe::Step { phase: Phase::Close, outcome, start: None, duration: None, proof: None });
        assert!(!text(vec![report.clone()], Detail::Usual, 80, false).contains("cut in the goodbye"));
        assert!(text(vec![report], Detail::Verbose, 80, false).contains("cut in the goodbye"));
    }
}
