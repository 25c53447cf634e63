//! Is this database really usable, and if not, why? The library to embed.
//!
//! It finds out by using the database: it connects, logs in, pings, writes a nonce, reads that nonce back, and looks at the
//! role, the connections and the certificate. Each step is timed and bounded. When one fails, it says which, what the
//! server said, and what to do next.
//!
//! # Choose features
//!
//! No feature is on by default, so a program that probes SQLite holds no PostgreSQL driver. A feature never changes what
//! another one does.
//!
//! | feature | brings | schemes |
//! |---|---|---|
//! | `postgres` | PostgreSQL, PgBouncer | `postgres` `postgresql` |
//! | `mysql` | MySQL, MariaDB | `mysql` `mariadb` |
//! | `sqlite` | SQLite, compiled in | `file` `sqlite` |
//! | `mssql` | SQL Server, Azure SQL | `sqlserver` `mssql` |
//! | `redis` | Redis, Valkey | `redis` `rediss` `redis+unix` `valkey` `valkeys` |
//! | `http` | a web page, and what it has to say | `http` `https` |
//! | `tcp` | any port | `tcp` |
//! | `smtp` | a mail server | `smtp` `smtps` |
//! | `all` | the eight above | |
//! | `serde` | [`Report`], [`Failure`], [`Status`] and the other results as JSON: `dbprobe.report/v1` | |
//! | `tasks` | `tasks`: wait, diagnose, health, pool, validate, perf, summary; implies `serde` | |
//! | `net` | `net`: resolving, dialling and TLS for an engine of your own | |
//! | `schema` | JSON Schema of every serialised type; implies `serde` | |
//!
//! # Check once
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let report = dbprobe::check("sqlite:does-not-exist.db").await;
//! if let Some(failure) = report.failure() {
//!     println!("{}: {failure}", report.status()); // "down: …", or "unknown: …" without the feature `sqlite`
//! }
//! # assert!(!report.status().answers());
//! # }
//! ```
//!
//! A DSN may be a reference, `@env:ORDERS_DSN` or `@file:/run/secrets/orders`, which is read again at every new connection:
//! a rotated password needs no restart.
//!
//! # Say what you expect
//!
//! [`check()`] gives a [`Check`], a builder. Awaiting it is one check; [`Check::connect`] opens a session whose every step
//! is bounded, [`Check::monitor`] repeats.
//!
//! ```
//! use std::time::Duration;
//! use dbprobe::{ExpectedRole, Level, Thresholds};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let report = dbprobe::check("@env:ORDERS_DSN")
//!     .timeout(Duration::from_secs(2))
//!     .level(Level::Read) // no write
//!     .expect_role(ExpectedRole::Primary)
//!     .thresholds(Thresholds { connections: Some(0.8), ..Thresholds::default() })
//!     .named("orders")
//!     .await;
//! assert_eq!(report.target, "orders");
//! # assert_eq!(report.status(), dbprobe::Status::Unknown);
//! # }
//! ```
//!
//! # Keep watching
//!
//! A [`Monitor`] keeps its session for a while, opens a new one inside the same deadline when the kept one turns out dead,
//! damps flapping, and remembers the last reports. Dropping it closes the session; [`Monitor::close`] says goodbye.
//!
//! ```
//! # use std::time::Duration;
//! # async fn watch() -> Result<(), dbprobe::Failure> {
//! let mut monitor = dbprobe::check("@env:ORDERS_DSN").keep_session(Duration::from_secs(180)).monitor()?;
//! loop {
//!     let report = monitor.probe().await;
//!     println!("{}", report.status());
//!     tokio::time::sleep(Duration::from_secs(15)).await;
//! }
//! # }
//! ```
//!
//! For a health route of a service of your own, share one monitor between all requests: the example `axum.rs` of this
//! crate shows how. For the whole exporter, run `dbprobe serve` beside it.
//!
//! # Wait in tests
//!
#![cfg_attr(not(all(feature = "tasks", feature = "sqlite")), doc = "```ignore")]
#![cfg_attr(all(feature = "tasks", feature = "sqlite"), doc = "```")]
//! use dbprobe::tasks::{WaitOptions, WaitOutcome, wait};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! # let directory = tempfile::tempdir().expect("a directory");
//! # let dsn = format!("file:{}/orders.db?mode=rwc", directory.path().display());
//! let waited = wait(&[dbprobe::check(&dsn).into()], &WaitOptions::default(), |_| {}).await;
//! assert_eq!(waited.outcome, WaitOutcome::Ready, "{:?}", waited.targets[0].failure);
//! # }
//! ```
//!
//! It asks until the database was usable twice in a row on one incarnation of its server; a wrong password ends it at once.
//! `tests/container.rs` of this crate is a whole test with a container.
//!
//! # Handle failures by their class
//!
//! A [`Failure`] has a [`Class`], the same words for every engine, the server's own code, and an advice for people. Match
//! on the class, never on the message: messages may change with any release.
//!
//! ```
//! use dbprobe::{Class, Report};
//!
//! fn worth_a_page(report: &Report) -> bool {
//!     match report.failure().map(|failure| failure.class) {
//!         None | Some(Class::Threshold | Class::RoleMismatch) => false, // it works
//!         Some(Class::Starting | Class::Overloaded) => false,           // it may pass
//!         Some(_) => true,
//!     }
//! }
//! # assert!(worth_a_page(&Report::unasked("orders", None, dbprobe::Failure::new(Class::Auth, "refused"))));
//! ```
//!
//! [`Report::may_pass`] tells whether another try can help. A check is total: every failure is in the report, also that
//! of a DSN that cannot be read and that of a driver that panics. Secrets are in none of them.
//!
//! # Deadlines and cancelling
//!
//! The time-out is for the whole check, 5 s unless you set it; the report is there at the latest 50 ms after it, whatever the
//! server does. A statement that still runs then was cancelled on the server before, where its protocol can. Dropping the
//! future of a check closes its connection and leaves nothing behind: no task, no thread, no session on the server. To end
//! it early and politely, fire an [`Interrupt`]. It needs a tokio runtime with time and I/O enabled, of any flavour.
//!
//! # An engine of your own
//!
//! An [`Engine`] is a value: a name, schemes, and a function from a [`Dsn`] to a [`Driver`]. [`Check::with_engine`] adds
//! it, or [`Registry::with`] for all checks of a program. The example `own_engine` of this crate is one of less than a
//! hundred lines; it has deadlines, reports, monitors and tasks like the others.
//!
//! # More
//!
//! What it costs, what it depends on, and what versions promise is in
//! [docs/embedding.md](https://github.com/dbprobe/dbprobe/blob/main/docs/embedding.md).
#![cfg_attr(docsrs, feature(doc_cfg))]

