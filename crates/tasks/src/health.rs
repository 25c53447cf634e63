//! Is it healthy?

mod result;

use std::time::Duration;

use dbprobe_core::{Class, Connection, Failure, Phase, probe};
use tokio::time::sleep;

pub use result::{ConnectionTest, Health, HealthConnection, HealthQueries, MigrationStatus, QueryTest};

use crate::database::Database;
use crate::migrations::{MigrationFiles, Migrations, migrations};

/// What is looked at beside connecting and asking.
#[derive(Clone, Debug, Default)]
pub struct HealthOptions {
    /// How the migrations are looked at.
    pub migrations: HealthMigrations,
}

/// How [`health`] looks at the migrations of a database that answers: on a session of its own, after the check, in what is
/// left of its time.
#[derive(Clone, Debug, Default)]
pub enum HealthMigrations {
    /// It reads what their tools have noted; a migration that failed makes the database degraded.
    #[default]
    History,
    /// It compares that with these files, too; one that is pending, changed or missing makes the database degraded, as does
    /// a history that cannot be read.
    Files(MigrationFiles),
    /// It does not.
    Skipped,
}

/// Checks one database: connects, asks, writes, reads back and inspects as its plan says, in the words of [`Word`](crate::Word).
///
/// After a failure that may pass it is checked again, `database.policy.retries` times at the most with
/// `database.policy.retry_interval` before each; [`Health::attempts`] counts all of them, and the rest is about the last.
/// Each attempt has the plan's time-out, from the first look-up to the last answer. The plan's interrupt ends it early.
///
/// # Errors
///
/// None: every failure is in the result. Dropping the future closes the session.
///
/// # Example
///
/// ```
/// use dbprobe_core::Dsn;
/// use dbprobe_tasks::{Database, HealthOptions, Word, health};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), dbprobe_core::DsnError> {
/// let database = Database::new((dbprobe_sqlite::ENGINE.open)(&Dsn::parse("file::memory:")?)?);
/// let health = health(&database, &HealthOptions::default()).await;
/// println!("{} in {} ms", health.status.as_str(), health.response_time_ms);
/// assert_eq!((health.status, health.attempts, health.error), (Word::Healthy, 1, None));
/// # Ok(())
/// # }
/// ```
pub async fn health(database: &Database, options: &HealthOptions) -> Health {
    let mut attempts = 1;
    let mut report = probe(database.driver.as_ref(), &database.plan).await;
    while attempts <= database.policy.retries && report.may_pass() {
        tokio::select! {
            biased;
            () = database.plan.interrupt.fired() => break,
            () = sleep(database.policy.retry_interval) => {}
        }
        attempts += 1;
        report = probe(database.driver.as_ref(), &database.plan).await;
    }
    let left = database.plan.timeout.saturating_sub(report.duration);
    let found = if report.status().answers() { look(database, options, left).await } else { Ok(None) };
    Health::new(database, &report, attempts, found)
}

/// The migrations, where they can be looked at in the time that is `left`. A role that may not read a history is no failure
/// of the database, unless it is to be compared with files: then nobody knows whether they fit.
async fn look(database: &Database, options: &HealthOptions, left: Duration) -> Result<Option<Migrations>, Failure> {
    match &options.migrations {
        HealthMigrations::History => Ok(read(database, None, left).await.ok()),
        HealthMigrations::Files(files) => match read(database, Some(files), left).await {
            Ok(found) => Ok(Some(found)),
            // An engine without tables has no migrations.
            Err(failure) if failure.class == Class::Unsupported => Ok(None),
            Err(mut failure) => {
                failure.message = format!("migrations: their history could not be read: {}", failure.message);
                Err(failure.in_phase(Phase::Inspect)) // where no phase has said it already
            }
        },
        HealthMigrations::Skipped => Ok(None),
    }
}

