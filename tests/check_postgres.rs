//! `dbprobe check` as a process against a real PostgreSQL: what its report says and how it exits.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod verdict;

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use dbprobe_testkit::binary::{dbprobe, run};
use dbprobe_testkit::containers::Postgres;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::trials::Trials;
use tokio::runtime::Runtime;

use crate::verdict::{UP, check, expect, failed, outcome};

fn main() -> ExitCode {
    let code = Trials::new("check", "PostgreSQL 17 by the command")
        .test("the_first_check_is_up_and_the_second_finds_its_row", up)
        .test("a_standby_is_up_unless_a_primary_is_expected", standby)
        .test("refusals_have_their_class_and_exit_code", refusals)
        .test("a_listener_that_never_answers_ends_at_the_deadline", never_answers)
        .test("fifty_processes_at_once_share_one_row", fifty)
        .test("references_are_read_and_their_errors_name_them", references)
        .test("init_prints_and_carries_out_and_its_role_is_enough", init)
        .test("a_stranger_s_table_is_left_alone", strangers_table)
        .test("a_server_that_dies_in_the_write_is_down", dies)
        .main();
    SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    code
}

/// One server with a standby for all tests, on a runtime that lives as long.
struct Shared {
    postgres: Postgres,
    runtime: Runtime,
}

static SERVER: Mutex<Option<Shared>> = Mutex::new(None);

/// Runs `test` with the server. Tests take turns.
fn with(test: impl FnOnce(&Shared)) -> Result<(), Missing> {
    let mut server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if server.is_none() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let postgres = runtime.block_on(Postgres::with_standby("17"))?;
        *server = Some(Shared { postgres, runtime });
    }
    if let Some(shared) = &*server {
        test(shared);
    }
    Ok(())
}

impl Shared {
    fn sql(&self, sql: &str) -> String {
        self.runtime.block_on(self.postgres.sql(sql)).expect("the test's own statement")
    }
}

fn up() -> Result<(), Missing> {
    with(|server| {
        server.sql("DROP TABLE IF EXISTS _health_check");
        let first = expect(&server.postgres.dsn(), &["--create-health-table"], &UP);
        assert_eq!(first["role"], "primary", "{first:#}");
        let second = expect(&server.postgres.dsn(), &[], &UP);
        for phase in ["resolve", "tcp", "auth", "ping", "write", "read", "inspect", "close"] {
            assert_eq!(outcome(&second, phase).as_deref(), Some("passed"), "{phase}: {second:#}");
        }
        assert_eq!(server.sql("SELECT count(*), max(seq) FROM _health_check"), "1|2");
        let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dbprobe'";
        assert_eq!(server.sql(left), "0");
    })
}

/// Whoever may create tables must not get an administrator's check to run a trigger.
fn strangers_table() -> Result<(), Missing> {
    with(|server| {
        server.sql("DROP TABLE IF EXISTS _health_check");
        server.sql(
            "CREATE ROLE stranger; GRANT CREATE ON SCHEMA public TO stranger; SET ROLE stranger; \
             CREATE TABLE _health_check (prober text PRIMARY KEY, nonce text, seq bigint, checked_at timestamptz); \
             CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE stranger SUPERUSER; RETURN NEW; END $$; \
             CREATE TRIGGER trap BEFORE INSERT ON _health_check FOR EACH ROW EXECUTE FUNCTION trap(); \
             GRANT ALL ON _health_check TO public; RESET ROLE",
        );
        let superuser = server.postgres.dsn_of("postgres", Postgres::SUPERUSER_PASSWORD, Postgres::DATABASE);
        let report = expect(&superuser, &[], &UP);
        assert!(report["server"]["facts"]["health_table"].is_string(), "{report:#}");
        let write = report["steps"].as_array().and_then(|steps| steps.iter().find(|step| step["phase"] == "write"));
        assert_eq!(write.map(|step| step["mode"] == "message"), Some(true), "{report:#}");
        expect(&superuser, &["--write", "table"], &failed("degraded", "write", "permission", None));
        assert_eq!(server.sql("SELECT rolsuper FROM pg_roles WHERE rolname = 'stranger'"), "f");
        server.sql("DROP TABLE _health_check; DROP FUNCTION trap(); DROP OWNED BY stranger; DROP ROLE stranger");
    })
}

fn dies() -> Result<(), Missing> {
    with(|server| {
        server.sql("DROP TABLE IF EXISTS _health_check");
        expect(&server.postgres.dsn(), &["--create-health-table"], &UP);
        // A lock keeps the write waiting; then the session is ended, as by a crash.
        let locked = "BEGIN; LOCK TABLE _health_check; SELECT pg_sleep(1); \
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dbprobe'; COMMIT";
        let held =
            "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = '_health_check'::regclass";
        std::thread::scope(|threads| {
            threads.spawn(|| server.sql(locked));
            while server.sql(held) == "0" {}
            let died = failed("down", "write", "starting", Some("57P01"));
            expect(&server.postgres.dsn(), &["--timeout", "8s"], &died);
        });
    })
}

