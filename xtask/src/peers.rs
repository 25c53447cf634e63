//! `cargo xtask peers`: other exporters and `dbprobe serve` beside each other, with databases that are healthy, frozen and
//! blackholed.

mod neighbours;
mod question;

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dbprobe_testkit::serve::Serve;
use dbprobe_testkit::server::{Server, ServerSettings, host_for_containers};

use crate::images::{self, EXPORTERS, Rebuild};
use crate::stand::{self, Options, PASSWORD, Stand, Table, missing};
use neighbours::Neighbours;
use question::{Question, Scene};

const TITLES: [&str; 4] = ["MariaDB 11.8", "PostgreSQL 17", "Redis 8", "nginx"];
/// dbprobe's interval, and that of sql_exporter's jobs.
const INTERVAL: Duration = Duration::from_secs(5);
/// Who works by a clock has had its turn by then: two intervals, and a probe's time-out.
const SETTLE: Duration = Duration::from_secs(13);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    options: Options,
}

/// The databases, and a place that never answers.
pub(crate) struct Databases {
    postgres: Server,
    mariadb: Server,
    redis: Server,
    nginx: Server,
    /// Takes connections into its backlog. It is on Docker's bridge, so that containers reach it, too.
    silent: TcpListener,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let binary = arguments.options.binary()?;
    let stand = Stand::new(&TITLES)?;
    let _cleanup = stand.cleanup();
    let databases = Databases::start(&stand)?;
    let exporters = images::get(vec![&EXPORTERS], Rebuild::WhenChanged)?;
    let image = exporters.first().context("there is no image of the exporters")?;
    let neighbours = Neighbours::start(stand.own(ServerSettings::new(&image.reference, 9100)), &databases)?;
    let serve = Serve::start_with(stand::command(&binary), &databases.config());
    let questions = [neighbours.questions(&databases)?, databases.questions(serve.address())].concat();

    let mut answers: Vec<Vec<String>> = Vec::new();
    thread::sleep(SETTLE);
    answers.push(ask(&questions, Scene::Healthy));
    let frozen = [&databases.postgres, &databases.mariadb, &databases.redis, &databases.nginx];
    frozen.iter().for_each(|server| server.pause());
    thread::sleep(SETTLE);
    answers.push(ask(&questions, Scene::Frozen));
    frozen.iter().for_each(|server| server.unpause());
    thread::sleep(SETTLE);
    answers.push(ask(&questions, Scene::Blackholed));

    let mut table = Table::new(["who", "healthy", "frozen", "blackholed"]);
    for (at, question) in questions.iter().enumerate() {
        let cell = |scene: usize| answers.get(scene).and_then(|cells| cells.get(at)).cloned().unwrap_or_default();
        table.row([question.who.to_owned(), cell(0), cell(1), cell(2)]);
    }
    println!("\n{table}");
    let wrong = wrong(&questions, &answers);
    if !wrong.is_empty() {
        bail!("dbprobe is wrong: {}", wrong.join(", "));
    }
    Ok(())
}

/// Asks everybody at once, so that whoever hangs makes nobody else wait.
fn ask(questions: &[Question], scene: Scene) -> Vec<String> {
    eprintln!("peers: {scene:?}");
    thread::scope(|scope| {
        let asked: Vec<_> = questions.iter().map(|question| scope.spawn(move || question.ask(scene))).collect();
        asked.into_iter().map(|answer| answer.join().unwrap_or_else(|_| "-".to_owned())).collect()
    })
}

/// Our own answers that are not as they should be.
fn wrong(questions: &[Question], answers: &[Vec<String>]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (scene, (cells, word)) in answers.iter().zip(["up", "down", "down"]).enumerate() {
        for (question, cell) in questions.iter().zip(cells).filter(|(question, _)| question.is_ours()) {
            // A probe that says less than a status says a number.
            let number = if word == "up" { "probe_success 1" } else { "probe_success 0" };
            if !cell.contains(&format!("\"{word}\"")) && !cell.contains(number) {
                wrong.push(format!("{} in scene {scene}: {cell}", question.who));
            }
        }
    }
    wrong
}

impl Databases {
    fn start(stand: &Stand) -> Result<Self> {
        let start = |settings: Result<ServerSettings>| Server::start_unready(settings?).map_err(missing);
        let nginx = start(stand.settings("nginx", |image| ServerSettings::nginx(image)))?;
        let silent = TcpListener::bind((host_for_containers(&nginx), 0)).context("a port on Docker's bridge")?;
        let databases = Self {
            postgres: start(stand.settings("PostgreSQL 17", |image| ServerSettings::postgres(image, PASSWORD)))?,
            mariadb: start(stand.settings("MariaDB 11.8", |image| ServerSettings::mariadb(image, PASSWORD)))?,
            redis: start(stand.settings("Redis 8", |image| ServerSettings::redis(image, PASSWORD)))?,
            nginx,
            silent,
        };
        for server in [&databases.postgres, &databases.mariadb, &databases.redis, &databases.nginx] {
            server.until_ready().map_err(missing)?;
        }
        Ok(databases)
    }

    /// Each database twice: where it is, and where nobody answers. `serve` goes to the same addresses as the others.
    fn targets(&self) -> Result<[(&'static str, String); 8]> {
        let silent = self.silent.local_addr()?;
        let here = |server: &Server| server.dsn_at(server.container_address());
        let there = |server: &Server| server.dsn_at(silent);
        Ok([
            ("postgres", here(&self.postgres)),
            ("postgres-blackholed", there(&self.postgres)),
            ("mysql", here(&self.mariadb)),
            ("mysql-blackholed", there(&self.mariadb)),
            ("redis", here(&self.redis)),
            ("redis-blackholed", there(&self.redis)),
            ("http", here(&self.nginx)),
            ("http-blackholed", there(&self.nginx)),
        ])
    }

    fn config(&self) -> String {
        let targets = self.targets().map(Vec::from).unwrap_or_default();
        let lines = targets.iter().map(|(name, dsn)| format!("  {name}: {{dsn: '{dsn}'}}\n"));
        let defaults = format!("{{interval: {}s, timeout: 2s, retries: 0}}", INTERVAL.as_secs());
        format!("listen: [\"127.0.0.1:0\"]\ndefaults: {defaults}\ntargets:\n{}", lines.collect::<String>())
    }

    fn questions(&self, serve: SocketAddr) -> Vec<Question> {
        let metrics = [
            ("dbprobe /metrics: postgres", "postgres", "postgres-blackholed"),
            ("dbprobe /metrics: mysql", "mysql", "mysql-blackholed"),
            ("dbprobe /metrics: redis", "redis", "redis-blackholed"),
            ("dbprobe /metrics: http", "http", "http-blackholed"),
        ];
        let probes = [
            ("dbprobe /probe: postgres", "postgres", "postgres-blackholed"),
            ("dbprobe /probe: http", "http", "http-blackholed"),
        ];
        let metrics = metrics.into_iter().map(|(who, here, there)| Question::status(who, serve, here, there));
        let probes = probes.into_iter().map(|(who, here, there)| {
            let path = |target: &str| format!("/probe?target={target}");
            Question::new(who, (serve, path(here)), (serve, path(there)), "probe_success")
        });
        metrics.chain(probes).collect()
    }
}
