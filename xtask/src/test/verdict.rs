//! What the run came to: the table, what did not run, and whether that is a failure.

use super::results::SuiteResult;
use super::suites::Outcome;
use crate::images::{Choice, Image, Origin};

/// How many tests of some four thousand may pass at the second try only: a machine that stalls for a moment, not a defect
/// that shows now and then.
pub(super) const UNSTEADY: usize = 8;

/// A server that a suite has to have met.
#[derive(Debug)]
pub(super) struct Expected {
    suite: &'static str,
    /// The beginning of the server's name; `None` where the environment chose the image, so that
    /// its version is not known.
    title: Option<&'static str>,
    shown: &'static str,
    /// Whether the server cannot be had here: its image was not pulled, and it has no stand-in.
    unavailable: bool,
}

/// Everything that is known when the suites have ended.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) engines: Vec<String>,
    pub(super) expected: Vec<Expected>,
    /// Why there are no servers at all.
    pub(super) obstacle: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) suites: Vec<SuiteResult>,
}

impl Expected {
    pub(super) fn of(image: &Image, choices: &[Choice]) -> Self {
        let choice = choices.iter().find(|choice| std::ptr::eq(choice.image, image));
        let named = choice.is_some_and(|choice| choice.origin == Origin::Named);
        Self {
            suite: image.engine,
            title: (!named).then_some(image.title),
            shown: image.title,
            unavailable: choice.is_none() && image.stand_in.is_none(),
        }
    }

    fn is_met_by(&self, result: &SuiteResult) -> bool {
        result.suite == self.suite
            && result.passed + result.failed > 0
            && self.title.is_none_or(|title| names(&result.server, title))
    }
}

/// Whether a server's name holds the title as whole words: `PostgreSQL 15.18` is no `PostgreSQL 1`.
fn names(server: &str, title: &str) -> bool {
    server.match_indices(title).any(|(start, _)| {
        server
            .get(start + title.len()..)
            .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
    })
}

impl Verdict {
    /// The table and, as the last line, the sums.
    pub(super) fn print(&self) {
        println!("\n{}", self.table());
        // One reason often stands for many tests: a line each would hide the table above.
        let mut reasons = std::collections::BTreeMap::<_, Vec<&str>>::new();
        for result in &self.suites {
            for skip in &result.skips {
                reasons.entry((&result.suite, &result.server, &skip.reason)).or_default().push(&skip.test);
            }
        }
        for ((suite, server, reason), tests) in reasons {
            println!("skipped: {suite} on {server}: {} because {reason}: {}", tests.len(), tests.join(", "));
        }
        if let Some(obstacle) = &self.obstacle {
            println!("NO SERVERS: {obstacle}");
        }
        for line in self.not_run().into_iter().chain(self.unannounced()) {
            println!("{line}");
        }
        for line in self.unsteady() {
            println!("{line}");
        }
        for test in &self.outcome.failed {
            println!("FAILED: {} ({})", test.name, test.program);
        }
        if self.crashed() {
            println!("FAILED: `cargo test` failed without a failed test; see above");
        }
        let totals = self.outcome.totals;
        println!(
            "{} passed, {} failed, {} skipped",
            totals.passed,
            totals.failed + usize::from(self.crashed()),
            totals.ignored.max(self.skipped()) + self.not_run().len() + self.unavailable().count()
        );
    }

    /// In CI what did not run fails the run, too; a server that cannot be had there does not.
    pub(super) fn fails(&self, in_ci: bool) -> bool {
        let incomplete = !self.not_run().is_empty() || self.unannounced().is_some();
        let unsteady = self.unsteady().len() > UNSTEADY;
        !self.outcome.succeeded || self.outcome.totals.failed > 0 || unsteady || (in_ci && incomplete)
    }

    fn table(&self) -> String {
        let mut rows = vec![["suite", "server", "passed", "failed", "skipped"].map(str::to_owned)];
        for result in &self.suites {
            let numbers = [result.passed, result.failed, result.skipped].map(|number| number.to_string());
            let [passed, failed, skipped] = numbers;
            rows.push([result.suite.clone(), result.server.clone(), passed, failed, skipped]);
        }
        for expected in self.unavailable() {
            let server = format!("{} (not available here)", expected.shown);
            rows.push([expected.suite, &server, "-", "-", "-"].map(str::to_owned));
        }
        let totals = self.outcome.totals;
        let others = |all: usize, of: fn(&SuiteResult) -> usize| {
            all.saturating_sub(self.suites.iter().map(of).sum()).to_string()
        };
        rows.push([
            "other tests".to_owned(),
            "-".to_owned(),
            others(totals.passed, |result| result.passed),
            others(totals.failed, |result| result.failed),
            others(totals.ignored, |result| result.skipped),
        ]);
        aligned(&rows)
    }

