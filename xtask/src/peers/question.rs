//! One exporter, asked about one database.

use std::net::SocketAddr;
use std::time::Duration;

use dbprobe_testkit::serve::{Answer, Request};

/// How long anybody is waited for. Prometheus' own scrapes end after ten seconds by default.
const LIMIT: Duration = Duration::from_secs(30);

/// What the databases are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scene {
    Healthy,
    Frozen,
    /// The exporter asks the place where nobody answers.
    Blackholed,
}

/// Where to ask, and what to look for in the answer.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) who: &'static str,
    here: (SocketAddr, String),
    there: (SocketAddr, String),
    /// What a line of the answer begins with.
    line: (String, String),
}

impl Question {
    /// Asks one path about the database, another one about the place where nobody answers, and shows the series `name`.
    pub(super) fn new(
        who: &'static str,
        here: (SocketAddr, String),
        there: (SocketAddr, String),
        name: &'static str,
    ) -> Self {
        Self { who, here, there, line: (name.to_owned(), name.to_owned()) }
    }

    /// Asks `/metrics` of `serve`, and shows the status of one target or of another one.
    pub(super) fn status(who: &'static str, serve: SocketAddr, here: &'static str, there: &'static str) -> Self {
        let place = (serve, "/metrics".to_owned());
        let line = |target: &str| format!("db_status target=\"{target}\"");
        Self { who, here: place.clone(), there: place, line: (line(here), line(there)) }
    }

    /// Whether it is asked of dbprobe.
    pub(super) fn is_ours(&self) -> bool {
        self.who.starts_with("dbprobe")
    }

    /// Time, code and what is said, in one cell.
    pub(super) fn ask(&self, scene: Scene) -> String {
        let ((address, path), line) = match scene {
            Scene::Healthy | Scene::Frozen => (&self.here, &self.line.0),
            Scene::Blackholed => (&self.there, &self.line.1),
        };
        // Prometheus tells how long it will wait, and some exporters heed it.
        let request = Request::get(path).header("X-Prometheus-Scrape-Timeout-Seconds", "10");
        match request.within(LIMIT).send(*address) {
            Ok(answer) => {
                let took = answer.took.as_secs_f64();
                format!("{took:.3} s, {}, {}", answer.status, said(&answer, line))
            }
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => format!("no answer in {LIMIT:?}"),
            Err(error) => format!("no answer: {error}"),
        }
    }
}

/// The line that tells: a series by its name, or the status of a target.
fn said(answer: &Answer, line: &str) -> String {
    let text = answer.text();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let found = match line.split_once(' ') {
        Some((family, label)) => {
            let on = |line: &&str| name(line) == family && line.contains(label) && line.ends_with(" 1");
            lines.find(on).and_then(|line| line.split("status=").nth(1)?.split(['}', ',']).next().map(str::to_owned))
        }
        None => {
            let value = |found: &str| found.rsplit(' ').next().unwrap_or_default().to_owned();
            lines.find(|found| name(found) == line).map(|found| format!("{line} {}", value(found)))
        }
    };
    found.unwrap_or_else(|| "nothing of it".to_owned())
}

/// The name of a series.
fn name(line: &str) -> &str {
    line.split(['{', ' ']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_a_value_or_a_status() {
        let body = "# HELP pg_up x\npg_up_total 7\npg_up 0\ndb_status{target=\"a\",status=\"up\"} 0\n\
            db_status{target=\"a\",status=\"down\"} 1\n";
        let answer = Answer { status: 200, headers: Vec::new(), body: body.into(), took: Duration::ZERO };
        assert_eq!(said(&answer, "pg_up"), "pg_up 0");
        assert_eq!(said(&answer, "db_status target=\"a\""), "\"down\"");
        assert_eq!(said(&answer, "mysql_up"), "nothing of it");
    }
}
