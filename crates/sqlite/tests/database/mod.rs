//! A database file as the conformance suite sees it, and what can be wrong with one.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{Class, Inspection, Phase, Role, Status};
use dbprobe_testkit::fixture::{Fault, Fixture, Guard, Missing, Prepared};
use futures_util::future::BoxFuture;
use rusqlite::Connection;
use tempfile::TempDir;

/// A database file in a directory of its own.
pub(crate) struct Database {
    directory: TempDir,
    journal: &'static str,
}

impl Database {
    /// A file whose changes are made safe by `journal`.
    pub(crate) async fn start(journal: &'static str) -> Result<Self, Missing> {
        let directory = TempDir::with_prefix("dbprobe-sqlite-").map_err(|error| Missing::new(error.to_string()))?;
        let database = Self { directory, journal };
        fill(&database.connect("app.db"));
        Ok(database)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A connection of somebody else.
    fn connect(&self, name: &str) -> Connection {
        let connection = Connection::open(self.path(name)).expect("a connection");
        connection.busy_timeout(Duration::from_secs(10)).expect("a setting");
        connection.pragma_update(None, "journal_mode", self.journal).expect("a journal mode");
        connection
    }

    fn dsn_of(&self, name_and_query: &str) -> String {
        format!("file://{}/{name_and_query}", self.directory.path().display())
    }

    /// Another database of its own for one fault.
    fn another(&self, name: &str) -> Connection {
        let connection = self.connect(name);
        fill(&connection);
        connection
    }
}

fn fill(connection: &Connection) {
    let script =
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT); INSERT INTO orders (what) VALUES ('a'), ('b')";
    connection.execute_batch(script).expect("a table");
}

#[async_trait]
impl Fixture for Database {
    fn label(&self) -> String {
        format!("SQLite {} {}", rusqlite::version(), self.journal)
    }

    fn dsn(&self) -> String {
        self.dsn_of("app.db?mode=rwc")
    }

    /// SQLite has no passwords, so none of these is a DSN; what is wrong with them must not be shown either.
    fn spellings(&self, password: &str) -> Vec<String> {
        let encoded: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
        vec![
            format!("file://app:{encoded}@localhost{}", self.path("app.db").display()),
            format!("sqlite://app:{encoded}@localhost/app.db"),
            self.dsn_of(&format!("app.db?password={encoded}")),
            self.dsn_of(&format!("app.db?mode={encoded}")),
            self.dsn_of(&format!("app.db?{encoded}=1")),
        ]
    }

    fn connect_phases(&self) -> Vec<Phase> {
        vec![Phase::Auth]
    }

    fn read_only_dsn(&self) -> Option<String> {
        Some(self.dsn_of("app.db?mode=ro"))
    }

    async fn facts(&self) -> Inspection {
        let mut facts = Inspection::default();
        facts.version = Some(rusqlite::version().to_owned());
        facts.role = Some(Role::Primary);
        facts.facts.insert("journal_mode".to_owned(), self.journal.to_owned());
        facts.facts.insert("integrity".to_owned(), "quick_check ok".to_owned());
        facts
    }

    /// A session is a thread, and this program has no other database.
    async fn sessions(&self) -> Option<usize> {
        let tasks = fs::read_dir("/proc/self/task").ok()?.flatten();
        let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
        Some(names.filter(|name| name.trim_end() == "dbprobe-sqlite").count())
    }

    async fn rows(&self) -> Option<usize> {
        let count =
            self.connect("app.db").query_row("SELECT count(*) FROM _health_check", [], |row| row.get::<_, i64>(0));
        count.ok().and_then(|rows| usize::try_from(rows).ok())
    }

    async fn reset(&self) {
        self.connect("app.db").execute_batch("DROP TABLE IF EXISTS _health_check").expect("dropped");
    }

    async fn make_stale(&self, prober: &str) -> bool {
        let sql = "UPDATE _health_check SET nonce = 'old', seq = seq - 1 WHERE prober = ?1";
        self.connect("app.db").execute(sql, [prober]).is_ok_and(|rows| rows == 1)
    }

    async fn block_writes(&self) -> Option<Guard> {
        let connection = self.connect("app.db");
        connection.execute_batch("BEGIN IMMEDIATE").ok()?;
        Some(Box::new(connection))
    }
}