    /// A line for each engine and server that no suite met.
    fn not_run(&self) -> Vec<String> {
        let reason = if self.obstacle.is_some() { "no server" } else { "no suite reported it" };
        let silent = self
            .engines
            .iter()
            .filter(|engine| !self.expected.iter().any(|expected| expected.suite == **engine))
            .filter(|engine| !self.suites.iter().any(|result| result.suite == **engine && result.passed > 0))
            .map(|engine| format!("NOT RUN: {engine}: no suite reported it"));
        let missing = self
            .expected
            .iter()
            .filter(|expected| !self.met(expected) && (!expected.unavailable || self.obstacle.is_some()))
            .map(|expected| format!("NOT RUN: {} ({}): {reason}", expected.shown, expected.suite));
        silent.chain(missing).collect()
    }

    /// The servers that nobody can start here. Without Docker nothing is known about them.
    fn unavailable(&self) -> impl Iterator<Item = &Expected> {
        self.expected.iter().filter(|expected| expected.unavailable && self.obstacle.is_none() && !self.met(expected))
    }

    fn met(&self, expected: &Expected) -> bool {
        self.suites.iter().any(|result| expected.is_met_by(result))
    }

    /// A test that was ignored without a line in the results has given no reason.
    fn unannounced(&self) -> Option<String> {
        let count = self.outcome.totals.ignored.saturating_sub(self.skipped());
        (count > 0).then(|| format!("UNANNOUNCED: {count} tests were ignored without a reason in the results"))
    }

    /// A line for each test that passed at the second try only.
    fn unsteady(&self) -> Vec<String> {
        let lines = self.suites.iter().flat_map(|result| {
            result.unsteady.iter().map(|one| {
                let SuiteResult { suite, server, .. } = result;
                format!(
                    "UNSTEADY: {suite} on {server}: {} passed at the second try; the first: {}",
                    one.test, one.reason
                )
            })
        });
        let plain = self.outcome.unsteady.iter();
        lines
            .chain(plain.map(|test| format!("UNSTEADY: {} ({}) passed when it was run again", test.name, test.program)))
            .collect()
    }

    fn skipped(&self) -> usize {
        self.suites.iter().map(|result| result.skipped).sum()
    }

    fn crashed(&self) -> bool {
        !self.outcome.succeeded && self.outcome.totals.failed == 0
    }
}