async fn read(database: &Database, files: Option<&MigrationFiles>, left: Duration) -> Result<Migrations, Failure> {
    let plan = &database.plan;
    let mut connection = Connection::open(database.driver.as_ref(), left, &plan.interrupt).await?;
    let found = migrations(&mut connection, database.engine(), files).await;
    connection.close().await;
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dbprobe_core::{Access, Dsn, Policy, Query};

    use super::*;
    use crate::Word;

    fn sqlite(dsn: &str) -> Database {
        Database::new((dbprobe_sqlite::ENGINE.open)(&Dsn::parse(dsn).expect("a DSN")).expect("a driver"))
    }

    #[tokio::test]
    async fn a_healthy_one_has_figures_and_no_error() {
        let health = health(&sqlite("file::memory:"), &HealthOptions::default()).await;
        let json = serde_json::to_value(&health).expect("JSON");
        assert_eq!((&json["schema"], &json["status"]), (&"dbprobe.health/v1".into(), &"healthy".into()));
        assert_eq!((&json["connection"], &json["query_test"]), (&"ok".into(), &"ok".into()));
        assert_eq!((&json["migration_status"], &json["attempts"]), (&"not_found".into(), &1.into()));
        assert!(json["connection_details"]["connect_ms"].is_f64() && json["query_details"]["ping_ms"].is_f64());
        assert!(json.get("error").is_none() && json.get("failure").is_none(), "{json}");
    }

    #[tokio::test]
    async fn what_could_not_be_configured_is_unhealthy_and_not_tried_again() {
        let policy = Policy { retries: 3, ..Policy::default() };
        let database = Database::refused("orders", Some("postgres"), Failure::new(Class::Config, "no scheme"));
        let health = health(&database.policy(policy), &HealthOptions::default()).await;
        assert_eq!((health.status, health.attempts), (Word::Unhealthy, 1));
        assert_eq!((health.connection, health.query_test), (ConnectionTest::Failed, QueryTest::NotRun));
        assert_eq!(health.error.as_deref(), Some("configure: no scheme"));
        assert_eq!(health.exit_status(), dbprobe_core::Status::Unknown);
    }

    /// A driver that refuses so many times before it lets the other one in.
    #[derive(Debug)]
    struct Late(Arc<dyn dbprobe_core::Driver>, std::sync::atomic::AtomicU32);

    #[async_trait::async_trait]
    impl dbprobe_core::Driver for Late {
        fn target(&self) -> &dbprobe_core::Target {
            self.0.target()
        }

        async fn reach(&self, steps: &mut dbprobe_core::Steps) -> Result<(), Failure> {
            self.0.reach(steps).await
        }

        async fn connect(&self, steps: &mut dbprobe_core::Steps) -> Result<Box<dyn dbprobe_core::Session>, Failure> {
            use std::sync::atomic::Ordering::Relaxed;
            if self.1.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                return Err(Failure::new(Class::Refused, "nobody listens").in_phase(Phase::Tcp));
            }
            self.0.connect(steps).await
        }
    }

    fn late(refusals: u32, retries: u32) -> Database {
        let policy = Policy { retries, retry_interval: Duration::ZERO, ..Policy::default() };
        Database::new(Arc::new(Late(sqlite("file::memory:").driver, refusals.into()))).policy(policy)
    }

    #[tokio::test]
    async fn each_attempt_is_counted_and_the_last_one_decides() {
        let options = HealthOptions::default();
        let came = health(&late(2, 5), &options).await;
        assert_eq!((came.status, came.attempts), (Word::Healthy, 3));
        let stayed = health(&late(9, 2), &options).await;
        assert_eq!((stayed.status, stayed.attempts), (Word::Unhealthy, 3));
        assert_eq!(stayed.failure.map(|failure| failure.class), Some(Class::Refused));
    }

    /// A database in a file whose history golang-migrate has left at version 3, half-applied or not.
    async fn with_history(directory: &std::path::Path, dirty: bool) -> Database {
        let database = sqlite(&format!("file:{}?mode=rwc", directory.join("x.db").display()));
        let limit = Duration::from_secs(5);
        let opened = Connection::open(database.driver.as_ref(), limit, &database.plan.interrupt).await;
        let mut connection = opened.expect("a connection");
        let noted = format!("INSERT INTO schema_migrations VALUES (3, {dirty})");
        for sql in ["CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean)", &noted] {
            let query = Query { access: Access::ReadWrite, ..Query::read_only(sql) };
            connection.query(&query).await.expect("a history");
        }
        connection.close().await;
        database
    }

    #[tokio::test]
    async fn a_migration_that_failed_is_degraded_and_says_what_to_do() {
        let directory = tempfile::tempdir().expect("a directory");
        let found = health(&with_history(directory.path(), true).await, &HealthOptions::default()).await;
        assert_eq!((found.status, found.migration_status.as_str()), (Word::Degraded, "dirty"));
        assert!(found.error.is_some_and(|error| error.contains("golang-migrate: dirty")), "{:?}", found.failure);
        assert!(found.failure.is_some_and(|failure| failure.advice.is_some()));
    }

    #[tokio::test]
    async fn a_history_that_cannot_be_read_is_not_in_order_where_it_was_asked_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut database = with_history(directory.path(), false).await;
        let migrations = directory.path().join("migrations");
        std::fs::create_dir(&migrations).expect("a directory");
        std::fs::write(migrations.join("3_orders.up.sql"), "select 1;").expect("a file");
        let files = MigrationFiles::read(&migrations, Some("golang-migrate")).expect("files");
        // It lets in only the check.
        database.driver = Arc::new(Once(database.driver, false.into()));
        let found = health(&database, &HealthOptions { migrations: HealthMigrations::Files(files) }).await;
        assert_eq!((found.status, found.migration_status.as_str()), (Word::Degraded, "not_checked"));
        let failure = found.failure.expect("a failure");
        assert_eq!(failure.class, Class::Permission);
        assert!(failure.message.contains("could not be read: permission denied"), "{failure}");
    }

    /// A driver that lets in once only.
    #[derive(Debug)]
    struct Once(Arc<dyn dbprobe_core::Driver>, std::sync::atomic::AtomicBool);

    #[async_trait::async_trait]
    impl dbprobe_core::Driver for Once {
        fn target(&self) -> &dbprobe_core::Target {
            self.0.target()
        }

        async fn reach(&self, steps: &mut dbprobe_core::Steps) -> Result<(), Failure> {
            self.0.reach(steps).await
        }

        async fn connect(&self, steps: &mut dbprobe_core::Steps) -> Result<Box<dyn dbprobe_core::Session>, Failure> {
            if self.1.swap(true, std::sync::atomic::Ordering::Relaxed) {
                return Err(Failure::new(Class::Permission, "permission denied for table schema_migrations"));
            }
            self.0.connect(steps).await
        }
    }

    #[tokio::test]
    async fn files_say_what_is_pending_and_nobody_looks_where_it_is_not_wanted() {
        let directory = tempfile::tempdir().expect("a directory");
        let database = with_history(directory.path(), false).await;
        let migrations = directory.path().join("migrations");
        std::fs::create_dir(&migrations).expect("a directory");
        for name in ["3_orders.up.sql", "4_stock.up.sql"] {
            std::fs::write(migrations.join(name), "select 1;").expect("a file");
        }
        let files = MigrationFiles::read(&migrations, Some("golang-migrate")).expect("files");
        let behind = health(&database, &HealthOptions { migrations: HealthMigrations::Files(files) }).await;
        assert_eq!((behind.status, behind.migration_status.as_str()), (Word::Degraded, "behind"));
        let unknown = health(&database, &HealthOptions::default()).await;
        assert_eq!((unknown.status, unknown.migration_status.as_str()), (Word::Healthy, "unknown"));
        let skipped = health(&database, &HealthOptions { migrations: HealthMigrations::Skipped }).await;
        assert_eq!((skipped.status, skipped.migration_status.as_str()), (Word::Healthy, "not_checked"));
    }
}
