//! What is no usual history: tables of others under the same names, locks that were left behind, long histories, and
//! directories with links that lead in circles.

use dbprobe_testkit::binary::{dbprobe, run};
use dbprobe_testkit::fixture::Missing;

use crate::project::Project;
use crate::servers::{Recorded, postgres};

const KNEX: &str = "CREATE TABLE knex_migrations (id INTEGER, name TEXT, batch INTEGER, migration_time TEXT);
    CREATE TABLE knex_migrations_lock (\"index\" INTEGER, is_locked INTEGER);
    INSERT INTO knex_migrations VALUES (1, '1_a.js', 1, ''), (2, '2_b.js', 1, '');
    INSERT INTO knex_migrations_lock VALUES (1, 1);";

/// What `validate` says of the migrations, piped.
fn told(dsn: &str, options: &[&str]) -> (Option<i32>, String) {
    let finished = run(dbprobe().args(["validate", dsn, "--max-latency", "1h"]).args(options));
    let lines = finished.stdout.lines().filter(|line| line.contains(": migrations "));
    (finished.code, lines.collect::<Vec<_>>().join("\n"))
}

#[expect(clippy::unnecessary_wraps, reason = "what a test of this kind returns")]
pub(crate) fn others() -> Result<(), Missing> {
    for table in [
        // Ecto's, and an application's own.
        "schema_migrations (version INTEGER PRIMARY KEY, inserted_at TEXT)",
        "_prisma_migrations (foo TEXT)",
        "_sqlx_migrations (foo TEXT)",
        "flyway_schema_history (version TEXT)",
        "goose_db_version (version TEXT)",
        "alembic_version (foo TEXT)",
        "django_migrations (name TEXT)",
        "\"__EFMigrationsHistory\" (id TEXT)",
        "databasechangelog (id INTEGER, text TEXT)",
    ] {
        let database = Recorded::empty();
        let name = table.split([' ', '"']).find(|word| !word.is_empty()).expect("a name");
        database.execute(&format!("CREATE TABLE {table}"));
        let (code, line) = told(&database.dsn(), &[]);
        assert_eq!(code, Some(0), "{line}");
        assert!(line.contains("migrations skipped: no history table") && line.contains(name), "{line}");
        assert!(line.contains("the columns of something else"), "{line}");
    }
    // A tool's history beside it counts all the same.
    let database = Recorded::empty();
    database.execute(&format!("{KNEX} CREATE TABLE _prisma_migrations (foo TEXT)"));
    assert!(told(&database.dsn(), &[]).1.contains("migrations passed: knex: not compared"));
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "what a test of this kind returns")]
pub(crate) fn locks() -> Result<(), Missing> {
    let database = Recorded::empty();
    database.execute(KNEX);
    let (code, line) = told(&database.dsn(), &[]);
    assert!(code == Some(0) && line.contains("its lock is held") && line.contains("knex migrate:unlock"), "{line}");
    database.execute("UPDATE knex_migrations_lock SET is_locked = 0");
    assert!(!told(&database.dsn(), &[]).1.contains("lock"));
    let database = Recorded::empty();
    database.execute(
        "CREATE TABLE DATABASECHANGELOG (ID TEXT, AUTHOR TEXT, FILENAME TEXT, ORDEREXECUTED INTEGER, EXECTYPE TEXT);
         CREATE TABLE DATABASECHANGELOGLOCK (ID INTEGER, LOCKED BOOLEAN, LOCKGRANTED TEXT, LOCKEDBY TEXT);
         INSERT INTO DATABASECHANGELOGLOCK VALUES (1, 1, '', 'build-7 (10.0.0.7)')",
    );
    let (_, line) = told(&database.dsn(), &[]);
    assert!(line.contains("its lock is held by build-7 (10.0.0.7)"), "{line}");
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "what a test of this kind returns")]
pub(crate) fn long() -> Result<(), Missing> {
    let database = Recorded::empty();
    database.execute(KNEX);
    database.execute(
        "WITH RECURSIVE more(id) AS (SELECT 3 UNION ALL SELECT id + 1 FROM more WHERE id < 100001)
         INSERT INTO knex_migrations SELECT id, id || '_x.js', 1, '' FROM more",
    );
    let project = Project::new(&[("1_a.js", "exports.up = knex => 1"), ("2_b.js", "")]);
    let (code, line) = told(&database.dsn(), &["--migrations", &project.path().to_string_lossy()]);
    assert_eq!(code, Some(2), "{line}");
    assert!(line.contains("the history of knex is too long to be compared"), "{line}");
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "what a test of this kind returns")]
pub(crate) fn directories() -> Result<(), Missing> {
    let database = Recorded::empty();
    // Every file that Knex loads is one of its migrations, whatever it calls its parameter.
    database.execute(KNEX);
    let project = Project::new(&[("1_a.js", "exports.up = knex => 1"), ("2_b.js", "exports.up = db => 1")]);
    project.guess(&database.dsn()).is("current", "passed", 0);
    let project = Project::new(&[("V1__a.sql", "SELECT 1;"), ("below/V2__b.sql", "SELECT 2;")]);
    for link in ["a", "b", "below/c", "below/d"] {
        std::os::unix::fs::symlink(project.path(), project.path().join(link)).expect("a link");
    }
    let told = project.validate(&Recorded::empty().dsn(), "flyway");
    assert_eq!(told.is("behind", "failed", 2).list("pending"), ["V1__a.sql", "V2__b.sql"]);
    Ok(())
}

pub(crate) fn elsewhere() -> Result<(), Missing> {
    let server = postgres()?;
    server
        .ask(&[
            "--command",
            "CREATE SCHEMA app; CREATE TABLE app.knex_migrations (id int, name text, batch int, migration_time text); \
             INSERT INTO app.knex_migrations VALUES (1, E'1_a.js\\nshop: migrations passed: x', 1, ''); \
             CREATE TABLE public.goose_db_version (id int, version_id bigint, is_applied bool); \
             CREATE ROLE low LOGIN PASSWORD 's3cret'; GRANT USAGE ON SCHEMA app TO low; \
             GRANT SELECT ON app.knex_migrations TO low",
        ])
        .expect("another schema");
    let project = Project::new(&[("1_a.js", "exports.up = knex => 1")]);
    let path = project.path();
    let compare = ["--migrations", path.to_str().expect("UTF-8")];
    let tool = [&compare[..], &["--migration-tool", "knex"]].concat();
    let (code, line) = told(&server.dsn(), &tool);
    assert_eq!(code, Some(2), "{line}");
    assert!(line.contains("or it lies in another schema") && line.contains("advice: a new database"), "{line}");
    // Where it is looked for, what it says is one line, and another tool's table that may not be read is no matter.
    let separator = if server.dsn().contains('?') { '&' } else { '?' };
    let dsn = format!("{}{separator}options=-csearch_path%3Dapp,public", server.dsn())
        .replace("postgres:s3cret", "low:s3cret");
    let (code, line) = told(&dsn, &compare);
    assert_eq!(code, Some(2), "{line}");
    assert!(line.contains("migrations failed: knex: diverged") && !line.contains("goose"), "{line}");
    assert_eq!(line.lines().count(), 2, "{line}");
    // Without files, a history that may not be read is worth a warning and what to grant.
    let (code, line) = told(&dsn, &[]);
    assert!(code == Some(0) && line.contains("GRANT SELECT ON public.goose_db_version"), "{line}");
    Ok(())
}
