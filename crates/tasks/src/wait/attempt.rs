//! One attempt.

use std::time::Duration;

use dbprobe_core::{
    Class, Connection, Endpoint, Failure, Interrupt, Level, Lookup, Phase, Plan, Report, Status, probe,
};
use tokio::time::Instant;

use super::outcome::WaitServer;
use crate::database::Database;

/// What one attempt found.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) status: Status,
    /// Why it is not usable.
    pub(super) failure: Option<Failure>,
    pub(super) server: WaitServer,
    /// Whether it was given less than its usual time, so that a time-out says nothing about the server.
    pub(super) is_short: bool,
}

/// Asks `database` once, for at most `left` and its plan's time-out.
///
/// A limit of the configuration, such as a latency, is not what is waited for.
pub(super) async fn attempt(database: &Database, left: Duration, stop: &Interrupt, socket_only: bool) -> Attempt {
    let timeout = database.plan.timeout.min(left);
    let mut plan = Plan { timeout, interrupt: stop.clone(), ..database.plan.clone() };
    plan.thresholds = dbprobe_core::Thresholds::default();
    plan.concerns = Vec::new();
    let is_short = timeout < database.plan.timeout;
    if !socket_only && plan.level > Level::Tcp && has_socket(database) {
        let end = Instant::now() + timeout;
        // It is asked before the probe and not after: a temporary server may end between the two, and the last one stays.
        if let Err(failure) = is_no_temporary_server(database, &plan).await {
            return Attempt { status: Status::Down, failure: Some(failure), server: WaitServer::default(), is_short };
        }
        plan.timeout = end.saturating_duration_since(Instant::now());
    }
    let report = probe(database.driver.as_ref(), &plan).await;
    let status = report.status();
    let failure = (status != Status::Up).then(|| reason(&report)).flatten();
    let server = WaitServer {
        address: report.address,
        version: report.inspection.version,
        started_at: report.inspection.started_at,
        incarnation: report.inspection.incarnation,
    };
    Attempt { status, failure, server, is_short }
}

/// Whether the target may be reached over a Unix socket.
pub(super) fn has_socket(database: &Database) -> bool {
    database.driver.target().endpoints.iter().any(Endpoint::is_socket)
}

/// What makes it unusable: of several failures one that waiting does not help against.
fn reason(report: &Report) -> Option<Failure> {
    let counts = |step: &&dbprobe_core::Step| step.phase != Phase::Close;
    let mut failures = report.steps.iter().filter(counts).filter_map(|step| step.failure());
    failures.find(|failure| failure.is_permanent()).or_else(|| report.failure()).cloned()
}

/// Whether the server, where a Unix socket led to it, listens on a network, too. The official images set their database
/// up with a server that does not, and stop it when they are done; over TCP nobody meets it.
async fn is_no_temporary_server(database: &Database, plan: &Plan) -> Result<(), Failure> {
    let mut connection = Connection::open(database.driver.as_ref(), plan.timeout, &plan.interrupt).await?;
    let by_socket = connection.address().is_none_or(|address| address.starts_with(['/', '@']));
    let answer = if by_socket { connection.look_up(&[Lookup::Network]).await } else { Ok(Vec::new()) };
    connection.close().await;
    match answer {
        Ok(answers) if answers.first().and_then(Option::as_deref) == Some("off") => Err(temporary()),
        Err(failure) if failure.loses_session() => Err(failure),
        // An engine that does not tell has no such server.
        _ => Ok(()),
    }
}

fn temporary() -> Failure {
    let message = "the server behind the Unix socket has networking off, as an image's temporary server while it sets the \
                   database up";
    Failure::new(Class::Starting, message)
        .advise("nothing, if it is one; if this server is meant to have no network, wait with `--socket-only`")
        .in_phase(Phase::Inspect)
}
