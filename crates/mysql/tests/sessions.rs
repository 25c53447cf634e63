//! What the suite does not ask of a session: every way to log in, the user's own queries, and what `init` prepares.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{
    Access, Class, Driver, Dsn, Plan, Query, Report, Role, Session, SetupOptions, Status, Steps, Value, WriteMode,
    WriteProof, probe,
};
use dbprobe_testkit::containers::{MySql, Product};
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::plan;
use dbprobe_testkit::trials::Trials;

fn main() -> ExitCode {
    Trials::new("mysql-sessions", "Docker")
        .test("mysql_9", || on_a_runtime(|| all(Product::MySql, "9")))
        .test("mariadb_10_11", || on_a_runtime(|| all(Product::MariaDb, "10.11")))
        .test("mariadb_11_8", || on_a_runtime(|| all(Product::MariaDb, "11.8")))
        .test("a_writable_replica_is_left_alone_by_default", || on_a_runtime(writable_replica))
        .main()
}

/// Runs `test` on a runtime that is gone afterwards.
fn on_a_runtime<F: Future<Output = Result<(), Missing>>>(test: impl FnOnce() -> F) -> Result<(), Missing> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test())
}

async fn all(product: Product, version: &str) -> Result<(), Missing> {
    let server = MySql::alone(product, version).await?;
    logins(&server).await;
    queries(&server).await;
    init(&server).await;
    the_start_is_the_same_in_every_answer(&server).await;
    what_may_not_be_seen_is_absent(&server).await;
    a_view_is_not_written_to_in_any_mode(&server).await;
    a_statement_is_stopped_when_it_is_asked_for(&server).await;
    Ok(())
}

fn driver(dsn: &str) -> Arc<dyn Driver> {
    (dbprobe_mysql::ENGINE.open)(&Dsn::parse(dsn).expect("a DSN")).expect("a driver")
}

async fn session(dsn: &str) -> Box<dyn Session> {
    driver(dsn).connect(&mut Steps::new(Duration::from_secs(10))).await.expect("a session")
}

async fn up(dsn: &str, plan: &Plan) -> Report {
    let report = probe(driver(dsn).as_ref(), plan).await;
    assert_eq!(report.status(), Status::Up, "{dsn}: {:?}", report.failure());
    report
}

fn dsn(server: &MySql, user: &str, password: &str, tls: &str) -> String {
    format!("mysql://{user}:{password}@{}/{}?ssl-mode={tls}", server.address(), MySql::DATABASE)
}

/// Every plugin, as the server knows the password already and as it does not, with TLS and without.
async fn logins(server: &MySql) {
    let accounts: &[(&str, &str)] = match server.product() {
        Product::MySql => &[
            ("modern", "CREATE USER modern IDENTIFIED WITH caching_sha2_password BY 'pä55 w0rd'"),
            ("former", "CREATE USER former IDENTIFIED WITH sha256_password BY 'pä55 w0rd'"),
        ],
        Product::MariaDb => &[
            ("native", "CREATE USER native IDENTIFIED VIA mysql_native_password USING PASSWORD('pä55 w0rd')"),
            (
                "curved",
                "INSTALL SONAME 'auth_ed25519'; CREATE USER curved IDENTIFIED VIA ed25519 USING PASSWORD('pä55 w0rd')",
            ),
        ],
    };
    for (user, sql) in accounts {
        server.sql(&format!("{sql}; GRANT SELECT ON orders.* TO {user}")).await.expect("an account");
        for tls in ["DISABLED", "PREFERRED"] {
            server.sql("FLUSH PRIVILEGES").await.expect("a server that forgets");
            for _ in 0..2 {
                let plan = Plan { write: WriteMode::None, ..plan() };
                up(&dsn(server, user, "p%C3%A455%20w0rd", tls), &plan).await;
            }
            let wrong = probe(driver(&dsn(server, user, "wr0ng", tls)).as_ref(), &plan()).await;
            let seen = wrong.failure().map(|failure| (failure.class, failure.code.as_deref()));
            assert_eq!(seen, Some((Class::Auth, Some("1045"))), "{user} {tls}");
        }
    }
    server.sql("CREATE USER open; GRANT SELECT ON orders.* TO open").await.expect("an account without a password");
    let open = format!("mysql://open@{}/{}?ssl-mode=PREFERRED", server.address(), MySql::DATABASE);
    up(&open, &Plan { write: WriteMode::None, ..plan() }).await;
}