mod engines;

pub use dbprobe_core::*;
pub use engines::{ABSENT, ENGINES};

/// What a page has to say, for programs with a configuration of their own.
#[cfg(feature = "http")]
pub use http::{Expectations, InvalidExpectation, Statuses, open_with as open_page};

/// Names, sockets and TLS, for an engine of your own.
#[cfg(feature = "net")]
pub use dbprobe_net as net;

/// The monitoring tasks: from "down" to "why".
#[cfg(feature = "tasks")]
pub use dbprobe_tasks as tasks;

/// A registry of [`ENGINES`], which names the feature where a DSN asks for one of [`ABSENT`].
pub fn registry() -> Registry {
    Registry::new(ENGINES).with_absent(ABSENT)
}

/// A check of `dsn` by the engines of this build; awaiting it connects, pings, writes, reads and inspects within 5 s.
///
/// `dsn` is a DSN, `@env:NAME` or `@file:PATH`. Total: a DSN that cannot be read is a report of status `unknown`.
/// Dropping the future closes the session. It needs a tokio runtime with time and I/O enabled.
pub fn check(dsn: &str) -> Check {
    Check::new(dsn, registry())
}

/// The examples of the page on the tasks, as doc tests.
#[cfg(all(doctest, feature = "all", feature = "tasks"))]
#[doc = include_str!("../../../docs/tasks.md")]
struct Tasks;

/// The examples of the page on embedding, as doc tests.
#[cfg(all(doctest, feature = "all", feature = "tasks"))]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;

/// Those of the first page that a visitor reads.
#[cfg(all(doctest, feature = "all", feature = "tasks"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_is_either_here_or_names_its_feature() {
        let here = ENGINES.iter().map(|engine| engine.name);
        let mut all: Vec<&str> = here.chain(ABSENT.iter().map(|absent| absent.feature)).collect();
        all.sort_unstable();
        assert_eq!(all, ["http", "mssql", "mysql", "postgres", "redis", "smtp", "sqlite", "tcp"]);
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn a_scheme_whose_feature_is_off_names_the_feature() {
        let dsn = Dsn::parse("postgres://h/db").expect("a DSN");
        let error = registry().engine(&dsn).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("needs the feature `postgres`"), "{error}");
    }

    #[tokio::test]
    async fn a_dsn_that_cannot_be_read_is_a_report() {
        let report = check("nothing-like-a-dsn").await;
        let class = report.failure().map(|failure| failure.class);
        assert_eq!((report.status(), class), (Status::Unknown, Some(Class::Config)));
    }
}
