//! The servers, the ways to them, and the configuration.

use std::fmt::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use dbprobe_testkit::proxy::Proxy;
use dbprobe_testkit::server::{Server, ServerSettings};

use super::{INTERVAL, TIMEOUT};
use crate::stand::{PASSWORD, Stand, missing};
use crate::workspace;

pub(super) const TITLES: [&str; 6] = ["MariaDB 11.8", "Postfix", "PostgreSQL 17", "Redis 8", "Valkey 8", "nginx"];

/// dbprobe's sessions on each server.
pub(super) type Sessions = Vec<(&'static str, usize)>;

/// What a target is to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Never broken.
    Healthy,
    /// Broken from the beginning to the end.
    Lost,
    /// Broken and healed in turns.
    Victim,
}

/// Everything that `serve` probes.
pub(super) struct Ground {
    postgres: Server,
    mariadb: Server,
    redis: Server,
    valkey: Server,
    nginx: Server,
    postfix: Server,
    pub(super) victim_postgres: Server,
    pub(super) victim_redis: Server,
    /// Frozen from the beginning to the end.
    frozen: Server,
    pub(super) to_postgres: Proxy,
    pub(super) to_mysql: Proxy,
    /// Takes connections into its backlog and never answers.
    silent: TcpListener,
    file: PathBuf,
}

impl Ground {
    pub(super) fn start(stand: &Stand) -> Result<Self> {
        let postgres = |image: &str| ServerSettings::postgres(image, PASSWORD);
        let memory = |image: &str| ServerSettings::redis(image, PASSWORD);
        let start = |settings: Result<ServerSettings>| Server::start_unready(settings?).map_err(missing);
        let main_postgres = start(stand.settings("PostgreSQL 17", postgres))?;
        let mariadb = start(stand.settings("MariaDB 11.8", |image| ServerSettings::mariadb(image, PASSWORD)))?;
        let file = workspace::target().join("soak.db");
        let ground = Self {
            to_postgres: Proxy::start(main_postgres.address()).context("a proxy")?,
            to_mysql: Proxy::start(mariadb.address()).context("a proxy")?,
            postgres: main_postgres,
            mariadb,
            redis: start(stand.settings("Redis 8", memory))?,
            valkey: start(stand.settings("Valkey 8", memory))?,
            nginx: start(stand.settings("nginx", |image| ServerSettings::nginx(image)))?,
            postfix: start(stand.settings("Postfix", |image| ServerSettings::postfix(image)))?,
            victim_postgres: start(stand.settings("PostgreSQL 17", postgres))?,
            victim_redis: start(stand.settings("Redis 8", memory))?,
            frozen: start(stand.settings("Redis 8", memory))?,
            silent: TcpListener::bind("127.0.0.1:0").context("a port")?,
            file,
        };
        let Self { postgres, mariadb, redis, valkey, nginx, postfix, victim_postgres, victim_redis, frozen, .. } =
            &ground;
        for server in [postgres, mariadb, redis, valkey, nginx, postfix, victim_postgres, victim_redis, frozen] {
            server.until_ready().map_err(missing)?;
        }
        ground.frozen.pause();
        Ok(ground)
    }

    /// The targets with their parts.
    pub(super) fn targets(&self) -> Vec<(&'static str, Part)> {
        self.dsns().map(|dsns| dsns.into_iter().map(|(name, part, _)| (name, part)).collect()).unwrap_or_default()
    }

    fn dsns(&self) -> Result<Vec<(&'static str, Part, String)>> {
        let tcp = format!("tcp://{}", self.nginx.address());
        let silent = format!("redis://{}", self.silent.local_addr()?);
        Ok(vec![
            ("db-api", Part::Healthy, self.nginx.dsn()),
            ("db-mysql", Part::Healthy, self.mariadb.dsn()),
            ("db-postgres", Part::Healthy, self.postgres.dsn()),
            ("db-redis", Part::Healthy, self.redis.dsn()),
            ("db-sqlite", Part::Healthy, format!("file:{}?mode=rwc", self.file.display())),
            ("db-tcp", Part::Healthy, tcp),
            ("db-valkey", Part::Healthy, self.valkey.dsn()),
            ("mail-server", Part::Healthy, self.postfix.dsn()),
            ("victim-postgres", Part::Victim, self.victim_postgres.dsn()),
            ("victim-redis", Part::Victim, self.victim_redis.dsn()),
            ("proxied-mysql", Part::Victim, self.mariadb.dsn_at(self.to_mysql.address())),
            ("proxied-postgres", Part::Victim, self.postgres.dsn_at(self.to_postgres.address())),
            ("always-blackholed", Part::Lost, silent),
            ("always-frozen", Part::Lost, self.frozen.dsn()),
            ("always-refusing", Part::Lost, "postgres://127.0.0.1:1/x".to_owned()),
        ])
    }

    pub(super) fn config(&self) -> String {
        let mut text = format!(
            "listen: [\"127.0.0.1:0\"]\ndefaults: {{interval: {}s, timeout: {}s, retries: 0}}\ntargets:\n",
            INTERVAL.as_secs(),
            TIMEOUT.as_secs()
        );
        for (name, _, dsn) in self.dsns().unwrap_or_default() {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  {name}: {{dsn: '{dsn}'}}");
        }
        text
    }

    /// dbprobe's sessions on each server, as the server counts them. A session that is too old is replaced, so for a
    /// moment there may be one more: the least of a few looks counts.
    pub(super) fn sessions(&self) -> Result<Sessions> {
        let mut least = self.look()?;
        for _ in 0..4 {
            thread::sleep(Duration::from_secs(1));
            for (known, (_, seen)) in least.iter_mut().zip(self.look()?) {
                known.1 = known.1.min(seen);
            }
        }
        Ok(least)
    }

    fn look(&self) -> Result<Sessions> {
        let postgres = "SELECT pid FROM pg_stat_activity WHERE application_name = 'dbprobe'";
        let mysql = "SELECT id FROM information_schema.processlist WHERE user = 'root' AND id <> CONNECTION_ID()";
        let lines = |server: &Server, words: &[&str], with: &str| {
            let told = server.ask(words).map_err(|error| anyhow!(error))?;
            anyhow::Ok(told.lines().filter(|line| !line.is_empty() && line.contains(with)).count())
        };
        Ok(vec![
            ("PostgreSQL", lines(&self.postgres, &["--command", postgres], "")?),
            ("the victim PostgreSQL", lines(&self.victim_postgres, &["--command", postgres], "")?),
            ("MariaDB", lines(&self.mariadb, &["--execute", mysql], "")?),
            ("Redis", lines(&self.redis, &["CLIENT", "LIST"], "name=dbprobe")?),
            ("the victim Redis", lines(&self.victim_redis, &["CLIENT", "LIST"], "name=dbprobe")?),
            ("Valkey", lines(&self.valkey, &["CLIENT", "LIST"], "name=dbprobe")?),
        ])
    }
}
