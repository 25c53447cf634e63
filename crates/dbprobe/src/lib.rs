//! Is this database really usable, and if not, why?
//!
//! The library to embed: everything of `dbprobe-core`, and the engines whose features are on. No engine is on by
//! default, so a program that probes SQLite holds no PostgreSQL driver.
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
//! With more than one target, or an engine of your own, build the parts yourself:
//!
//! ```
//! use dbprobe::{Plan, Source};
//!
//! # async fn run() -> Result<(), dbprobe::Failure> {
//! let registry = dbprobe::registry(); // `.with(&MY_ENGINE)` brings your own
//! let driver = Source::parse("@env:ORDERS_DSN")?.open(&registry)?;
//! let report = dbprobe::probe(driver.as_ref(), &Plan::default()).await;
//! # let _ = report; Ok(())
//! # }
//! ```

mod engines;

pub use dbprobe_core::*;
pub use engines::{ABSENT, ENGINES};

/// What a page has to say, for programs with a configuration of their own.
#[cfg(feature = "http")]
pub use http::{Expectations, InvalidExpectation, Statuses, open_with as open_page};

/// The monitoring tasks: from "down" to "why".
#[cfg(feature = "tasks")]
pub use dbprobe_tasks as tasks;

/// The examples of the page on the tasks, as doc tests.
#[cfg(all(doctest, feature = "all", feature = "tasks"))]
#[doc = include_str!("../../../docs/tasks.md")]
struct Tasks;

/// A registry of [`ENGINES`], which names the feature where a DSN asks for one of [`ABSENT`].
pub fn registry() -> Registry {
    Registry::new(ENGINES).with_absent(ABSENT)
}

/// Probes the target of `dsn` once, with the default [`Plan`]: connect, ping, write, read, inspect within 5 s.
///
/// `dsn` is a DSN, `@env:NAME` or `@file:PATH`. Total: a DSN that cannot be read is a report of status `unknown`.
/// Dropping the future closes the session. It needs a tokio runtime with time and I/O enabled.
pub async fn check(dsn: &str) -> Report {
    let opened = Source::parse(dsn).and_then(|source| source.open(&registry()));
    match opened {
        Ok(driver) => probe(driver.as_ref(), &Plan::default()).await,
        Err(failure) => Report::unasked("dsn", None, failure),
    }
}

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
