//! `dbprobe pool` as a process against real servers, with connections that are really open, idle and waiting.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Duration;

use dbprobe_testkit::binary::{Finished, dbprobe, run};
use dbprobe_testkit::containers::{MySql, Postgres, Product, Redis};
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::trials::Trials;
use mysql_async::prelude::Queryable;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

fn main() -> ExitCode {
    // It may have to be built first, and nobody waits for a lock that long.
    let _ = dbprobe();
    Trials::new("pool", "all engines by their connections")
        .test("postgres_names_who_waits_and_who_holds", postgres)
        .test("mariadb_names_who_waits_and_who_holds", mariadb)
        .test("redis_counts_its_clients", redis)
        .test("a_file_has_no_connections_to_count", sqlite)
        .main()
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

fn pool(arguments: &[&str]) -> Finished {
    run(dbprobe().arg("pool").args(arguments))
}

fn json(dsn: &str) -> Value {
    let finished = pool(&[dsn, "-o", "json"]);
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    finished.json()
}

/// What the command says as soon as `when` is true of it: what a test did may take a moment to be seen.
fn until(dsn: &str, when: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..100 {
        let seen = json(dsn);
        if when(&seen) {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(150)); // MySQL tells the same to whoever asks sooner
    }
    panic!("it never came: {}", json(dsn));
}

fn count(seen: &Value, kind: &str, name: &str) -> u64 {
    let groups = seen["connections"][kind].as_array().cloned().unwrap_or_default();
    groups.iter().find(|group| group["name"] == name).and_then(|group| group["count"].as_u64()).unwrap_or(0)
}

async fn client(server: &Postgres, application: &str) -> Client {
    let address = server.address();
    let mut config = tokio_postgres::Config::new();
    config.host(address.ip().to_string()).port(address.port()).user("postgres").password(Postgres::SUPERUSER_PASSWORD);
    config.dbname(Postgres::DATABASE).application_name(application);
    let (client, connection) = config.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

fn postgres() -> Result<(), Missing> {
    let server = RUNTIME.block_on(Postgres::alone("17"))?;
    let (holder, waiter) = RUNTIME.block_on(async {
        let (holder, waiter) = (client(&server, "shop").await, client(&server, "report").await);
        holder.batch_execute("CREATE TABLE t (a int)").await.expect("a table");
        holder.batch_execute("BEGIN; LOCK TABLE t").await.expect("a lock");
        (holder, waiter)
    });
    let waiting = RUNTIME.spawn(async move { waiter.batch_execute("SELECT * FROM t").await });
    let dsn = server.dsn_of("postgres", Postgres::SUPERUSER_PASSWORD, Postgres::DATABASE);
    let seen = until(&dsn, |seen| !seen["waiting"].is_null());
    assert_eq!((count(&seen, "application", "shop"), count(&seen, "user", "postgres")), (1, 3), "{seen}");
    let limit =
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int";
    let limit: u64 = RUNTIME.block_on(server.sql(limit)).expect("a number").trim().parse().expect("a number");
    let numbers = (&seen["pool_size"], &seen["checked_out"], &seen["pool_health"]);
    assert_eq!(numbers, (&limit.into(), &3.into(), &"optimal".into()), "{seen}");
    assert!(seen.get("hidden").is_none(), "{seen}");
    let (idle, waits) = (&seen["idle_in_transaction"][0], &seen["waiting"][0]);
    assert_eq!((&idle["application"], &waits["application"]), (&"shop".into(), &"report".into()), "{seen}");
    assert_eq!((&waits["waits_for"], &waits["blocked_by"][0]), (&"Lock: relation".into(), &idle["id"]), "{seen}");
    assert!(!seen.to_string().contains("SELECT"), "the text of a statement is nobody's business: {seen}");

    // A role that may not see them says so, and the numbers are there all the same.
    RUNTIME.block_on(server.sql("CREATE ROLE little LOGIN PASSWORD 'little'")).expect("a role");
    let seen = json(&server.dsn_of("little", "little", Postgres::DATABASE));
    assert!(seen["hidden"].as_str().is_some_and(|why| why.contains("GRANT pg_read_all_stats TO little")), "{seen}");
    assert_eq!((&seen["checked_out"], count(&seen, "state", "unknown")), (&3.into(), 2), "{seen}");

    let text = pool(&[&dsn, "--pool-size", &limit.to_string()]);
    assert_eq!(text.code, Some(1), "{}", text.stdout);
    for piece in
        [": application 1 shop\n", ": idle_in_transaction ", " for: Lock: relation\n", ": headroom: 1 pool of "]
    {
        assert!(text.stdout.contains(piece), "{piece} in {}", text.stdout);
    }
    text.assert_no_secret(Postgres::SUPERUSER_PASSWORD);

    // 3 of 67 are high where 3 % are.
    let high = pool(&[&dsn, "--high", "3", "--moderate", "1"]);
    assert_eq!(high.code, Some(1), "{}", high.stdout);
    drop(holder);
    RUNTIME.block_on(waiting).expect("a task").expect("the lock is free");
    let refused = pool(&[&server.dsn_of("postgres", "wrong", Postgres::DATABASE)]);
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    Ok(())
}

fn mariadb() -> Result<(), Missing> {
    let server = RUNTIME.block_on(MySql::alone(Product::MariaDb, "10.11"))?;
    let address = server.address();
    let options = mysql_async::OptsBuilder::default()
        .ip_or_hostname(address.ip().to_string())
        .tcp_port(address.port())
        .prefer_socket(false)
        .user(Some("root"))
        .pass(Some(MySql::ROOT_PASSWORD))
        .db_name(Some(MySql::DATABASE));
    let options = mysql_async::Opts::from(options);
    let (holder, mut waiter) = RUNTIME.block_on(async {
        let mut holder = mysql_async::Conn::new(options.clone()).await.expect("a connection");
        for sql in [
            "CREATE TABLE t (a int PRIMARY KEY) ENGINE = InnoDB",
            "INSERT INTO t VALUES (1)",
            "BEGIN",
            "UPDATE t SET a = 2",
        ] {
            holder.query_drop(sql).await.expect("a statement");
        }
        (holder, mysql_async::Conn::new(options).await.expect("a connection"))
    });
    let (holding, waits) = (holder.id().to_string(), waiter.id().to_string());
    let waiting = RUNTIME.spawn(async move { waiter.query_drop("UPDATE t SET a = 3").await });
    let dsn = server.dsn_of("root", MySql::ROOT_PASSWORD, MySql::DATABASE);
    let seen = until(&dsn, |seen| !seen["waiting"].is_null() && !seen["idle_in_transaction"].is_null());
    assert_eq!(seen["idle_in_transaction"][0]["id"], holding.as_str(), "{seen}");
    assert_eq!(
        (&seen["waiting"][0]["id"], &seen["waiting"][0]["blocked_by"][0]),
        (&waits.into(), &holding.into()),
        "{seen}"
    );
    assert!(!seen.to_string().contains("UPDATE"), "{seen}");
    assert_eq!(count(&seen, "user", "root"), 3, "{seen}");
    drop(holder);
    drop(RUNTIME.block_on(waiting));
    Ok(())
}

fn redis() -> Result<(), Missing> {
    let server = RUNTIME.block_on(Redis::alone("redis", "7"))?;
    let told = RUNTIME.block_on(server.command(&["CONFIG", "GET", "maxclients"])).expect("an answer");
    let limit: u64 = told.split_whitespace().last().and_then(|word| word.parse().ok()).expect("a number");
    let seen = json(&server.dsn_of("default", Redis::ADMIN_PASSWORD));
    assert_eq!((&seen["pool_size"], count(&seen, "application", "dbprobe")), (&limit.into(), 1), "{seen}");
    let seen = json(&server.dsn());
    assert!(seen["hidden"].as_str().is_some_and(|why| why.contains("+client|list")), "{seen}");
    assert!(
        seen["checked_out"].as_u64().is_some_and(|count| count >= 1) && seen.get("connections").is_none(),
        "{seen}"
    );
    Ok(())
}

fn sqlite() -> Result<(), Missing> {
    let finished = pool(&["file::memory:"]);
    assert_eq!(finished.code, Some(3), "{}", finished.stdout);
    assert!(finished.stdout.contains("not known: sqlite has no connections to count"), "{}", finished.stdout);
    Ok(())
}