async fn queries(server: &MySql) {
    server.sql("CREATE TABLE items (id int PRIMARY KEY, price decimal(5,2), name varchar(10))").await.expect("a table");
    server.sql("INSERT INTO items VALUES (1, 1.5, 'a'), (2, NULL, 'ä'), (3, 2, 'c')").await.expect("rows");
    let mut session = session(&server.dsn()).await;
    let rows = session.query(&Query::read_only("SELECT id, price, name FROM items ORDER BY id")).await.expect("rows");
    assert_eq!(rows.columns, ["id", "price", "name"]);
    assert_eq!(rows.rows[1], [Value::Integer(2), Value::Null, Value::Text("ä".to_owned())]);
    assert_eq!((&rows.rows[0][1], rows.truncated), (&Value::Float(1.5), false));

    let capped = Query { max_rows: 2, ..Query::read_only("SELECT id FROM items") };
    let rows = session.query(&capped).await.expect("rows");
    assert_eq!((rows.rows.len(), rows.truncated), (2, true));
    let small = Query { max_bytes: 1000, ..Query::read_only("SELECT REPEAT('x', 600) FROM items") };
    let rows = session.query(&small).await.expect("rows");
    assert_eq!((rows.rows.len(), rows.truncated), (1, true));

    for sql in ["DELETE FROM items", "DROP TABLE items", "INSERT INTO items VALUES (4, 4, 'd')"] {
        let failure = session.query(&Query::read_only(sql)).await.expect_err(sql);
        assert_eq!((failure.class, failure.code.as_deref()), (Class::ReadOnly, Some("1792")), "{sql}");
    }
    let several = "SELECT 1; DELETE FROM items";
    let failure = session.query(&Query::read_only(several)).await.expect_err(several);
    assert_eq!(failure.code.as_deref(), Some("1064"), "{failure}");
    for sql in ["COMMIT; DELETE FROM items", "SET GLOBAL max_connections = 77"] {
        let failure = session.query(&Query::read_only(sql)).await.expect_err(sql);
        assert_eq!((failure.class, failure.code), (Class::ReadOnly, None), "{sql}: it is not sent");
    }
    let write = Query { access: Access::ReadWrite, ..Query::read_only("INSERT INTO items VALUES (4, 4, 'd')") };
    session.query(&write).await.expect("a write that was asked for");
    assert_eq!(server.sql("SELECT COUNT(*) FROM items").await.as_deref(), Ok("4"));
    // The session is as it was.
    assert!(!session.ping().await.expect("a pong").read_only);
    session.close().await.expect("a goodbye");
}

async fn init(server: &MySql) {
    let root = dsn(server, "root", MySql::ROOT_PASSWORD, "PREFERRED");
    let setup = driver(&root).setup(&SetupOptions { role: Some("probe".to_owned()) }).expect("a setup");
    for _ in 0..2 {
        session(&root).await.apply(&setup).await.expect("it can be repeated");
    }
    let shut = probe(driver(&dsn(server, "probe", "", "PREFERRED")).as_ref(), &plan()).await;
    assert_eq!(shut.failure().map(|failure| failure.class), Some(Class::Auth), "nobody logs in without a password");
    server.sql("ALTER USER 'probe'@'%' IDENTIFIED BY 'x' ACCOUNT UNLOCK").await.expect("what is left to do by hand");
    let probed = dsn(server, "probe", "x", "PREFERRED");
    let auto = Plan { write: WriteMode::Auto, create_health_table: false, ..plan() };
    for (mode, proof) in [(WriteMode::Auto, WriteProof::Table), (WriteMode::Rollback, WriteProof::Temporary)] {
        let report = up(&probed, &Plan { write: mode, ..auto.clone() }).await;
        assert_eq!(report.steps.iter().find_map(|step| step.proof), Some(proof));
        assert_eq!((report.role(), report.inspection.read_only), (Some(Role::Primary), Some(false)));
    }
}

