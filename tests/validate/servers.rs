//! Where histories are kept.

use dbprobe_testkit::environment;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::server::{Server, ServerSettings};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::project::here;

const PASSWORD: &str = "s3cret";

/// A SQLite file with what a history's file holds.
pub(crate) struct Recorded {
    directory: TempDir,
}

impl Recorded {
    /// A file without a table.
    pub(crate) fn empty() -> Self {
        let recorded = Self { directory: tempfile::tempdir().expect("a directory") };
        recorded.execute("PRAGMA user_version = 1");
        recorded
    }

    pub(crate) fn load(file: &str) -> Self {
        let recorded = Self::empty();
        recorded.execute(&statements(file));
        recorded
    }

    pub(crate) fn execute(&self, sql: &str) {
        let connection = Connection::open(self.directory.path().join("history.db")).expect("a database");
        connection.execute_batch(sql).expect("the test's own statements");
    }

    pub(crate) fn dsn(&self) -> String {
        format!("file:{}", self.directory.path().join("history.db").display())
    }
}

/// The content of `tests/validate/histories/<file>`.
pub(crate) fn statements(file: &str) -> String {
    std::fs::read_to_string(here().join("histories").join(file)).expect("a history")
}

/// A server that histories are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    MariaDb,
    MySql,
    Postgres,
}

impl Place {
    pub(crate) fn start(self) -> Result<Server, Missing> {
        Server::start(match self {
            Self::MariaDb => {
                ServerSettings::mariadb(environment::image("mariadb", Some("11.8"), "mariadb:11.8"), PASSWORD)
            }
            Self::MySql => ServerSettings::mysql(environment::image("mysql", Some("9"), "mysql:9"), PASSWORD),
            Self::Postgres => {
                ServerSettings::postgres(environment::image("postgres", Some("17"), "postgres:17"), PASSWORD)
            }
        })
    }

    /// The database of `server` as the tools are told of it.
    pub(crate) fn url(self, server: &Server, project: &str) -> String {
        let (scheme, user, database) = match self {
            // Rails calls it after its library.
            Self::MariaDb | Self::MySql if project == "rails" => ("mysql2", "root", "orders"),
            Self::MariaDb | Self::MySql => ("mysql", "root", "orders"),
            Self::Postgres => ("postgresql", "postgres", "postgres"),
        };
        format!("{scheme}://{user}:{PASSWORD}@{}/{database}", server.container_address())
    }

    /// Whether a migration that fails takes back the tables that it made.
    pub(crate) fn takes_back_tables(self) -> bool {
        self == Self::Postgres
    }

    /// What the server answers to `sql`.
    pub(crate) fn ask(self, server: &Server, sql: &str) -> String {
        let option = if self == Self::Postgres { "--command" } else { "--execute" };
        server.ask(&[&format!("{option}={sql}")]).expect("the test's own statements")
    }

    /// Nothing in the database but what a history's file holds.
    pub(crate) fn load(self, server: &Server, file: &str) {
        let afresh = match self {
            Self::MariaDb | Self::MySql => "DROP DATABASE orders; CREATE DATABASE orders; USE orders;",
            Self::Postgres => "DROP SCHEMA public CASCADE; CREATE SCHEMA public;",
        };
        self.ask(server, &format!("{afresh}\n{}", statements(file)));
    }
}

pub(crate) fn postgres() -> Result<Server, Missing> {
    Place::Postgres.start()
}

/// The tools that Debian packages, in one container; nobody keeps an official image.
pub(crate) fn tools() -> Result<Server, Missing> {
    Server::start(ServerSettings::new(environment::image("migrations", None, "dbprobe-test/migrations"), 1))
}
