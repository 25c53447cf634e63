//! The servers that all tests share: one of each engine, and a replica.

use std::sync::{Mutex, MutexGuard, PoisonError};

use dbprobe_testkit::conformance::Serving;
use dbprobe_testkit::environment;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::secrecy::PLANTED;
use dbprobe_testkit::serve::Exposition;
use dbprobe_testkit::server::{Server, ServerSettings};
use tempfile::TempDir;

use crate::config::Config;
use crate::mssql;

/// The password of every server that has one: tests look for it in whatever is served.
pub(crate) const PASSWORD: &str = PLANTED;

/// Every target of [`World::config`].
pub(crate) const TARGETS: [&str; 9] =
    ["db-api", "db-mssql", "db-mysql", "db-postgres", "db-redis", "db-replica", "db-sqlite", "db-tcp", "mail-server"];

/// One server of each engine.
pub(crate) struct World {
    pub(crate) postgres: Server,
    pub(crate) mariadb: Server,
    pub(crate) redis: Server,
    pub(crate) replica: Server,
    pub(crate) nginx: Server,
    pub(crate) postfix: Server,
    pub(crate) mssql: Serving,
    pub(crate) directory: TempDir,
}

static WORLD: Mutex<Option<World>> = Mutex::new(None);

fn world() -> MutexGuard<'static, Option<World>> {
    WORLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a test with the servers. Tests take turns: a fault is one for all targets on a server.
pub(crate) fn with(test: impl FnOnce(&World)) -> Result<(), Missing> {
    let mut world = world();
    if world.is_none() {
        *world = Some(World::start()?);
    }
    if let Some(world) = &*world {
        test(world);
    }
    Ok(())
}

/// Removes the servers.
pub(crate) fn end() {
    world().take();
}

/// The image of a server: one that the environment names, else the official one.
pub(crate) fn image(name: &str, version: Option<&str>, official: &str) -> String {
    environment::image(name, version, official)
}

impl World {
    fn start() -> Result<Self, Missing> {
        let redis_image = image("redis", Some("8"), "redis:8");
        let redis = Server::start_unready(ServerSettings::redis(&redis_image, PASSWORD))?;
        let primary = redis.container_address().ip().to_string();
        let follows = ["--replicaof", &primary, "6379", "--masterauth", PASSWORD];
        let world = Self {
            postgres: Server::start_unready(ServerSettings::postgres(
                image("postgres", Some("17"), "postgres:17"),
                PASSWORD,
            ))?,
            mariadb: Server::start_unready(ServerSettings::mariadb(
                image("mariadb", Some("11.8"), "mariadb:11.8"),
                PASSWORD,
            ))?,
            replica: Server::start_unready(ServerSettings::redis(&redis_image, PASSWORD).command(&follows))?,
            redis,
            nginx: Server::start_unready(ServerSettings::nginx(image("nginx", None, "nginx:stable")))?,
            postfix: Server::start_unready(ServerSettings::postfix(image("postfix", None, "dbprobe-test/postfix")))?,
            mssql: mssql::suite().serve()?,
            directory: tempfile::tempdir().map_err(|error| Missing::new(error.to_string()))?,
        };
        for server in [&world.postgres, &world.mariadb, &world.redis, &world.replica, &world.nginx, &world.postfix] {
            server.until_ready()?;
        }
        Ok(world)
    }

    /// All eight engines, with every part of a target's configuration that makes a family.
    pub(crate) fn config(&self) -> Config {
        let query = "queries: {answer: {sql: \"SELECT 42\", interval: 1s}}";
        let postgres =
            ["role: primary", "create_health_table: true", "version: \"1.0.0\"", query, "labels: {team: payments}"];
        Config::new()
            .target_with("db-postgres", &self.postgres.dsn(), &postgres)
            .target("db-mysql", &self.mariadb.dsn())
            .target("db-sqlite", &self.sqlite_dsn())
            .target("db-mssql", self.mssql.dsn())
            .target_with("db-redis", &self.redis.dsn(), &["role: primary"])
            .target_with("db-replica", &self.replica.dsn(), &["role: replica"])
            .target("db-api", &self.nginx.dsn())
            .target("db-tcp", &format!("tcp://{}", self.nginx.address()))
            .target("mail-server", &self.postfix.dsn())
    }

    /// The file of the SQLite target.
    pub(crate) fn sqlite_file(&self) -> std::path::PathBuf {
        self.directory.path().join("orders.db")
    }

    /// It is created by the first check.
    pub(crate) fn sqlite_dsn(&self) -> String {
        format!("file:{}?mode=rwc", self.sqlite_file().display())
    }

    /// A number that PostgreSQL answers.
    pub(crate) fn sql(&self, sql: &str) -> f64 {
        let answer = self.postgres.ask(&["--command", sql]).expect("the test's own statement");
        answer.parse().expect("a number")
    }

    /// A field of Redis' INFO.
    pub(crate) fn info(&self, field: &str) -> f64 {
        let info = self.redis.ask(&["INFO", "everything"]).expect("the test's own command");
        let told = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        told.and_then(|value| value.trim().parse().ok()).expect("a number")
    }
}

/// Whether every one of these targets is up.
pub(crate) fn all_up(metrics: &Exposition, targets: &[&str]) -> bool {
    targets.iter().all(|target| metrics.status(target) == Some("up"))
}

/// How often a target was probed.
pub(crate) fn probes(metrics: &Exposition, target: &str) -> f64 {
    metrics.value("db_probes_total", &[("target", target)]).unwrap_or(0.0)
}
