//! Everything that a diagnosis sees, before anything is made of it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dbprobe_core::{Class, Connection, Endpoint, Lookup, Phase, Plan, Report, Target, probe};
use dbprobe_net::{Presented, presented};
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::{Instant, timeout};

use super::configuration::{Configuration, NO_PASSWORD};
use super::doors::{Address, Door, Name, knock_at, knock_at_each, look_up};
use super::file::File;
use super::socket::{Socket, usual};
use crate::database::Database;

/// The longest that one address is waited for: a kernel asks again after one second and after three, so that this is two
/// requests that nobody answered.
const KNOCK: Duration = Duration::from_secs(2);

/// What the server says of itself on a second session.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// How far its clock is ahead of this machine's, in seconds; negative where it is behind.
    pub(super) clock_ahead: Option<f64>,
    /// The proxy or pooler in between.
    pub(super) proxy: Option<String>,
    /// How long the second connect took.
    pub(super) connect: Option<Duration>,
}

/// Everything that was seen.
#[derive(Clone, Debug)]
pub(super) struct Findings {
    pub(super) target: Target,
    pub(super) configuration: Configuration,
    pub(super) report: Report,
    pub(super) names: Vec<Name>,
    /// What each address answers, where a name has several, and else what the probe found out.
    pub(super) addresses: Vec<Address>,
    /// Usual ports of the same kind of server, where nobody listens on the one that was asked for.
    pub(super) other_ports: Vec<Address>,
    /// Sockets of such a server on this machine, where nobody listens on the port of this machine.
    pub(super) other_sockets: Vec<String>,
    pub(super) socket: Option<Socket>,
    pub(super) file: Option<File>,
    /// The certificate that was not accepted.
    pub(super) presented: Option<Presented>,
    pub(super) told: Told,
    /// Whether the engine has statements by which a database is prepared for dbprobe.
    pub(super) has_setup: bool,
}

impl Findings {
    /// Looks at `database` within its plan's time-out: three quarters for the probe and, beside it, the names and their
    /// addresses; what is left for a second look at what they came to.
    pub(super) async fn gather(database: &Database, given_by: Option<&str>) -> Self {
        let plan = &database.plan;
        let end = Instant::now() + plan.timeout;
        let first = plan.timeout * 3 / 4;
        let mut target = database.driver.target().clone();
        let share = Plan { timeout: first, ..plan.clone() };
        let survey = async {
            let names = look_up(&target.endpoints, first).await;
            let left = first.min(KNOCK);
            let addresses = knock_at_each(&names, left).await;
            (names, addresses)
        };
        let survey = async {
            tokio::select! {
                found = survey => found,
                () = plan.interrupt.fired() => (Vec::new(), Vec::new()),
            }
        };
        let (mut report, (names, mut addresses)) =
            tokio::join!(probe(database.driver.as_ref(), &share), timeout(first, survey).map_or_empty());
        report.target.clone_from(&database.name);
        if addresses.is_empty() {
            addresses = by_the_probe(&report, &names);
        }
        let configuration = Configuration::new(&target, given_by);
        last_first(&mut target, &report);
        let mut findings = Self {
            configuration,
            names,
            addresses,
            other_ports: Vec::new(),
            other_sockets: Vec::new(),
            socket: None,
            file: None,
            presented: report.failure().and_then(presented).cloned(),
            told: Told::default(),
            has_setup: database.driver.setup(&dbprobe_core::SetupOptions::default()).is_some(),
            target,
            report,
        };
        if findings.report.step(Phase::Auth).is_some_and(dbprobe_core::Step::passed) {
            findings.configuration.concerns.retain(|concern| concern != NO_PASSWORD); // the server wants none
        }
        if !plan.interrupt.has_fired() {
            findings.look_again(database, end.saturating_duration_since(Instant::now())).await;
        }
        findings
    }

