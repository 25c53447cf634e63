//! What an engine crate tells the suite about one server: how to reach it, how to look behind it, how to break it.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use dbprobe_core::{Class, Inspection, Lookup, Phase, Plan, Status};
use futures_util::future::BoxFuture;

use crate::plan::plan;
use crate::proxy::Upstream;

/// Something that undoes itself when it is dropped: an open lock, a paused container, a directory.
pub type Guard = Box<dyn Any + Send>;

/// Why there is no server to test against.
///
/// On a desk its cases are skipped, counted and printed with this reason; with `CI` set they fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The reason, for whoever reads the table of a run.
    pub why: String,
}

impl Missing {
    /// There is no server because of `why`.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

/// How a server is reached over a network, so that the suite can put its [`Proxy`](crate::proxy::Proxy) in between.
#[derive(Clone)]
pub struct Network {
    /// Where the server is.
    pub upstream: Upstream,
    /// The working DSN with its host and port replaced by these.
    pub dsn: Arc<dyn Fn(SocketAddr) -> String + Send + Sync>,
    /// The round trips from the first byte to a session that is logged in, as the protocol has them; `None` where that
    /// is not fixed.
    pub login_round_trips: Option<u64>,
}

impl Network {
    /// A server at `upstream`, and how to make its DSN from another address.
    pub fn new(upstream: impl Into<Upstream>, dsn: impl Fn(SocketAddr) -> String + Send + Sync + 'static) -> Self {
        Self { upstream: upstream.into(), dsn: Arc::new(dsn), login_round_trips: None }
    }

    /// With the number of round trips that a login takes.
    #[must_use]
    pub fn login_round_trips(mut self, count: u64) -> Self {
        self.login_round_trips = Some(count);
        self
    }
}

/// A session of the fixture's own beside the engine's, with a transaction that is open and does nothing.
pub struct Companion {
    /// Who is logged in.
    pub user: String,
    /// What it calls itself; `None` where the server does not tell that to the role of [`Fixture::dsn_that_sees_all`].
    pub application: Option<String>,
    /// Whether the server tells how long a transaction has been open.
    pub is_timed: bool,
    /// The session: it ends with this.
    pub guard: Guard,
}

/// One running server, seen by the suite.
///
/// The suite runs the cases of one server one after another, so a count of sessions or rows is this case's own. Every
/// method runs on a runtime of the suite's, never on the one that the engine under test is on: connections made here are
/// no leak of the engine's. What a server cannot do stays at its default, and the cases that need it are skipped with a
/// reason.
#[async_trait]
pub trait Fixture: Send + Sync + 'static {
    /// The server as it names itself, with its version: `PostgreSQL 15.18`.
    fn label(&self) -> String;

    /// A DSN that works, of a role that may create the health table.
    fn dsn(&self) -> String;

    /// The password in [`Fixture::dsn`], as it is before any encoding.
    fn secret(&self) -> Option<String> {
        None
    }

    /// DSNs in which `password` is spelt in every way that the engine's syntax has; they need not lead to a server that
    /// accepts it, but they should lead to this one, so that its refusal is seen, too. Broken DSNs are welcome.
    fn spellings(&self, password: &str) -> Vec<String>;

    /// The phases of a connect to this server, in order: `resolve`, `tcp`, `tls`, `auth` as far as the engine tells them apart.
    fn connect_phases(&self) -> Vec<Phase>;

    /// What a ping, a write, a read and an inspection cost in round trips on an open session; 0 where a step is answered
    /// without the server, or not taken at all.
    fn round_trips(&self) -> [u64; 4] {
        [1; 4]
    }

    /// How it is reached over a network; `None` for an embedded database.
    fn network(&self) -> Option<Network> {
        None
    }

    /// A DSN of a session that cannot write: a standby, a read-only file.
    fn read_only_dsn(&self) -> Option<String> {
        None
    }

    /// What the server says about itself when the fixture asks: what is known here has to agree with an inspection.
    async fn facts(&self) -> Inspection {
        Inspection::default()
    }

    /// Sessions of dbprobe that the server has now; `None` where it cannot count them.
    async fn sessions(&self) -> Option<usize> {
        None
    }