fn standby() -> Result<(), Missing> {
    with(|server| {
        let dsn = server.postgres.standby_dsn().expect("a standby");
        let report = expect(&dsn, &[], &UP);
        assert_eq!(outcome(&report, "write").as_deref(), Some("skipped: read_only"));
        expect(&dsn, &["--expect-role", "replica"], &UP);
        expect(&dsn, &["--expect-role", "primary"], &failed("degraded", "inspect", "role_mismatch", None));
    })
}

fn refusals() -> Result<(), Missing> {
    with(|server| {
        let of = |user: &str, password: &str, database: &str| server.postgres.dsn_of(user, password, database);
        expect(&of("app", "wrong", "orders"), &[], &failed("down", "auth", "auth", Some("28P01")));
        expect(&of("app", "s3cret", "nope"), &[], &failed("down", "auth", "not_found", Some("3D000")));
        let refused = "postgres://app:s3cret@127.0.0.1:1/orders";
        expect(refused, &[], &failed("down", "tcp", "refused", Some("ECONNREFUSED")));
        expect("postgres://app@h/d?sslmod=require", &[], &failed("unknown", "configure", "config", None));
        expect("oracle://app@h/d", &[], &failed("unknown", "configure", "unsupported", None));
    })
}

fn never_answers() -> Result<(), Missing> {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let dsn = format!("postgres://app:s3cret@{}/orders", silent.local_addr().expect("an address"));
    let finished = check(&dsn, &["--timeout", "1s"]);
    let report = finished.json();
    assert_eq!((finished.code, report["failure"]["class"].as_str()), (Some(2), Some("timeout")), "{report:#}");
    // The report's own figure, which does not hold the start of a process on a busy machine.
    let took = report["duration_ms"].as_f64().expect("a duration");
    assert!((1000.0..1050.0).contains(&took), "{took} ms");
    assert!(finished.took < Duration::from_secs(10));
    Ok(())
}

fn fifty() -> Result<(), Missing> {
    with(|server| {
        server.sql("DROP TABLE IF EXISTS _health_check");
        let mut arguments = vec!["check", "--create-health-table", "--output", "ndjson", "--timeout", "60s"];
        let dsn = server.postgres.dsn();
        arguments.extend(std::iter::repeat_n(dsn.as_str(), 25));
        // Two processes with 25 probers each: the server of the tests has room for 67 sessions.
        let both: Vec<_> = (0..2)
            .map(|_| {
                let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
                std::thread::spawn(move || run(dbprobe().args(arguments)))
            })
            .collect();
        for process in both {
            let finished = process.join().expect("a process");
            assert_eq!(finished.code, Some(0), "{}", finished.stdout);
            assert_eq!(finished.stdout.lines().count(), 25);
        }
        assert_eq!(server.sql("SELECT count(*), max(seq) FROM _health_check"), "1|50");
    })
}

fn references() -> Result<(), Missing> {
    with(|server| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), format!("{}\n", server.postgres.dsn())).expect("a file");
        expect(&format!("@file:{}", file.path().display()), &[], &UP);
        let finished = run(dbprobe().args(["check", "@env:ORDERS"]).env("ORDERS", server.postgres.dsn()));
        assert_eq!(finished.code, Some(0), "{}", finished.stdout);
        let missing = run(dbprobe().args(["check", "@env:NOT_SET_ANYWHERE"]));
        assert_eq!(missing.code, Some(3));
        assert!(missing.stdout.contains("@env:NOT_SET_ANYWHERE is not set"), "{}", missing.stdout);
    })
}

fn init() -> Result<(), Missing> {
    with(|server| {
        server.sql("DROP TABLE IF EXISTS _health_check");
        let superuser = server.postgres.dsn_of("postgres", Postgres::SUPERUSER_PASSWORD, Postgres::DATABASE);
        let printed = run(dbprobe().args(["init", "--print", "--role", "prober", &superuser]));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        assert!(printed.stdout.contains("CREATE TABLE IF NOT EXISTS public._health_check"), "{}", printed.stdout);
        assert_eq!(server.sql("SELECT to_regclass('_health_check') IS NULL"), "t", "--print carried something out");
        for _ in 0..2 {
            let done = run(dbprobe().args(["init", "--role", "prober", &superuser]));
            assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
        }
        server.sql("ALTER ROLE prober PASSWORD 'pr0ber'");
        let dsn = server.postgres.dsn_of("prober", "pr0ber", Postgres::DATABASE);
        let report = expect(&dsn, &["--write", "table"], &UP);
        assert_eq!(report["server"]["connections"], 1, "{report:#}");
        server.sql("DROP TABLE _health_check; DROP OWNED BY prober; DROP ROLE prober");
    })
}