    /// What the first look makes worth looking at, at once and within `left`.
    async fn look_again(&mut self, database: &Database, left: Duration) {
        let local = timeout(left, self.look_at_files());
        let ports = timeout(left, self.look_at_ports(left));
        let told = timeout(left, self.ask(database, left));
        let work = async { tokio::join!(local, ports, told) };
        let (local, ports, told) = tokio::select! {
            found = work => found,
            () = database.plan.interrupt.fired() => return,
        };
        if let Ok((file, socket, sockets)) = local {
            (self.file, self.socket, self.other_sockets) = (file, socket, sockets);
        }
        self.other_ports = ports.unwrap_or_default();
        self.told = told.unwrap_or_default();
    }

    /// On a thread that may block as long as a network file system does; nobody waits for it then.
    async fn look_at_files(&self) -> (Option<File>, Option<Socket>, Vec<String>) {
        let path = file_of(&self.target);
        let endpoints = self.target.endpoints.clone();
        let engine = self.target.engine;
        let refused_here = self.is_refused() && self.is_of_this_machine();
        let work = move || {
            let file = path.as_deref().map(File::look_at);
            let sockets = if refused_here { usual(engine) } else { Vec::new() };
            (file, Socket::look_at(&endpoints), sockets)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_default()
    }

    /// One connect to each of the few other ports that such a server usually has, where nobody listens on the one asked for.
    async fn look_at_ports(&self, left: Duration) -> Vec<Address> {
        let first = self.names.iter().find_map(|name| name.answer.as_ref().ok()?.first().copied());
        let (true, Some(first)) = (self.is_refused(), first) else { return Vec::new() };
        let others = ports(self.target.engine).iter().filter(|port| **port != first.port());
        let limit = left.min(Duration::from_millis(500));
        let asked = join_all(others.map(|port| knock_at(SocketAddr::new(first.ip(), *port), limit))).await;
        asked.into_iter().filter(|address| address.answer == Door::Open).collect()
    }

    /// A second session, where the first one answered: what only a task asks for.
    async fn ask(&self, database: &Database, left: Duration) -> Told {
        let answered = self.report.step(Phase::Ping).is_some_and(dbprobe_core::Step::passed);
        if !answered {
            return Told::default();
        }
        let began = Instant::now();
        let Ok(mut connection) = Connection::open(database.driver.as_ref(), left, &database.plan.interrupt).await
        else {
            return Told::default();
        };
        let connect = Some(began.elapsed());
        let sent = Timestamp::now();
        let answer = connection.look_up(&[Lookup::Clock, Lookup::Proxy]).await;
        let received = Timestamp::now();
        connection.close().await;
        // An engine that has nothing of the kind says so by its failure: then it is not known.
        let mut answers = answer.unwrap_or_default().into_iter();
        let clock = answers.next().flatten();
        let proxy = answers.next().flatten();
        Told { clock_ahead: clock.and_then(|clock| ahead(&clock, sent, received)), proxy, connect }
    }

    /// Whether the probe ended because nobody listens.
    pub(super) fn is_refused(&self) -> bool {
        let refused = |class| matches!(class, Class::Refused);
        self.report.failure().is_some_and(|failure| failure.phase == Some(Phase::Tcp) && refused(failure.class))
            && !self.target.endpoints.iter().all(Endpoint::is_socket)
    }

    /// Whether every address is one of this machine's loopback.
    pub(super) fn is_of_this_machine(&self) -> bool {
        let mut all = self.names.iter().filter_map(|name| name.answer.as_ref().ok()).flatten().peekable();
        all.peek().is_some() && all.all(|address| address.ip().is_loopback())
    }
}

/// Puts the places that the probe had given up before it came to its end behind those it ended at: what is said of the
/// target, and what is run next, is about the latter.
fn last_first(target: &mut Target, report: &Report) {
    target.endpoints.sort_by_key(|endpoint| report.attempts.iter().any(|it| it.endpoint == endpoint.authority()));
}

/// What an unfinished survey is.
trait OrEmpty<T> {
    async fn map_or_empty(self) -> T;
}

impl<T: Default, F: Future<Output = Result<T, tokio::time::error::Elapsed>>> OrEmpty<T> for F {
    async fn map_or_empty(self) -> T {
        self.await.unwrap_or_default()
    }
}

/// What the probe found out about the one address of each name.
fn by_the_probe(report: &Report, names: &[Name]) -> Vec<Address> {
    let failed = report.step(Phase::Tcp).and_then(dbprobe_core::Step::failure);
    let answer = match failed {
        Some(failure) => Door::of(failure.class),
        None if report.step(Phase::Tcp).is_some_and(dbprobe_core::Step::passed) => Door::Open,
        None => Door::Unknown,
    };
    let took = report.step(Phase::Tcp).and_then(|step| step.duration);
    let mut known = Vec::new();
    for address in names.iter().filter_map(|name| name.answer.as_ref().ok()).flatten() {
        let tried = report.attempts.iter().find(|attempt| {
            let at = names.iter().find(|name| name.answer.as_ref().is_ok_and(|all| all.contains(address)));
            at.is_some_and(|name| name.endpoint.authority() == attempt.endpoint)
        });
        let answer = match tried {
            Some(attempt) if attempt.failure.phase == Some(Phase::Tcp) => Door::of(attempt.failure.class),
            Some(_) => Door::Open,
            None => answer,
        };
        let mut entry = Address::new(*address, answer);
        entry.duration_ms = took.filter(|_| tried.is_none()).map(dbprobe_core::milliseconds);
        known.push(entry);
    }
    known
}

/// The file of an embedded database.
fn file_of(target: &Target) -> Option<PathBuf> {
    let path = target.database.as_deref().filter(|_| target.endpoints.is_empty() && !target.redacted.is_empty())?;
    (path != ":memory:").then(|| Path::new(path).to_owned())
}

/// The ports on which such servers usually listen, poolers and second instances included.
fn ports(engine: &str) -> &'static [u16] {
    match engine {
        "http" => &[80, 443, 8080],
        "mssql" => &[1433],
        "mysql" => &[3306, 3307],
        "postgres" => &[5432, 5433, 6432],
        "redis" => &[6379, 6380],
        "smtp" => &[25, 465, 587, 1025],
        _ => &[],
    }
}

