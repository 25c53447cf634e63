//! What a case works with.

use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{
    Capability, Driver, Dsn, Engine, Inspection, Level, Lookup, Phase, Plan, Prober, Report, Session, Steps,
};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::outcome::{Stop, broken, not_here};
use crate::fixture::{Companion, Fixture, Guard, Network};
pub(crate) use crate::plan::{plan, prober};
use crate::proxy::Proxy;

/// One engine and one server.
///
/// A case runs on a runtime of its own, with nothing on it but the engine; the fixture's methods run on the suite's.
pub(crate) struct Stage {
    pub(crate) engine: &'static Engine,
    fixture: Arc<dyn Fixture>,
    house: Handle,
    patience: Duration,
}

/// A way to the server that the case can interfere with.
pub(crate) struct Line {
    pub(crate) proxy: Proxy,
    pub(crate) driver: Arc<dyn Driver>,
    pub(crate) network: Network,
}

impl Stage {
    pub(crate) fn new(engine: &'static Engine, fixture: Arc<dyn Fixture>, house: Handle, patience: Duration) -> Self {
        Self { engine, fixture, house, patience }
    }

    /// What of the fixture needs no server to answer.
    pub(crate) fn fixture(&self) -> &dyn Fixture {
        self.fixture.as_ref()
    }

    /// The engine, configured with `dsn`.
    pub(crate) fn open(&self, dsn: &str) -> Result<Arc<dyn Driver>, Stop> {
        let dsn = Dsn::parse(dsn).or_else(|error| broken(format!("the fixture's DSN is refused: {error}")))?;
        (self.engine.open)(&dsn).or_else(|error| broken(format!("the fixture's DSN is refused: {error}")))
    }

    /// The engine, configured with the fixture's DSN.
    pub(crate) fn driver(&self) -> Result<Arc<dyn Driver>, Stop> {
        self.open(&self.fixture.dsn())
    }

    /// The engine, configured to go through a proxy of its own.
    pub(crate) fn line(&self) -> Result<Line, Stop> {
        let Some(network) = self.fixture.network() else { return not_here("it is not reached over a network") };
        let proxy = Proxy::start(network.upstream.clone()).expect("a port of this machine");
        let driver = self.open(&(network.dsn)(proxy.address()))?;
        Ok(Line { proxy, driver, network })
    }

    /// A session and the clock it was opened with.
    pub(crate) async fn session(&self, driver: &dyn Driver) -> Result<Box<dyn Session>, Stop> {
        let mut steps = Steps::new(plan().timeout);
        driver.connect(&mut steps).await.or_else(|failure| broken(format!("cannot connect: {failure}")))
    }

    /// One probe with `plan`, which has to be up.
    pub(crate) async fn up(&self, driver: &dyn Driver, plan: &Plan) -> Result<Report, Stop> {
        let report = dbprobe_core::probe(driver, plan).await;
        super::report::is_up(&report)?;
        Ok(report)
    }

    /// Skips the case unless the engine has `capability`.
    pub(crate) fn needs(&self, capability: Capability) -> Result<(), Stop> {
        if self.engine.capabilities.contains(&capability) {
            return Ok(());
        }
        not_here(format!("the engine has no {}", capability.as_str()))
    }

    /// Skips the case unless the engine writes something.
    pub(crate) fn needs_writes(&self) -> Result<(), Stop> {
        self.needs(Capability::WriteWithoutTable).or_else(|_| self.needs_rows())
    }

    /// Skips the case unless the engine leaves something behind for each prober: a row, or a key.
    pub(crate) fn needs_rows(&self) -> Result<(), Stop> {
        self.needs(Capability::HealthKey).or_else(|_| self.needs(Capability::HealthTable))
    }

    /// Skips the case unless the engine's probes go as deep as `level`.
    pub(crate) async fn needs_depth(&self, level: Level) -> Result<(), Stop> {
        let depth = self.session(self.driver()?.as_ref()).await?.depth();
        if depth >= level { Ok(()) } else { not_here(format!("its probes go no deeper than {depth:?}")) }
    }

    /// What the step of `phase` costs in round trips.
    pub(crate) fn round_trips(&self, phase: Phase) -> u64 {
        let [ping, write, read, inspect] = self.fixture.round_trips();
        match phase {
            Phase::Ping => ping,
            Phase::Write => write,
            Phase::Read => read,
            Phase::Inspect => inspect,
            _ => 0,
        }
    }

    /// Skips the case where the step of `phase` says nothing over the line, so that nothing can happen to it there.
    pub(crate) fn needs_talk(&self, phase: Phase) -> Result<(), Stop> {
        if self.round_trips(phase) > 0 { Ok(()) } else { not_here(format!("its {phase} needs no round trip")) }
    }

