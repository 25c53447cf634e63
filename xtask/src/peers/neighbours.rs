//! The other exporters, each twice where it knows one database only: for the database, and for the place where nobody
//! answers.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use dbprobe_testkit::serve::Request;
use dbprobe_testkit::server::{Server, ServerSettings};

use super::question::Question;
use super::{Databases, INTERVAL};
use crate::stand::{PASSWORD, missing};

const START: Duration = Duration::from_secs(60);

/// One container in which all of them run.
pub(super) struct Neighbours {
    server: Server,
}

/// One process: the shell command that starts it, and its port.
struct Process {
    command: String,
    port: u16,
}

impl Neighbours {
    pub(super) fn start(settings: ServerSettings, databases: &Databases) -> Result<Self> {
        let server = Server::start(settings).map_err(missing)?;
        let neighbours = Self { server };
        let silent = databases.silent.local_addr()?;
        let mut processes = vec![Process {
            command: "prometheus-blackbox-exporter --config.file=/etc/prometheus/blackbox.yml \
                      --web.listen-address=:9115"
                .to_owned(),
            port: 9115,
        }];
        // Ports of the database's exporters, and ten thousand above them those of the blackhole's.
        for (more, postgres, mysql, redis) in [
            (
                0,
                databases.postgres.container_address(),
                databases.mariadb.container_address(),
                databases.redis.container_address(),
            ),
            (10_000, silent, silent, silent),
        ] {
            processes.extend([
                postgres_exporter(9187 + more, postgres),
                mysqld_exporter(9104 + more, mysql),
                redis_exporter(9121 + more, redis),
                sql_exporter(9237 + more, postgres),
            ]);
        }
        for process in &processes {
            let started = format!("({}) > /tmp/{}.log 2>&1 &", process.command, process.port);
            neighbours.server.exec(&["sh", "-c", &started]).map_err(|error| anyhow!(error))?;
        }
        for process in &processes {
            neighbours.until_listening(process)?;
        }
        Ok(neighbours)
    }

    /// The page at `/` of each asks no database.
    fn until_listening(&self, process: &Process) -> Result<()> {
        let end = Instant::now() + START;
        while let Err(error) = Request::get("/").within(Duration::from_secs(2)).send(self.at(process.port)) {
            if Instant::now() > end {
                let log = self.server.exec(&["cat", &format!("/tmp/{}.log", process.port)]).unwrap_or_default();
                bail!("`{}` does not listen: {error}\n{log}", process.command.lines().next().unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.server.container_address().ip(), port)
    }

    pub(super) fn questions(&self, databases: &Databases) -> Result<Vec<Question>> {
        let silent = databases.silent.local_addr()?;
        let own = |who, port: u16, name| {
            let place = |port| (self.at(port), "/metrics".to_owned());
            Question::new(who, place(port), place(port + 10_000), name)
        };
        let blackbox = |who, module: &str, target: &str, silent: &str| {
            let place = |target: &str| (self.at(9115), format!("/probe?module={module}&target={target}"));
            Question::new(who, place(target), place(silent), "probe_success")
        };
        let tcp = databases.postgres.container_address().to_string();
        let http = format!("http://{}/", databases.nginx.container_address());
        Ok(vec![
            own("postgres_exporter", 9187, "pg_up"),
            own("mysqld_exporter", 9104, "mysql_up"),
            own("redis_exporter", 9121, "redis_up"),
            own("sql_exporter: SELECT 1", 9237, "sql_answer"),
            blackbox("blackbox_exporter, TCP to PostgreSQL", "tcp_connect", &tcp, &silent.to_string()),
            blackbox("blackbox_exporter, HTTP", "http_2xx", &http, &format!("http://{silent}/")),
        ])
    }
}

fn postgres_exporter(port: u16, database: SocketAddr) -> Process {
    let dsn = format!("postgresql://postgres:{PASSWORD}@{database}/postgres?sslmode=disable");
    let command = format!("DATA_SOURCE_NAME='{dsn}' prometheus-postgres-exporter --web.listen-address=:{port}");
    Process { command, port }
}

fn mysqld_exporter(port: u16, database: SocketAddr) -> Process {
    let command = format!(
        "MYSQLD_EXPORTER_PASSWORD={PASSWORD} prometheus-mysqld-exporter --config.my-cnf=/nonexistent \
         --mysqld.address={database} --mysqld.username=root --web.listen-address=:{port}"
    );
    Process { command, port }
}

fn redis_exporter(port: u16, database: SocketAddr) -> Process {
    let command = format!(
        "REDIS_PASSWORD={PASSWORD} prometheus-redis-exporter --redis.addr=redis://{database} \
         --web.listen-address=:{port}"
    );
    Process { command, port }
}

/// It asks by a clock, as dbprobe does, and shows what it was told last.
fn sql_exporter(port: u16, database: SocketAddr) -> Process {
    let dsn = format!("postgres://postgres:{PASSWORD}@{database}/postgres?sslmode=disable");
    let config = format!(
        "jobs:\n- name: job\n  interval: {}s\n  connections: [\"{dsn}\"]\n  queries:\n  - name: answer\n    \
         help: One.\n    values: [one]\n    query: SELECT 1.0 AS one\n",
        INTERVAL.as_secs()
    );
    let command = format!(
        "printf '%s' '{config}' > /tmp/{port}.yml && \
         prometheus-sql-exporter -config.file=/tmp/{port}.yml -web.listen-address=:{port}"
    );
    Process { command, port }
}