async fn the_start_is_the_same_in_every_answer(server: &MySql) {
    let mut session = session(&server.dsn()).await;
    let first = session.inspect().await.expect("facts").started_at;
    assert!(first.is_some());
    for _ in 0..15 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(session.inspect().await.expect("facts").started_at, first);
    }
}

/// Somebody with no rights beside one table gets the rest of the facts, and no error.
async fn what_may_not_be_seen_is_absent(server: &MySql) {
    server.sql("CREATE USER poor IDENTIFIED BY 'x'; GRANT SELECT ON orders.items TO poor").await.expect("an account");
    let report = up(&dsn(server, "poor", "x", "PREFERRED"), &Plan { write: WriteMode::None, ..plan() }).await;
    let facts = report.inspection;
    assert!(facts.version.is_some() && facts.connections.is_some() && facts.size_bytes.is_some(), "{facts:?}");
    assert_eq!((facts.role, facts.replication_lag), (Some(Role::Primary), None));
}

/// Long before its own limits, which would hide a request that never arrives.
async fn a_statement_is_stopped_when_it_is_asked_for(server: &MySql) {
    let mut session = session(&server.dsn()).await;
    let cancel = session.canceller().expect("a way to stop it");
    let began = std::time::Instant::now();
    let sleep = Query::read_only("SELECT SLEEP(8)");
    let asking = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        cancel.cancel().await;
    };
    let _ = tokio::join!(session.query(&sleep), asking);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

/// Where an empty text is NULL, too, as MariaDB has it on request.
async fn a_view_is_not_written_to_in_any_mode(server: &MySql) {
    let mode = match server.product() {
        Product::MySql => "ANSI,NO_BACKSLASH_ESCAPES",
        Product::MariaDb => "NO_BACKSLASH_ESCAPES,EMPTY_STRING_IS_NULL",
    };
    let columns = "prober varchar(255) PRIMARY KEY, nonce text, seq bigint, checked_at timestamp(3) NULL";
    let view = "DROP TABLE IF EXISTS _health_check; CREATE VIEW _health_check AS SELECT * FROM trap";
    server.sql(&format!("CREATE TABLE trap ({columns}); {view}")).await.expect("a view");
    server.sql(&format!("SET GLOBAL sql_mode = '{mode}'")).await.expect("a mode");
    let report = up(&server.dsn(), &Plan { create_health_table: true, write: WriteMode::Auto, ..plan() }).await;
    assert_eq!(report.steps.iter().find_map(|step| step.proof), Some(WriteProof::Temporary));
    assert_eq!(server.sql("SELECT COUNT(*) FROM trap").await.as_deref(), Ok("0"));
    server.sql("SET GLOBAL sql_mode = DEFAULT").await.expect("the usual mode");
}

/// A row that is written on both sides of a replication would stop it.
async fn writable_replica() -> Result<(), Missing> {
    for (product, version, open, shut) in [
        (
            Product::MySql,
            "9",
            "SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF",
            "SET GLOBAL super_read_only = ON",
        ),
        (Product::MariaDb, "10.11", "SET GLOBAL read_only = OFF", "SET GLOBAL read_only = ON"),
    ] {
        let server = MySql::with_replica(product, version).await?;
        up(&server.dsn(), &plan()).await;
        let replica = server.replica_dsn().expect("a replica");
        let auto = Plan { write: WriteMode::Auto, ..plan() };
        let report = up(&replica, &auto).await;
        assert_eq!((report.role(), report.inspection.read_only), (Some(Role::Replica), Some(true)));
        assert!(report.inspection.replication_lag.is_some(), "{:?}", report.inspection);
        server.on_the_replica(open).await.expect("a setting");
        let report = up(&replica, &auto).await;
        assert_eq!(report.steps.iter().find_map(|step| step.proof), Some(WriteProof::Temporary));
        assert_eq!((report.role(), report.inspection.read_only), (Some(Role::Primary), Some(false)));
        assert_eq!(report.inspection.facts.get("replication").map(String::as_str), Some("running"));
        server.on_the_replica(shut).await.expect("a setting");
    }
    Ok(())
}
