//! PostgreSQL in a container, which counts what is done in it.

use std::time::{Duration, Instant};

use dbprobe_testkit::environment;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::server::{Server, ServerSettings};

/// In no answer and no log.
pub(crate) const PASSWORD: &str = "pl4ntedS3cret";
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// A server with a database of the service's own, so that its statistics are the service's.
pub(crate) struct Database {
    pub(crate) server: Server,
}

/// What the server counted of one statement.
#[derive(Debug)]
pub(crate) struct Executed {
    pub(crate) calls: u64,
    /// The mean time of execution, in seconds.
    pub(crate) mean: f64,
}

impl Database {
    pub(crate) fn start() -> Result<Self, Missing> {
        let image = environment::image("postgres", Some("17"), "postgres:17");
        let settings =
            ServerSettings::postgres(image, PASSWORD).command(&["-c", "shared_preload_libraries=pg_stat_statements"]);
        let database = Self { server: Server::start(settings)? };
        database.administer("CREATE DATABASE content");
        database.administer("CREATE EXTENSION pg_stat_statements");
        Ok(database)
    }

    /// For the service.
    pub(crate) fn dsn(&self) -> String {
        self.server.dsn().replace("/postgres?", "/content?")
    }

    /// Asks in another database than the service's.
    pub(crate) fn administer(&self, sql: &str) -> String {
        self.server.ask(&["--command", sql]).expect("the server's answer").trim().to_owned()
    }

    /// Asks in the service's own database.
    pub(crate) fn within(&self, sql: &str) {
        let to = "postgres://postgres@127.0.0.1:5432/content";
        let psql = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", sql, to];
        self.server.exec(&psql).expect("the server's answer");
    }

    pub(crate) fn number(&self, sql: &str) -> u64 {
        self.administer(sql).parse().expect("a number")
    }

    /// What `pg_stat_statements` has of the statements in the service's database that begin so.
    pub(crate) fn executed(&self, beginning: &str) -> Executed {
        let told = self.administer(&format!(
            "SELECT coalesce(sum(calls), 0) || ' ' || coalesce(sum(total_exec_time) / nullif(sum(calls), 0), 0) / 1000 \
             FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid \
             WHERE datname = 'content' AND starts_with(query, '{beginning}')"
        ));
        let (calls, mean) = told.split_once(' ').expect("two numbers");
        Executed { calls: calls.parse().expect("a count"), mean: mean.parse().expect("a time") }
    }

    /// How many sessions of the service's there are, of those with this condition.
    pub(crate) fn sessions(&self, condition: &str) -> u64 {
        self.number(&format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'content-service' AND {condition}"
        ))
    }
}

/// What `look` sees as soon as it sees something: what was done may take a moment to be seen elsewhere.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(PAUSE);
    }
}