type Preparing<'a> = BoxFuture<'a, Result<Prepared, Missing>>;

/// What can be wrong with a database file. What only ordinary users see, and full disks, are in `behaviour`.
pub(crate) const FAULTS: &[Fault<Database>] = &[
    Fault::new("missing_file", Phase::Auth, Class::NotFound, Status::Down, missing_file).code("14"),
    Fault::new("missing_directory", Phase::Auth, Class::NotFound, Status::Down, missing_directory).code("14"),
    Fault::new("directory", Phase::Auth, Class::NotFound, Status::Down, directory),
    Fault::new("not_a_database", Phase::Auth, Class::Corrupt, Status::Down, not_a_database).code("26"),
    Fault::new("damaged_page", Phase::Inspect, Class::Corrupt, Status::Degraded, damaged_page).code("11"),
    Fault::new("writer_s_lock", Phase::Write, Class::Locked, Status::Degraded, writers_lock).code("5"),
    Fault::new("exclusive_lock", Phase::Auth, Class::Locked, Status::Down, exclusive_lock).code("5"),
    Fault::new("foreign_health_table", Phase::Write, Class::Query, Status::Degraded, foreign_table).code("1"),
    Fault::new("file_removed_underneath", Phase::Auth, Class::NotFound, Status::Down, file_removed).code("14"),
];

fn missing_file(database: &Database) -> Preparing<'_> {
    Box::pin(async { Ok(Prepared::new(database.dsn_of("missing.db"))) })
}

fn missing_directory(database: &Database) -> Preparing<'_> {
    Box::pin(async { Ok(Prepared::new(database.dsn_of("no/where/app.db?mode=rwc"))) })
}

fn directory(database: &Database) -> Preparing<'_> {
    Box::pin(async { Ok(Prepared::new(format!("file:{}", database.directory.path().display()))) })
}

fn not_a_database(database: &Database) -> Preparing<'_> {
    Box::pin(async {
        fs::write(database.path("text.db"), "x".repeat(5_000)).expect("a file");
        Ok(Prepared::new(database.dsn_of("text.db")))
    })
}

fn damaged_page(database: &Database) -> Preparing<'_> {
    Box::pin(async {
        drop(database.another("damaged.db"));
        let mut file = OpenOptions::new().write(true).open(database.path("damaged.db")).expect("the file");
        file.seek(SeekFrom::Start(4_096)).expect("the second page");
        file.write_all(&[0xff; 4_096]).expect("no page");
        Ok(Prepared::new(database.dsn_of("damaged.db")))
    })
}

fn writers_lock(database: &Database) -> Preparing<'_> {
    Box::pin(async {
        let other = database.another("writer.db");
        other.execute_batch("BEGIN IMMEDIATE").expect("a lock");
        Ok(Prepared::new(database.dsn_of("writer.db"))
            .plan(|plan| plan.timeout = Duration::from_secs(1))
            .holding(other))
    })
}

fn exclusive_lock(database: &Database) -> Preparing<'_> {
    Box::pin(async {
        let other = database.another("exclusive.db");
        // In WAL mode readers go on beside an exclusive transaction, but not beside an exclusive locking mode.
        other.pragma_update(None, "locking_mode", "exclusive").expect("a locking mode");
        other.execute_batch("BEGIN EXCLUSIVE; CREATE TABLE held (x)").expect("a lock");
        Ok(Prepared::new(database.dsn_of("exclusive.db"))
            .plan(|plan| plan.timeout = Duration::from_secs(1))
            .holding(other))
    })
}

fn foreign_table(database: &Database) -> Preparing<'_> {
    Box::pin(async {
        let other = database.another("foreign.db");
        other.execute_batch("CREATE TABLE _health_check (id INTEGER PRIMARY KEY, status TEXT)").expect("a table");
        Ok(Prepared::new(database.dsn_of("foreign.db")))
    })
}

fn file_removed(database: &Database) -> Preparing<'_> {
    Box::pin(async {
        drop(database.another("removed.db"));
        let path = database.path("removed.db");
        Ok(Prepared::new(database.dsn_of("removed.db"))
            .after_a_good_probe(move || Box::pin(async move { fs::remove_file(path).expect("removed") })))
    })
}