    /// Ends every session of dbprobe on the server; whether it can.
    async fn kill_sessions(&self) -> bool {
        false
    }

    /// A DSN of a role that sees every connection of the server.
    fn dsn_that_sees_all(&self) -> String {
        self.dsn()
    }

    /// A DSN of a role that does not see what others do.
    async fn dsn_that_sees_little(&self) -> Option<String> {
        None
    }

    /// Opens a session with an idle transaction; `None` where that cannot be done.
    async fn companion(&self) -> Option<Companion> {
        None
    }

    /// What is there, and what [`Fixture::dsn`]'s role may not see.
    fn unseen(&self) -> Vec<Lookup> {
        Vec::new()
    }

    /// What a look-up of the role that sees all has to find, and what it must not find.
    async fn known(&self) -> Vec<(Lookup, Option<String>)> {
        Vec::new()
    }

    /// Rows in the health table; `None` when there is no such table.
    async fn rows(&self) -> Option<usize>;

    /// Drops the health table.
    async fn reset(&self);

    /// Puts an older row in the place of `prober`'s, as a server does that lost a commit; whether it can.
    async fn make_stale(&self, prober: &str) -> bool {
        let _ = prober;
        false
    }

    /// Makes every write to the health table wait until the guard is dropped.
    async fn block_writes(&self) -> Option<Guard> {
        None
    }
}

/// One row of an engine's fault table: what is wrong, and what a report has to say about it.
///
/// The suite runs it as the case `faults::<name>`.
pub struct Fault<F> {
    /// A few words joined by `_`.
    pub name: &'static str,
    /// In which phase it shows.
    pub phase: Phase,
    /// What kind it is.
    pub class: Class,
    /// What it makes of the target.
    pub status: Status,
    /// The server's own code, where there is one.
    pub code: Option<&'static str>,
    /// Brings the server into this state, or says why that cannot be done here.
    pub prepare: Prepare<F>,
}

/// How a fault is brought about.
pub type Prepare<F> = for<'a> fn(&'a F) -> BoxFuture<'a, Result<Prepared, Missing>>;

impl<F> Fault<F> {
    /// The fault `name`: `prepare` brings it about, and a report shows `class` in `phase` and is `status`.
    pub const fn new(name: &'static str, phase: Phase, class: Class, status: Status, prepare: Prepare<F>) -> Self {
        Self { name, phase, class, status, code: None, prepare }
    }

    /// With the server's own code.
    #[must_use]
    pub const fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }
}

/// A fault that has been brought about: what to probe, and what keeps it broken.
pub struct Prepared {
    pub(crate) dsn: String,
    pub(crate) plan: Plan,
    pub(crate) guard: Option<Guard>,
    pub(crate) between: Option<Between>,
}

/// What happens to a server between two probes.
pub(crate) type Between = Box<dyn FnOnce() -> BoxFuture<'static, Guard> + Send>;

impl Prepared {
    /// Probe `dsn`, with the suite's own plan: everything, within 10 s.
    pub fn new(dsn: impl Into<String>) -> Self {
        Self { dsn: dsn.into(), plan: plan(), guard: None, between: None }
    }

    /// With another plan.
    #[must_use]
    pub fn plan(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(&mut self.plan);
        self
    }

    /// Keeps `guard` until the probe is over.
    #[must_use]
    pub fn holding(mut self, guard: impl Any + Send) -> Self {
        self.guard = Some(match self.guard.take() {
            Some(first) => Box::new((first, guard)),
            None => Box::new(guard),
        });
        self
    }

    /// Breaks the server only after a first probe, which has to be `up` and whose session is kept: the second one is
    /// judged. What `breakage` returns is kept until that is over.
    #[must_use]
    pub fn after_a_good_probe<G: Any + Send>(
        mut self,
        breakage: impl FnOnce() -> BoxFuture<'static, G> + Send + 'static,
    ) -> Self {
        self.between = Some(Box::new(|| {
            let work = breakage();
            Box::pin(async move { Box::new(work.await) as Guard })
        }));
        self
    }
}
