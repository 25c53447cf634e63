//! A directory for one test, and the shortest way from a DSN to a report.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{
    Class, Driver, Dsn, Failure, Nonce, Phase, Plan, Report, Session, Steps, WriteMode, WriteRequest, probe,
};
use dbprobe_sqlite::ENGINE;
use rusqlite::Connection;
use tempfile::TempDir;

/// A directory that is removed with the value.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(TempDir::with_prefix("dbprobe-sqlite-").expect("a directory"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn dsn(&self, name_and_query: &str) -> String {
        format!("file://{}/{name_and_query}", self.0.path().display())
    }

    /// A database with one table of a few rows, and a connection of "the application".
    pub(crate) fn database(&self, name: &str) -> Connection {
        let application = application(&self.path(name));
        application
            .execute_batch(
                "CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT); INSERT INTO orders (what) VALUES ('a'), ('b')",
            )
            .expect("a table");
        application
    }
}

/// A connection that waits for nobody.
pub(crate) fn application(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("a connection");
    connection.busy_timeout(Duration::ZERO).expect("no waiting");
    connection
}

pub(crate) fn driver(dsn: &str) -> Arc<dyn Driver> {
    (ENGINE.open)(&Dsn::parse(dsn).expect("a DSN")).expect("a driver")
}

/// Long enough for a slow machine; no test waits for its end.
pub(crate) fn plan() -> Plan {
    Plan { timeout: Duration::from_secs(30), prober: "test".parse().expect("a name"), ..Plan::default() }
}

/// Locks are waited for half a time-out, so this one keeps a test with a lock short.
pub(crate) fn hasty() -> Plan {
    Plan { timeout: Duration::from_millis(800), ..plan() }
}

pub(crate) fn with_table() -> Plan {
    Plan { write: WriteMode::Table, create_health_table: true, ..plan() }
}

pub(crate) async fn check(dsn: &str, plan: &Plan) -> Report {
    probe(driver(dsn).as_ref(), plan).await
}

pub(crate) async fn session(dsn: &str) -> Box<dyn Session> {
    driver(dsn).connect(&mut Steps::new(Duration::from_secs(2))).await.expect("a session")
}

pub(crate) fn request(mode: WriteMode) -> WriteRequest {
    let nonce = Nonce::random().expect("random");
    WriteRequest { nonce, mode, create_health_table: true, prober: "test".parse().expect("a name") }
}

/// Phase, class and code of the failure that decides.
pub(crate) fn decisive(report: &Report) -> (Option<Phase>, Option<Class>, Option<&str>) {
    let failure = report.failure();
    (
        failure.and_then(|failure| failure.phase),
        failure.map(|failure| failure.class),
        failure.and_then(|failure| failure.code.as_deref()),
    )
}

pub(crate) fn advice(report: &Report) -> &str {
    report.failure().and_then(|failure| failure.advice.as_deref()).unwrap_or_default()
}

pub(crate) fn passed(report: &Report) -> Vec<Phase> {
    report.steps.iter().filter(|step| step.passed()).map(|step| step.phase).collect()
}

pub(crate) fn class<T>(result: Result<T, Failure>) -> Option<Class> {
    result.err().map(|failure| failure.class)
}
