//! A suite: one engine, its servers, its fault table, and every case on each of them.

use std::any::Any;
use std::io::Write;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use dbprobe_core::Engine;
use futures_util::FutureExt;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::runtime::{Builder, Runtime};

use super::case::Case;
use super::outcome::{Outcome, Verdict};
use super::results::{self, Tallies};
use super::server::{Server, missing_is_failure};
use super::stage::Stage;
use super::{
    access, activity, close, connect, deadline, faults, hygiene, identity, inspect, lookup, monitor, order, ping,
    redaction,
};
use crate::fixture::{Fault, Fixture, Missing};

/// The longest that a case may take. One that hangs is a failure with a name, not a job that the CI ends.
const LONGEST: Duration = Duration::from_secs(180);

/// How long something that happens on a server's own time may take: the end of a session, of a thread.
const PATIENCE: Duration = Duration::from_secs(10);

/// A case that counts what belongs to the process holds it for writing, every other one for reading. It is the
/// process's, so that several suites may run in one.
static ALONE: RwLock<()> = RwLock::new(());

/// One engine, its servers and its fault table.
pub struct Suite<F: Fixture> {
    pub(super) engine: &'static Engine,
    pub(super) servers: Vec<Arc<Server<F>>>,
    pub(super) faults: &'static [Fault<F>],
    patience: Duration,
}

/// What runs on a server.
enum Work<F: 'static> {
    Case(Case),
    Fault(&'static Fault<F>),
}

// Derived, both would ask the same of the fixture.
impl<F> Copy for Work<F> {}

impl<F> Clone for Work<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Work<F> {
    fn name(&self) -> String {
        match self {
            Self::Case(case) => case.name.to_owned(),
            Self::Fault(fault) => format!("faults::{}", fault.name),
        }
    }
}

impl<F: Fixture> Suite<F> {
    /// A suite of `engine` without a server.
    pub fn new(engine: &'static Engine) -> Self {
        Self { engine, servers: Vec::new(), faults: &[], patience: PATIENCE }
    }

    /// With a server. `start` runs when the first of its cases does, on a runtime that lives as long as the suite.
    #[must_use]
    pub fn server<S>(mut self, name: impl Into<String>, start: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: Future<Output = Result<F, Missing>> + Send + 'static,
    {
        let start = Box::new(move || start().boxed());
        self.servers.push(Arc::new(Server::new(name.into(), start)));
        self
    }

    /// With a server that may be missing in CI, too, since nobody can build its image from free packages: its cases are
    /// skipped, counted and printed like all others. Whether an image is of that kind is for `cargo xtask test` to say,
    /// which fails a run that has left out any other server.
    #[must_use]
    pub fn server_that_may_be_missing<S>(
        self,
        name: impl Into<String>,
        start: impl Fn() -> S + Send + Sync + 'static,
    ) -> Self
    where
        S: Future<Output = Result<F, Missing>> + Send + 'static,
    {
        let mut suite = self.server(name, start);
        if let Some(server) = suite.servers.last_mut().and_then(Arc::get_mut) {
            server.may_be_missing = true;
        }
        suite
    }

    /// With the engine's fault table.
    #[must_use]
    pub fn faults(mut self, faults: &'static [Fault<F>]) -> Self {
        self.faults = faults;
        self
    }

    /// With another time for what happens on a server's own time, such as the end of a session; by default 10 s.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs what the command line asks for, prints what was skipped, and leaves the numbers for `cargo xtask test`.
    pub fn main(self) -> ExitCode {
        let mut arguments = Arguments::from_args();
        // Cases mostly wait; one of every server can do so at the same time, however few cores there are.
        arguments.test_threads.get_or_insert(self.servers.len().max(1));
        one_line_a_panic();
        let house = Arc::new(self.house());
        let tallies = Arc::new(Tallies::default());
        let mut trials = Vec::new();
        // One case of every server in turn: different servers work side by side.
        for work in self.works() {
            for server in &self.servers {
                trials.push(trial(server, work, &house, &tallies));
            }
        }
        let conclusion = libtest_mimic::run(&arguments, trials);
        let label =
            |name: &str| self.servers.iter().find(|server| server.name == name).and_then(|server| server.label());
        let tallies = tallies.take(self.engine.name, label);
        self.stop(&house);
        match results::report(&tallies) {
            Ok(()) => conclusion.exit_code(),
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "cannot leave the results: {error}");
                ExitCode::FAILURE
            }
        }
    }

    /// Runs the cases whose name, such as `ping::it_costs_one_round_trip`, is `wanted`, on every server.
    pub fn run(&self, wanted: impl Fn(&str) -> bool) -> Vec<(String, Outcome)> {
        let house = self.house();
        let mut outcomes = Vec::new();
        for work in self.works().into_iter().filter(|work| wanted(&work.name())) {
            for server in &self.servers {
                let name = format!("{}::{}", server.name, work.name());
                outcomes.push((name, perform(server, work, &house)));
            }
        }
        self.stop(&house);
        outcomes
    }

    /// Lets every server go, while there is a runtime for what their ends need.
    pub(super) fn stop(&self, house: &House) {
        let _context = house.runtime.enter();
        self.servers.iter().for_each(|server| server.stop());
    }

    /// The names of all cases, without a server's.
    pub fn names(&self) -> Vec<String> {
        self.works().iter().map(Work::name).collect()
    }

    pub(super) fn house(&self) -> House {
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("fixtures").enable_all().build();
        House { engine: self.engine, patience: self.patience, runtime: runtime.expect("a runtime") }
    }

    fn works(&self) -> Vec<Work<F>> {
        let groups = [
            identity::CASES,
            connect::CASES,
            ping::CASES,
            access::CASES,
            inspect::CASES,
            activity::CASES,
            lookup::CASES,
            close::CASES,
            order::CASES,
            deadline::CASES,
            redaction::CASES,
            hygiene::CASES,
            monitor::CASES,
            faults::CASES,
        ];
        let cases = groups.into_iter().flatten().map(|case| Work::Case(*case));
        cases.chain(self.faults.iter().map(Work::Fault)).collect()
    }
}

