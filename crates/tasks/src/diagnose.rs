//! Why not? From the configuration to the capacity, to the cause and the next command.

mod disk;
mod rung;
mod sql;

mod client;
mod configuration;
mod doors;
mod file;
mod named;
mod place;
mod socket;

mod cause_of_file;
mod findings;

mod evident;
mod limits;
mod performance;

mod cause;
mod ladder;
mod next;

use std::time::Instant;

use dbprobe_core::{Failure, Status, Tls, milliseconds};
use jiff::Timestamp;
use serde::Serialize;

use crate::database::Database;

pub use cause::Cause;
pub use configuration::Configuration;
pub use doors::{Address, Door};
pub use limits::Recommendation;
pub use named::Confidence;
pub use performance::Performance;
pub use rung::{Evidence, Rung, RungOutcome, RungResult};

/// What is known of how the target was named. It changes nothing of what is asked of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiagnoseOptions {
    /// The words by which dbprobe's own commands find the target and that hold no secret, such as `@env:ORDERS_DSN`, or
    /// `orders`, `--config` and a path. Without them [`Diagnosis::next_command`] has the redacted DSN.
    pub reference: Vec<String>,
    /// Where the DSN comes from, in a few words: `an environment variable`.
    pub given_by: Option<String>,
}

/// How the target is reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Connectivity {
    /// Every address of every host of the DSN, and what it answered to a connection request.
    pub addresses: Vec<Address>,
    /// Which of them the session was with: `ip:port`, or a socket's or file's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_to: Option<String>,
    /// A difference between IPv4 and IPv6, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// The proxy or pooler in between, where one was recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// How far the server's clock is ahead of this machine's, in seconds; negative where it is behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_ahead_seconds: Option<f64>,
    /// What the TLS handshake told; of a certificate that was not accepted, what stands in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
}

/// Why a target is as it is: the ladder with its evidence, the most likely cause, and the next command.
///
/// It serialises as `dbprobe.diagnose/v1`; what is not known is absent, never 0 and never null.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// Always `dbprobe.diagnose/v1`.
    pub schema: &'static str,
    /// The target's name.
    pub target: String,
    /// The engine's name; absent where the DSN chose none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<&'static str>,
    /// The one word for the target.
    pub status: Status,
    /// When the diagnosis began (RFC 3339, UTC).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub checked_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// The most likely cause, where something broke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// One command line to copy. It never holds a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_command: Option<String>,
    /// Every rung, from the lowest to the highest.
    pub ladder: Vec<RungResult>,
    /// How the DSN was read, and what is suspicious about it.
    pub configuration: Configuration,
    /// How the target is reached.
    pub connectivity: Connectivity,
    /// How long each step took, and what stands out.
    pub performance: Performance,
    /// What is close to a limit, or suspicious, although it works.
    pub recommendations: Vec<Recommendation>,
    /// The failure that decides the status, as in a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "dbprobe_core::schema::failure"))]
    pub failure: Option<Failure>,
}

/// Says why `database` is as it is: climbs from the configuration to the capacity, collects what can be seen at each
/// rung, and names the most likely cause and the next command.
///
/// Total: every failure is part of the result. Everything ends at the plan's time-out: three quarters of it are the probe's
/// and, beside it, those of the names and addresses; what is left goes to a second look. The server sees the probe's
/// session, after it at most one more, and one bare connect to each address of a name that has several; where nobody
/// listens, also one to each of at most four usual ports. Dropping the future closes what is open.
///
/// ```
/// use dbprobe_core::Dsn;
/// use dbprobe_tasks::{Database, DiagnoseOptions, Rung, diagnose};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = &dbprobe_sqlite::ENGINE;
/// let driver = (engine.open)(&Dsn::parse("sqlite:/does/not/exist/orders.db")?)?;
/// let database = Database::new(driver).knowledge(engine.knowledge);
/// let diagnosis = diagnose(&database, &DiagnoseOptions::default()).await;
/// let cause = diagnosis.cause.expect("the file is missing");
/// assert_eq!(cause.rung, Rung::Database);
/// assert_eq!(cause.cause, "the way to the file breaks off: /does does not exist");
/// assert_eq!(diagnosis.next_command.as_deref(), Some("ls -ld /does"));
/// # Ok(())
/// # }
/// ```
pub async fn diagnose(database: &Database, options: &DiagnoseOptions) -> Diagnosis {
    let began = Instant::now();
    let findings = findings::Findings::gather(database, options.given_by.as_deref()).await;
    let recommendations = limits::recommendations(&findings, &database.plan);
    let report = &findings.report;
    let broken = report.status() != Status::Up;
    Diagnosis {
        schema: "dbprobe.diagnose/v1",
        target: database.name.clone(),
        engine: database.known_engine(),
        status: report.status(),
        checked_at: report.checked_at,
        duration_ms: milliseconds(began.elapsed()),
        cause: if broken { cause::cause(&findings, database.knowledge) } else { None },
        next_command: next::next(&findings, &recommendations, &options.reference),
        ladder: ladder::ladder(&findings, &recommendations),
        configuration: findings.configuration.clone(),
        connectivity: connectivity(&findings),
        performance: Performance::new(&findings),
        recommendations,
        failure: report.failure().filter(|_| broken).cloned(),
    }
}

fn connectivity(findings: &findings::Findings) -> Connectivity {
    let presented = findings.presented.as_ref().map(|presented| Tls {
        subject: Some(presented.subject.clone()),
        issuer: Some(presented.issuer.clone()),
        not_before: Some(presented.not_before),
        not_after: Some(presented.not_after),
        days_left: Some(presented.days_left),
        ..Tls::default()
    });
    Connectivity {
        addresses: findings.addresses.clone(),
        connected_to: findings.report.address.clone(),
        difference: doors::difference(&findings.addresses),
        proxy: findings.told.proxy.clone(),
        clock_ahead_seconds: findings.told.clock_ahead,
        tls: findings.report.tls.clone().or(presented),
    }
}
