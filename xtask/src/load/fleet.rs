//! Many names over a few servers.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use dbprobe_testkit::server::{Server, ServerSettings};

use crate::stand::{PASSWORD, Stand, missing};

pub(super) const TITLES: [&str; 5] = ["MariaDB 11.8", "PostgreSQL 17", "Redis 8", "Valkey 8", "nginx"];

/// Sessions that one server of PostgreSQL or MariaDB is to keep at most: each is a process or a thread of its own.
const MOST_SQL: usize = 450;
/// nginx keeps 512 or 768 connections a worker, depending on who packed it.
const MOST_HTTP: usize = 400;
/// What dbprobe needs besides its sessions: sockets of scrapes, its own files.
const SPARE: u64 = 200;

/// Servers, and how many targets each has.
pub(super) struct Fleet {
    shares: Vec<Share>,
}

struct Share {
    engine: &'static str,
    dsn: String,
    count: usize,
    _server: Option<Server>,
}

impl Fleet {
    /// Starts the servers for so many targets. Most are on Redis and Valkey, whose sessions cost the servers least: what is
    /// measured is dbprobe.
    pub(super) fn start(stand: &Stand, targets: usize, open_files: u64) -> Result<Self> {
        if u64::try_from(targets)? + SPARE > open_files {
            bail!("{targets} targets need more open files than the {open_files} that are allowed; raise `ulimit -Hn`");
        }
        let files = format!("nofile={open_files}:{open_files}");
        let clients = open_files.saturating_sub(SPARE).to_string();
        let sql = (targets / 10).min(MOST_SQL);
        let http = (targets / 20).min(MOST_HTTP);
        let rest = targets - 2 * sql - 2 * http;
        let memory = |image: &str| {
            ServerSettings::redis(image, PASSWORD).command(&["--maxclients", &clients]).options(&["--ulimit", &files])
        };
        let postgres = |image: &str| ServerSettings::postgres(image, PASSWORD).command(&["-c", "max_connections=500"]);
        let mariadb = |image: &str| ServerSettings::mariadb(image, PASSWORD).command(&["--max-connections=500"]);
        let settings = [
            ("postgres", stand.settings("PostgreSQL 17", postgres)?, sql),
            ("mysql", stand.settings("MariaDB 11.8", mariadb)?, sql),
            ("redis", stand.settings("Redis 8", memory)?, rest / 2),
            ("valkey", stand.settings("Valkey 8", memory)?, rest - rest / 2),
            ("http", stand.settings("nginx", |image| ServerSettings::nginx(image))?, http),
        ];
        let mut shares = Vec::new();
        for (engine, settings, count) in settings {
            let server = Server::start_unready(settings).map_err(missing).context(engine)?;
            shares.push(Share { engine, dsn: String::new(), count, _server: Some(server) });
        }
        for share in &mut shares {
            if let Some(server) = &share._server {
                server.until_ready().map_err(missing).context(share.engine)?;
                // Past Docker's own proxy, whose work would be taken for the servers' or dbprobe's.
                share.dsn = server.dsn_at(server.container_address());
            }
        }
        let port = shares.last().map(|web| web.dsn.replace("http://", "tcp://").trim_end_matches('/').to_owned());
        shares.push(Share { engine: "tcp", dsn: port.unwrap_or_default(), count: http, _server: None });
        Ok(Self { shares })
    }

    /// The targets as YAML.
    pub(super) fn targets(&self) -> String {
        let mut text = String::new();
        for share in &self.shares {
            for number in 0..share.count {
                // Writing to a text cannot fail.
                let _ = writeln!(text, "  {}-{number:05}: {{dsn: '{}'}}", share.engine, share.dsn);
            }
        }
        text
    }

    /// How many targets of which kind.
    pub(super) fn describe(&self) -> String {
        let shares = self.shares.iter().map(|share| format!("{} {}", share.count, share.engine));
        shares.collect::<Vec<_>>().join(", ")
    }
}