/// What all cases of a suite have in common.
pub(super) struct House {
    engine: &'static Engine,
    patience: Duration,
    /// The runtime of the fixtures.
    pub(super) runtime: Runtime,
}

fn trial<F: Fixture>(server: &Arc<Server<F>>, work: Work<F>, house: &Arc<House>, tallies: &Arc<Tallies>) -> Trial {
    let (server, house, tallies) = (Arc::clone(server), Arc::clone(house), Arc::clone(tallies));
    Trial::ignorable_test(format!("{}::{}", server.name, work.name()), move || {
        let outcome = results::steadied(&tallies, &server.name, &work.name(), || perform(&server, work, &house));
        match outcome {
            Outcome::Passed => Ok(Completion::Completed),
            Outcome::Failed(why) => Err(Failed::from(why)),
            Outcome::Skipped(why) => Ok(Completion::ignored_with(why)),
        }
    })
}

/// Runs one case, with its server to itself.
fn perform<F: Fixture>(server: &Server<F>, work: Work<F>, house: &House) -> Outcome {
    let _turn = server.turn();
    let fixture = match server.fixture(house.runtime.handle()) {
        Ok(fixture) => fixture,
        Err(Missing { why }) if missing_is_failure() && !server.may_be_missing => {
            return Outcome::Failed(format!("no server: {why}"));
        }
        Err(Missing { why }) => return Outcome::Skipped(format!("NO SERVER: {why}")),
    };
    let alone = matches!(work, Work::Case(Case { alone: true, .. }));
    let _alone = alone.then(|| ALONE.write().unwrap_or_else(PoisonError::into_inner));
    let _beside = (!alone).then(|| ALONE.read().unwrap_or_else(PoisonError::into_inner));
    let stage = Stage::new(house.engine, fixture.clone(), house.runtime.handle().clone(), house.patience);
    bounded(stage, fixture, work)
}

/// Runs one case on a thread and a runtime of its own, and does not wait for one that blocks.
fn bounded<F: Fixture>(stage: Stage, fixture: Arc<F>, work: Work<F>) -> Outcome {
    let (done, wait) = channel();
    let body = move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let verdict = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            runtime.block_on(async {
                match work {
                    Work::Case(case) => (case.run)(&stage).await,
                    Work::Fault(fault) => faults::row(&stage, fixture, fault).await,
                }
            })
        }));
        // What an engine left on a blocking thread is not waited for.
        runtime.shutdown_background();
        // The suite may end as soon as it hears of this: a server must not be let go here, behind its back.
        drop(stage);
        let _ = done.send(verdict.map_or_else(|panic| Outcome::Failed(message(panic.as_ref())), outcome));
    };
    std::thread::Builder::new().name("case".to_owned()).spawn(body).expect("a thread");
    match wait.recv_timeout(LONGEST) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => Outcome::Failed(format!("it did not end within {LONGEST:?}")),
        Err(RecvTimeoutError::Disconnected) => Outcome::Failed("its thread ended without a result".to_owned()),
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    verdict.into()
}

/// Prints a panic on one line from now on: those that the suite provokes are no news, and a backtrace of a case is long.
pub fn one_line_a_panic() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let _ = writeln!(std::io::stderr(), "panicked at {place}: {}", text(info.payload()));
    }));
}

fn message(panic: &(dyn Any + Send)) -> String {
    format!("panicked: {}", text(panic))
}

/// What a panic says.
pub(crate) fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
