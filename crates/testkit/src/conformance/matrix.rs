//! Every fault of a suite by the command, as lines that can be checked in.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{ExpectedRole, Level, Monitor, Plan, Policy, Status, WriteMode};

use super::suite::{House, Suite};
use crate::binary::{dbprobe, run};
use crate::fixture::{Fault, Fixture, Guard, Missing, Prepared};
use crate::proxy::{Direction, Mode, Proxy};

/// What `dbprobe check` says of one fault: a line of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The engine's name.
    pub engine: &'static str,
    /// The fault's name.
    pub fault: String,
    /// Phase and class of the failure, status and exit code; or that no server here can be brought into this state.
    pub said: Option<Said>,
}

/// The promise of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// In which phase it shows.
    pub phase: String,
    /// What kind it is.
    pub class: String,
    /// What it makes of the target.
    pub status: String,
    /// How the command exits.
    pub exit: i32,
}

impl Said {
    /// What the suite's table says of `fault`.
    fn of<F>(fault: &Fault<F>) -> Self {
        let (phase, class, status) = (fault.phase.to_string(), fault.class.to_string(), fault.status.to_string());
        Self { phase, class, status, exit: fault.status.exit_code().into() }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<9} {:<60} ", self.engine, self.fault)?;
        match &self.said {
            Some(said) => write!(f, "{:<10} {:<14} {:<9} {}", said.phase, said.class, said.status, said.exit),
            None => f.write_str("not here"),
        }
    }
}

/// How a line is broken.
pub(super) type Breakage = fn() -> Mode;

/// What a line can do to every engine that is reached over one.
pub(super) const LINES: [(&str, Breakage); 6] = [
    ("nobody_listens", || Mode::Refuse),
    ("the_connection_is_cut_at_once", || Mode::Reset),
    ("the_connection_is_cut_in_the_login", || Mode::Cut { direction: Direction::ToClient, after: 5 }),
    ("something_else_answers", Mode::noise),
    ("a_web_server_answers", Mode::web_server),
    ("nobody_answers", || Mode::Swallow),
];

impl<F: Fixture> Suite<F> {
    /// Brings about every fault of the line and of the table on the first server that can be brought into it, and asks
    /// the command.
    ///
    /// # Errors
    /// When none of the servers is there.
    pub fn matrix(&self) -> Result<Vec<Row>, Missing> {
        let house = self.house();
        let rows = self.rows(&house);
        self.stop(&house);
        rows
    }

    fn rows(&self, house: &House) -> Result<Vec<Row>, Missing> {
        let first = self.first(house)?;
        let mut rows = Vec::new();
        if let Some(network) = first.network() {
            for (fault, mode) in LINES {
                let _context = house.runtime.enter();
                let proxy = Proxy::start(network.upstream.clone()).expect("a port of this machine");
                proxy.set(mode());
                let mut plan = crate::plan::plan();
                plan.timeout = Duration::from_secs(2);
                let mut said = by_command(&(network.dsn)(proxy.address()), &plan);
                if matches!(mode(), Mode::Reset) {
                    // A connection that is reset as soon as it is made is noticed when the kernel hears of it.
                    said.phase = "any".to_owned();
                }
                rows.push(Row { engine: self.engine.name, fault: fault.to_owned(), said: Some(said) });
            }
        }
        for fault in self.faults {
            let mut said = None;
            for server in &self.servers {
                let _turn = server.turn();
                let Ok(fixture) = server.fixture(house.runtime.handle()) else { continue };
                if let Ok(prepared) = house.runtime.block_on((fault.prepare)(&fixture)) {
                    said = Some(self.said(prepared, house));
                    break;
                }
            }
            // Otherwise a fault that an option of the command cannot bring about would be checked in as none.
            let promised = Said::of(fault);
            assert!(said.iter().all(|said| *said == promised), "{}: {said:?} is not {promised:?}", fault.name);
            rows.push(Row { engine: self.engine.name, fault: fault.name.to_owned(), said });
        }
        Ok(rows)
    }

    /// The first server that is there.
    pub(super) fn first(&self, house: &House) -> Result<Arc<F>, Missing> {
        let mut missing = Missing::new("the suite has no server");
        for server in &self.servers {
            match server.fixture(house.runtime.handle()) {
                Ok(fixture) => return Ok(fixture),
                Err(why) => missing = why,
            }
        }
        Err(missing)
    }

    fn said(&self, prepared: Prepared, house: &House) -> Said {
        let Prepared { dsn, plan, guard, between } = prepared;
        let said = match between {
            None => by_command(&dsn, &plan),
            Some(between) => house.runtime.block_on(self.by_monitor(&dsn, &plan, between())),
        };
        let _context = house.runtime.enter();
        drop::<Option<Box<dyn Any + Send>>>(guard);
        said
    }

    /// A kept session is the exporter's, not the command's: its exit code is what the command would say.
    async fn by_monitor(&self, dsn: &str, plan: &Plan, breakage: impl Future<Output = Guard>) -> Said {
        let dsn = dbprobe_core::Dsn::parse(dsn).expect("the fixture's DSN");
        let driver = (self.engine.open)(&dsn).expect("the fixture's DSN");
        let policy = Policy { max_connection_age: Duration::from_secs(600), ..Policy::default() };
        let mut monitor = Monitor::new(driver, plan.clone(), policy);
        let first = monitor.probe().await;
        assert_eq!(first.status(), Status::Up, "before the fault: {first:?}");
        let guard = breakage.await;
        let report = monitor.probe().await;
        drop(guard);
        let failure = report.failure();
        Said {
            phase: failure.and_then(|failure| failure.phase).map(|phase| phase.to_string()).unwrap_or_default(),
            class: failure.map(|failure| failure.class.to_string()).unwrap_or_default(),
            status: report.status().to_string(),
            exit: report.status().exit_code().into(),
        }
    }
}

/// The longest that the command takes for a span of time.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// One run of `dbprobe check`.
fn by_command(dsn: &str, plan: &Plan) -> Said {
    let finished = run(dbprobe().args(["check", "--output", "json"]).args(options(plan)).arg(dsn));
    let report = finished.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Said {
        phase: text(&report["failure"]["phase"]),
        class: text(&report["failure"]["class"]),
        status: text(&report["status"]),
        exit: finished.code.unwrap_or(-1),
    }
}

/// The options that make the command do what `plan` says.
pub(super) fn options(plan: &Plan) -> Vec<String> {
    let level = match plan.level {
        Level::Tcp => "tcp",
        Level::Auth => "auth",
        Level::Ping => "ping",
        Level::Read => "read",
        Level::Write => "write",
    };
    let write = match plan.write {
        WriteMode::Auto => "auto",
        WriteMode::Table => "table",
        WriteMode::Rollback => "rollback",
        WriteMode::None => "none",
    };
    let role = match plan.expect_role {
        ExpectedRole::Any => "any",
        ExpectedRole::Primary => "primary",
        ExpectedRole::Replica => "replica",
    };
    let mut options = vec![
        format!("--timeout={}ms", plan.timeout.as_millis()),
        format!("--level={level}"),
        format!("--write={write}"),
        format!("--prober={}", plan.prober.as_str()),
    ];
    // The command refuses what would have no effect.
    if plan.expect_role != ExpectedRole::Any {
        options.push(format!("--expect-role={role}"));
    }
    if plan.create_health_table && plan.write != WriteMode::None && plan.level == Level::Write {
        options.push("--create-health-table".to_owned());
    }
    if let Some(certificate) = plan.thresholds.certificate {
        options.push(format!("--cert-warn={}s", certificate.min(LONGEST).as_secs()));
    }
    options
}