    /// Whether `phase` is one in which the peer is heard for the first time: that of the login, where there is one.
    pub(crate) fn is_first_talk(&self, phase: Phase) -> bool {
        let last = if self.fixture.connect_phases().contains(&Phase::Auth) { Phase::Auth } else { Phase::Ping };
        (Phase::Tcp..=last).contains(&phase)
    }

    pub(crate) async fn facts(&self) -> Inspection {
        let fixture = Arc::clone(&self.fixture);
        self.on_house(async move { fixture.facts().await }).await
    }

    /// Sessions on the server; skips the case where it cannot count them.
    pub(crate) async fn sessions(&self) -> Result<usize, Stop> {
        let fixture = Arc::clone(&self.fixture);
        match self.on_house(async move { fixture.sessions().await }).await {
            Some(count) => Ok(count),
            None => not_here("the server does not count its sessions"),
        }
    }

    /// Ends every session on the server; skips the case where that cannot be done.
    pub(crate) async fn kill_sessions(&self) -> Result<(), Stop> {
        let fixture = Arc::clone(&self.fixture);
        match self.on_house(async move { fixture.kill_sessions().await }).await {
            true => Ok(()),
            false => not_here("the server's sessions cannot be ended from outside"),
        }
    }

    pub(crate) async fn rows(&self) -> Option<usize> {
        let fixture = Arc::clone(&self.fixture);
        self.on_house(async move { fixture.rows().await }).await
    }

    /// Drops the health table.
    pub(crate) async fn reset(&self) {
        let fixture = Arc::clone(&self.fixture);
        self.on_house(async move { fixture.reset().await }).await;
    }

    /// Puts an older row in the place of `prober`'s; skips the case where that cannot be done.
    pub(crate) async fn make_stale(&self, prober: &Prober) -> Result<(), Stop> {
        let (fixture, prober) = (Arc::clone(&self.fixture), prober.clone());
        match self.on_house(async move { fixture.make_stale(prober.as_str()).await }).await {
            true => Ok(()),
            false => not_here("the server's row cannot be made stale from outside"),
        }
    }

    /// Makes writes wait; skips the case where that cannot be done.
    pub(crate) async fn block_writes(&self) -> Result<Guard, Stop> {
        let fixture = Arc::clone(&self.fixture);
        match self.on_house(async move { fixture.block_writes().await }).await {
            Some(guard) => Ok(guard),
            None => not_here("writes cannot be made to wait from outside"),
        }
    }

    /// A session of somebody else's; skips the case where there can be none.
    pub(crate) async fn companion(&self) -> Result<Companion, Stop> {
        let fixture = Arc::clone(&self.fixture);
        match self.on_house(async move { fixture.companion().await }).await {
            Some(companion) => Ok(companion),
            None => not_here("the fixture opens no session of its own"),
        }
    }

    /// The engine, configured with a role that does not see what others do; skips the case where there is none.
    pub(crate) async fn driver_that_sees_little(&self) -> Result<Arc<dyn Driver>, Stop> {
        let fixture = Arc::clone(&self.fixture);
        match self.on_house(async move { fixture.dsn_that_sees_little().await }).await {
            Some(dsn) => self.open(&dsn),
            None => not_here("every role sees all there is"),
        }
    }

    /// What a look-up has to agree with.
    pub(crate) async fn known(&self) -> Vec<(Lookup, Option<String>)> {
        let fixture = Arc::clone(&self.fixture);
        self.on_house(async move { fixture.known().await }).await
    }

    /// How long the suite waits for something that has to come.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Waits until the server has `count` sessions of dbprobe.
    pub(crate) async fn sessions_become(&self, count: usize) -> Result<(), Stop> {
        let end = Instant::now() + self.patience;
        loop {
            let seen = self.sessions().await?;
            if seen == count {
                return Ok(());
            }
            if Instant::now() > end {
                return broken(format!("the server has {seen} sessions, not {count}, after {:?}", self.patience));
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until `number` is at most `limit`.
    pub(crate) async fn settles(&self, what: &str, limit: usize, number: impl Fn() -> usize) -> Result<(), Stop> {
        let end = Instant::now() + self.patience;
        while number() > limit {
            if Instant::now() > end {
                return broken(format!("{} {what}, not {limit}, after {:?}", number(), self.patience));
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Runs work for a fixture on the suite's runtime.
    pub(crate) async fn on_house<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match self.house.spawn(work).await {
            Ok(value) => value,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => panic!("the suite's runtime has ended: {error}"),
        }
    }
}

/// A plan that goes only as far as `level`.
pub(crate) fn plan_to(level: Level) -> Plan {
    Plan { level, ..plan() }
}