/// How far `clock` is ahead of this machine's, taken at the middle of the round trip (RFC 5905, section 8). Within the
/// round trip nothing is known, which counts as none.
fn ahead(clock: &str, sent: Timestamp, received: Timestamp) -> Option<f64> {
    let clock: Timestamp = clock.parse().ok()?;
    let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64();
    let round_trip = seconds(sent, received);
    let ahead = seconds(sent, clock) - round_trip / 2.0;
    Some(if ahead.abs() <= round_trip / 2.0 { 0.0 } else { ahead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_held_against_the_middle_of_the_round_trip() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (sent, received) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00.2Z"));
        assert_eq!(ahead("2026-01-01T00:00:00.15Z", sent, received), Some(0.0));
        assert_eq!(ahead("2026-01-01T00:00:10.1Z", sent, received), Some(10.0));
        assert_eq!(ahead("2025-12-31T23:59:50.1Z", sent, received), Some(-10.0));
        assert_eq!(ahead("ten past nine", sent, received), None);
    }

    #[test]
    fn the_place_that_was_tried_last_stands_first() {
        let place = |host: &str| Endpoint { host: host.to_owned(), port: Some(5432) };
        let mut target = Target {
            engine: "postgres",
            endpoints: vec![place("a"), place("b"), place("c")],
            user: None,
            has_password: false,
            database: None,
            parameters: std::collections::BTreeMap::new(),
            redacted: String::new(),
        };
        let failure = dbprobe_core::Failure::new(Class::Refused, "nobody listens there");
        let mut report = Report::unasked("t", Some("postgres"), failure.clone());
        let attempt = dbprobe_core::Attempt { endpoint: "a:5432".to_owned(), failure, duration: Duration::ZERO };
        report.attempts.push(attempt);
        last_first(&mut target, &report);
        assert_eq!(target.endpoints, [place("b"), place("c"), place("a")]);
    }
}
