//! Every statement that can be sent, with what it needs and what it does to the file.
//!
//! SQLite has no privileges but those of the operating system: "reads" needs the file to be readable, "writes" needs
//! the file and its directory to be writable. Values are bound, never written into a statement.

use dbprobe_core::{Setup, SetupOptions};

/// Reads the first page, and with it takes and gives back a read lock. What is not a database fails here.
pub(crate) const READ_SCHEMA: &str = "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)";

/// The health table: one row a prober. Writes, at most once in the life of a database.
///
/// Without a rowid it is one b-tree, so that a check writes one page of it.
pub(crate) const CREATE_HEALTH_TABLE: &str = "CREATE TABLE IF NOT EXISTS _health_check (\
     prober TEXT NOT NULL PRIMARY KEY, \
     nonce TEXT NOT NULL, \
     seq INTEGER NOT NULL, \
     checked_at TEXT NOT NULL\
     ) WITHOUT ROWID";

/// Takes the write lock at once: a transaction that starts with reading can be refused it later without waiting.
pub(crate) const BEGIN_IMMEDIATE: &str = "BEGIN IMMEDIATE";
pub(crate) const COMMIT: &str = "COMMIT";
pub(crate) const ROLLBACK: &str = "ROLLBACK";

/// Writes this prober's row: `?1` is its name, `?2` the nonce. On its own it is a transaction that takes the write lock
/// first. The row's sequence tells a later write of a prober with the same name from a stale one.
pub(crate) const UPSERT: &str = "INSERT INTO _health_check (prober, nonce, seq, checked_at) \
     VALUES (?1, ?2, 1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) \
     ON CONFLICT (prober) DO UPDATE SET nonce = excluded.nonce, seq = seq + 1, checked_at = excluded.checked_at \
     RETURNING seq";

/// Reads the row of prober `?1`: whether it is nonce `?2`, or something later than sequence `?3`.
pub(crate) const READ_ROW: &str = "SELECT nonce = ?2 OR seq > ?3 FROM _health_check WHERE prober = ?1";

/// Writes pages in a transaction that is rolled back: the schema's and a new one.
pub(crate) const CREATE_SCRATCH: &str = "CREATE TABLE _dbprobe_rollback (nonce TEXT NOT NULL)";
/// Writes to the new page, in the same transaction.
pub(crate) const INSERT_SCRATCH: &str = "INSERT INTO _dbprobe_rollback (nonce) VALUES (?1)";
/// Reads the new page, in the same transaction.
pub(crate) const READ_SCRATCH: &str = "SELECT nonce FROM _dbprobe_rollback";
/// Reads whether anything is left of it.
pub(crate) const COUNT_SCRATCH: &str = "SELECT count(*) FROM sqlite_schema WHERE name = '_dbprobe_rollback'";

/// Reads how changes are made safe: `delete`, `truncate`, `persist`, `memory`, `wal` or `off`.
pub(crate) const JOURNAL_MODE: &str = "PRAGMA main.journal_mode";
/// Reads the size of the file in pages, as its header has it.
pub(crate) const PAGE_COUNT: &str = "PRAGMA main.page_count";
/// Reads the size of a page in bytes.
pub(crate) const PAGE_SIZE: &str = "PRAGMA main.page_size";
/// Reads the number of pages that hold nothing.
pub(crate) const FREELIST_COUNT: &str = "PRAGMA main.freelist_count";
/// Reads every page and stops at the first fault. Only for small files; see `facts`.
pub(crate) const QUICK_CHECK: &str = "PRAGMA main.quick_check(1)";

/// Before a user's query that must not change anything, and after it: a setting of this connection.
pub(crate) const QUERY_ONLY: &str = "PRAGMA query_only = 1";
pub(crate) const QUERY_ANY: &str = "PRAGMA query_only = 0";

/// Reads whether there is a table or view `?1`; SQLite compares names without case, and one that is written so comes first.
pub(crate) const FIND_TABLE: &str = "SELECT name FROM main.sqlite_schema \
     WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE ORDER BY name = ?1 DESC LIMIT 1";
/// Whether a module `?1` for virtual tables, such as `fts5`, is compiled in. Reads nothing of the file.
pub(crate) const FIND_MODULE: &str = "SELECT 1 FROM pragma_module_list WHERE name = ?1 COLLATE NOCASE";

/// Pragmas that tell something when they are given no value, and do nothing else.
pub(crate) const SETTINGS: &[&str] = &[
    "application_id",
    "auto_vacuum",
    "automatic_index",
    "cache_size",
    "cache_spill",
    "cell_size_check",
    "data_version",
    "encoding",
    "foreign_keys",
    "freelist_count",
    "journal_mode",
    "journal_size_limit",
    "locking_mode",
    "max_page_count",
    "page_count",
    "page_size",
    "query_only",
    "recursive_triggers",
    "schema_version",
    "secure_delete",
    "synchronous",
    "temp_store",
    "threads",
    "trusted_schema",
    "user_version",
    "wal_autocheckpoint",
];

/// Reads a setting, where it is one of [`SETTINGS`]: a pragma takes no parameters, and others change something.
pub(crate) fn setting(name: &str) -> Option<String> {
    let known = SETTINGS.iter().find(|known| known.eq_ignore_ascii_case(name))?;
    Some(format!("PRAGMA main.{known}"))
}

/// What is carried out once.
pub(crate) fn setup(options: &SetupOptions) -> Setup {
    let setup = Setup::default().statement("one row a prober, never more", CREATE_HEALTH_TABLE);
    match options.role {
        None => setup,
        Some(_) => setup.by_hand(
            "SQLite has no roles: the account that runs dbprobe needs to write the file, and its directory for the journal",
        ),
    }
}