/// Columns as wide as their widest cell; numbers, from the third column on, to the right.
fn aligned(rows: &[[String; 5]]) -> String {
    let mut widths = [0; 5];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let padded = if column < 2 { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
            text.push_str(&padded);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::suites::Totals;
    use super::*;
    use crate::images::StandIn;

    fn result(suite: &str, server: &str) -> SuiteResult {
        SuiteResult {
            suite: suite.to_owned(),
            server: server.to_owned(),
            passed: 4,
            failed: 0,
            skipped: 0,
            skips: Vec::new(),
            unsteady: Vec::new(),
        }
    }

    fn verdict(suites: Vec<SuiteResult>) -> Verdict {
        let expected =
            Expected { suite: "postgres", title: Some("PostgreSQL 15"), shown: "PostgreSQL 15", unavailable: false };
        let totals = Totals { passed: 10, failed: 0, ignored: 0 };
        Verdict {
            engines: vec!["postgres".to_owned(), "sqlite".to_owned()],
            expected: vec![expected],
            obstacle: None,
            outcome: Outcome { totals, succeeded: true, ..Outcome::default() },
            suites,
        }
    }

    #[test]
    fn a_complete_run_passes_everywhere() {
        let verdict = verdict(vec![result("postgres", "PostgreSQL 15.18"), result("sqlite", "SQLite 3.54.1")]);
        assert_eq!(verdict.not_run(), Vec::<String>::new());
        assert!(!verdict.fails(true));
        assert!(
            verdict.table().ends_with("other tests  -                      2       0        0\n"),
            "{}",
            verdict.table()
        );
    }

    #[test]
    fn a_missing_server_fails_only_in_ci() {
        let verdict = verdict(vec![result("postgres", "PostgreSQL 150"), result("sqlite", "SQLite 3.54.1")]);
        assert_eq!(verdict.not_run(), ["NOT RUN: PostgreSQL 15 (postgres): no suite reported it"]);
        assert!(verdict.fails(true));
        assert!(!verdict.fails(false));
    }

    const PULLED_ONLY: Image = Image {
        engine: "mssql",
        title: "SQL Server 2022",
        name: "mssql",
        version: Some("2022"),
        official: Some("registry.example/mssql:2022"),
        stand_in: None,
    };

    fn verdict_with(image: &Image) -> Verdict {
        let mut verdict = verdict(vec![result("postgres", "PostgreSQL 15.18"), result("sqlite", "SQLite 3.54.1")]);
        verdict.engines.push("mssql".to_owned());
        verdict.expected.push(Expected::of(image, &[]));
        verdict
    }

    #[test]
    fn a_server_that_cannot_be_had_is_shown_and_does_not_fail_ci() {
        let verdict = verdict_with(&PULLED_ONLY);
        assert_eq!(verdict.not_run(), Vec::<String>::new());
        assert!(!verdict.fails(true));
        let table = verdict.table();
        assert!(
            table.contains("mssql        SQL Server 2022 (not available here)       -       -        -\n"),
            "{table}"
        );
    }

    #[test]
    fn a_server_with_a_stand_in_has_to_be_had() {
        let stand_in = StandIn { directory: "mssql", suite: "sid", arguments: &[] };
        let verdict = verdict_with(&Image { stand_in: Some(stand_in), ..PULLED_ONLY });
        assert_eq!(verdict.not_run(), ["NOT RUN: SQL Server 2022 (mssql): no suite reported it"]);
        assert!(verdict.fails(true));
    }

    #[test]
    fn a_server_that_was_pulled_has_to_be_met() {
        let image: &'static Image = &PULLED_ONLY;
        let mut verdict = verdict_with(image);
        let choice = Choice { image, reference: String::new(), origin: Origin::Official };
        verdict.expected.pop();
        verdict.expected.push(Expected::of(image, &[choice]));
        assert_eq!(verdict.not_run(), ["NOT RUN: SQL Server 2022 (mssql): no suite reported it"]);
        assert!(verdict.fails(true));
    }

    #[test]
    fn without_docker_no_server_is_excused() {
        let mut verdict = verdict_with(&PULLED_ONLY);
        verdict.obstacle = Some("Docker cannot be reached".to_owned());
        assert_eq!(verdict.not_run(), ["NOT RUN: SQL Server 2022 (mssql): no server"]);
        assert!(verdict.fails(true));
    }

    #[test]
    fn a_silent_suite_fails_only_in_ci() {
        let verdict = verdict(vec![result("postgres", "PostgreSQL 15.18")]);
        assert_eq!(verdict.not_run(), ["NOT RUN: sqlite: no suite reported it"]);
        assert!(verdict.fails(true) && !verdict.fails(false));
    }

    #[test]
    fn a_few_unsteady_tests_are_shown_and_many_fail() {
        let mut verdict = verdict(vec![result("postgres", "PostgreSQL 15.18"), result("sqlite", "SQLite 3.54.1")]);
        let late = || super::super::results::Skip { test: "ping::a".to_owned(), reason: "late".to_owned() };
        let noted = |verdict: &mut Verdict, count| verdict.suites[0].unsteady = (0..count).map(|_| late()).collect();
        noted(&mut verdict, UNSTEADY);
        let shown = "UNSTEADY: postgres on PostgreSQL 15.18: ping::a passed at the second try; the first: late";
        assert_eq!(verdict.unsteady().first().map(String::as_str), Some(shown));
        assert!(!verdict.fails(true));
        noted(&mut verdict, UNSTEADY + 1);
        assert!(verdict.fails(true) && verdict.fails(false));
    }

    #[test]
    fn an_unannounced_skip_fails_only_in_ci() {
        let mut verdict = verdict(vec![result("postgres", "PostgreSQL 15.18"), result("sqlite", "SQLite 3.54.1")]);
        verdict.outcome.totals.ignored = 1;
        assert!(verdict.unannounced().is_some());
        assert!(verdict.fails(true) && !verdict.fails(false));
    }

    #[test]
    fn a_crash_without_a_failed_test_fails() {
        let mut verdict = verdict(vec![result("postgres", "PostgreSQL 15.18"), result("sqlite", "SQLite 3.54.1")]);
        verdict.outcome.succeeded = false;
        assert!(verdict.crashed() && verdict.fails(false));
    }
}
