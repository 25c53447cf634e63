//! The servers that all tests share.

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dbprobe_testkit::binary::{Finished, dbprobe, run};
use dbprobe_testkit::environment::image;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::secrecy::PLANTED;
use dbprobe_testkit::server::{Server, ServerSettings};
use serde_json::Value;

/// The password of every server: tests look for it in whatever is printed.
pub(crate) const PASSWORD: &str = PLANTED;
/// How long a server may take to notice that a client has gone.
const NOTICE: Duration = Duration::from_secs(20);

/// One server of each.
pub(crate) struct World {
    pub(crate) postgres: Server,
    pub(crate) mariadb: Server,
    pub(crate) redis: Server,
}

static WORLD: Mutex<Option<World>> = Mutex::new(None);

fn world() -> MutexGuard<'static, Option<World>> {
    WORLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a test with the servers. Tests take turns: they count what the servers see.
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

impl World {
    fn start() -> Result<Self, Missing> {
        let postgres = image("postgres", Some("17"), "postgres:17");
        let mariadb = image("mariadb", Some("11.8"), "mariadb:11.8");
        let redis = image("redis", Some("8"), "redis:8");
        let world = Self {
            postgres: Server::start_unready(ServerSettings::postgres(postgres, PASSWORD))?,
            mariadb: Server::start_unready(ServerSettings::mariadb(mariadb, PASSWORD))?,
            redis: Server::start_unready(ServerSettings::redis(redis, PASSWORD))?,
        };
        for server in world.servers() {
            server.until_ready()?;
        }
        world.sql("CREATE TABLE counted (one integer)");
        world.mysql("CREATE TABLE counted (one integer)");
        Ok(world)
    }

    pub(crate) fn servers(&self) -> [&Server; 3] {
        [&self.postgres, &self.mariadb, &self.redis]
    }

    /// Those that take queries.
    pub(crate) fn with_queries(&self) -> [&Server; 2] {
        [&self.postgres, &self.mariadb]
    }

    /// What PostgreSQL answers its administrator.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.postgres.ask(&["--command", sql]).expect("the test's own statement")
    }

    /// What MariaDB answers its administrator.
    pub(crate) fn mysql(&self, sql: &str) -> String {
        self.mariadb.ask(&[&format!("--execute={sql}")]).expect("the test's own statement")
    }

    /// How often Redis has carried out `command`.
    pub(crate) fn calls(&self, command: &str) -> u64 {
        let stats = self.redis.ask(&["INFO", "commandstats"]).expect("the test's own command");
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        line.and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0)
    }

    /// How many rows were counted on the way, on PostgreSQL and on MariaDB.
    pub(crate) fn counted(&self) -> [u64; 2] {
        let rows = "SELECT count(*) FROM counted";
        [self.sql(rows), self.mysql(rows)].map(|count| count.trim().parse().expect("a number"))
    }

    /// How many of dbprobe's sessions each server has.
    pub(crate) fn sessions(&self) -> [u64; 3] {
        let postgres = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dbprobe'";
        // The one that asks is the client of the image.
        let mysql = "SELECT count(*) - 1 FROM information_schema.processlist WHERE user = 'root'";
        let clients = self.redis.ask(&["CLIENT", "LIST", "TYPE", "normal"]).expect("the test's own command");
        let redis = clients.lines().filter(|line| !line.trim().is_empty()).count() - 1;
        [self.sql(postgres), self.mysql(mysql), redis.to_string()].map(|count| count.trim().parse().unwrap_or(0))
    }

    /// Waits until no server has a session of dbprobe's.
    pub(crate) fn until_alone(&self) {
        until("no session is left", || self.sessions() == [0; 3]);
    }
}

/// Waits until something can be seen.
pub(crate) fn until(what: &str, mut seen: impl FnMut() -> bool) {
    let end = Instant::now() + NOTICE;
    while !seen() {
        assert!(Instant::now() < end, "not seen within {NOTICE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `dbprobe perf` on `dsn`, given by the environment as a user would.
pub(crate) fn command(dsn: &str, options: &[&str]) -> Command {
    let mut command = dbprobe();
    command.args(["perf", "@env:PLACE"]).args(options).env("PLACE", dsn);
    command
}

/// Runs it and reads its JSON.
pub(crate) fn perf(dsn: &str, options: &[&str]) -> (Finished, Value) {
    let finished = run(command(dsn, options).args(["-o", "json"]));
    let json = finished.json();
    (finished, json)
}

/// A statement that counts how often it is carried out. Redis takes no queries.
pub(crate) const COUNT: &str = "count=INSERT INTO counted VALUES (1)";
