//! Answers that no health check needs but a server may give: values of every type, redirections, attentions, and
//! servers that do not have what SQL Server has.

#![allow(clippy::expect_used, clippy::panic, dead_code, reason = "a broken assumption ends the test with its place")]

#[path = "conformance/fixture/mod.rs"]
mod fixture;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Access, Class, Driver, Dsn, Failure, Level, Plan, Query, Report, Session, Status, Steps, Value, WriteMode, probe,
};
use dbprobe_testkit::tds::{
    Cell, Column, Database, Encryption, Kind, LoggedIn, Login, Peer, Reply, ServerError, SessionContext, Settings,
};

use fixture::ours::Ours;
use fixture::world::{DATABASE, PASSWORD};

fn driver(dsn: &str) -> Arc<dyn Driver> {
    let dsn = Dsn::parse(dsn).expect("a DSN");
    (dbprobe_mssql::ENGINE.open)(&dsn).expect("a DSN of the engine's")
}

async fn session(driver: &dyn Driver) -> Box<dyn Session> {
    driver.connect(&mut Steps::new(Duration::from_secs(10))).await.expect("a session")
}

fn plan() -> Plan {
    Plan { write: WriteMode::Table, create_health_table: true, ..dbprobe_testkit::plan() }
}

#[tokio::test]
async fn encryption_that_is_optional_is_done_without() {
    let ours = Ours::new("false", Encryption::NotSupported, "server.crt").await;
    let report = probe(driver(&ours.dsn()).as_ref(), &plan()).await;
    assert_eq!(report.status(), Status::Up, "{report:?}");
    assert!(report.tls.is_none(), "{report:?}");
}

/// A database that answers every batch with the same.
struct Says(Vec<Reply>);

#[async_trait]
impl Database for Says {
    async fn batch(&self, _: &SessionContext, sql: &str) -> Vec<Reply> {
        if sql.starts_with("IF @@TRANCOUNT") { Vec::new() } else { self.0.clone() }
    }
}

async fn peer(database: impl Database) -> (Peer, Arc<dyn Driver>) {
    let peer = Peer::start(Settings::new(Encryption::NotSupported), Arc::new(database)).await;
    let driver = driver(&format!("sqlserver://app:x@{}/orders?encrypt=disable", peer.address()));
    (peer, driver)
}

async fn value_of(kind: Kind, cell: Cell) -> Result<Value, Failure> {
    let rows = Reply::rows([Column::new("value", kind)], [[cell]]);
    let (_peer, driver) = peer(Says(vec![rows])).await;
    let rows = session(driver.as_ref()).await.query(&Query::read_only("SELECT value FROM t")).await?;
    assert_eq!(rows.columns, ["value"]);
    Ok(rows.rows[0][0].clone())
}

#[tokio::test]
async fn values_of_every_type_are_read() {
    let text = |text: &str| Value::Text(text.to_owned());
    let variant = Cell::Variant(Box::new((Kind::Int, Cell::Int(7))));
    for (kind, cell, expected) in [
        (Kind::BigInt, Cell::BigInt(-5), Value::Integer(-5)),
        (Kind::TinyInt, Cell::Int(5), Value::Integer(5)),
        (Kind::Bit, Cell::Bit(true), Value::Bool(true)),
        (Kind::Float, Cell::Float(1.5), Value::Float(1.5)),
        (Kind::Decimal { precision: 10, scale: 2 }, Cell::Decimal(-12_345), Value::Float(-123.45)),
        (Kind::Int, Cell::Null, Value::Null),
        (Kind::NVarChar(dbprobe_testkit::tds::Length::Max), Cell::text("ä"), text("ä")),
        (Kind::VarBinary(dbprobe_testkit::tds::Length::Most(8)), Cell::Bytes(vec![0xde, 0xad]), text("0xDEAD")),
        (Kind::SqlVariant, variant, Value::Integer(7)),
    ] {
        let shown = format!("{kind:?}");
        assert_eq!(value_of(kind, cell).await.ok(), Some(expected), "{shown}");
    }
    let moment = dbprobe_testkit::tds::Moment { seconds: 1_795_244_645, nanoseconds: 123_000_000 };
    assert_eq!(value_of(Kind::DateTime2(3), Cell::Time(moment)).await.ok(), Some(text("2026-11-21T07:04:05.123")));
    let east = value_of(Kind::DateTimeOffset(0), Cell::TimeWithOffset(moment, 60)).await.ok();
    assert_eq!(east, Some(text("2026-11-21T07:04:05Z")));
}

#[tokio::test]
async fn a_type_that_nobody_knows_is_no_panic() {
    let failure =
        value_of(Kind::Unknown { id: 0x15, info: vec![1, 2] }, Cell::Raw(vec![1])).await.expect_err("a failure");
    assert_eq!(failure.class, Class::Protocol, "{failure}");
}

#[tokio::test]
async fn a_query_ends_at_its_caps_and_the_session_goes_on() {
    let many = Reply::Rows { columns: vec![Column::int("n")], rows: (0..500).map(|n| vec![Cell::Int(n)]).collect() };
    let (_peer, driver) = peer(Says(vec![many])).await;
    let mut session = session(driver.as_ref()).await;
    for _ in 0..3 {
        let query = Query { max_rows: 10, access: Access::ReadWrite, ..Query::read_only("SELECT n FROM t") };
        let rows = session.query(&query).await.expect("rows");
        assert_eq!((rows.rows.len(), rows.truncated), (10, true));
    }
    let refused = session.query(&Query::read_only("DELETE FROM t")).await.err().map(|failure| failure.class);
    assert_eq!(refused, Some(Class::Query));
    assert!(session.query(&Query::read_only("SELECT n FROM t")).await.is_ok());
}

#[tokio::test]
async fn the_first_error_is_the_one_that_is_told() {
    let errors = vec![Reply::error(1222, 16, "Lock request time out."), Reply::error(3902, 16, "No transaction.")];
    let (_peer, driver) = peer(Says(errors)).await;
    let failure = session(driver.as_ref()).await.query(&Query::read_only("SELECT 1")).await.expect_err("a failure");
    assert_eq!((failure.class, failure.code.as_deref()), (Class::Locked, Some("1222")));
    assert_eq!(failure.message, "Lock request time out");
}

/// A database whose statements never end, and that counts those that were given up.
#[derive(Clone, Default)]
struct Endless(Arc<AtomicUsize>);

#[async_trait]
impl Database for Endless {
    async fn batch(&self, _: &SessionContext, _: &str) -> Vec<Reply> {
        std::future::pending().await
    }

    fn cancelled(&self, _: &SessionContext) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn an_attention_ends_a_statement_and_keeps_the_session() {
    let endless = Endless::default();
    let (peer, driver) = peer(endless.clone()).await;
    let mut session = session(driver.as_ref()).await;
    let cancel = session.canceller().expect("a canceller");
    let asked = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        cancel.cancel().await;
    };
    let (answer, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(5), session.read(None)), asked);
    assert!(answer.is_ok(), "the attention was not answered");
    assert_eq!((endless.0.load(Ordering::SeqCst), peer.sessions().len()), (1, 1));
}

/// A gateway: it sends everybody on to another peer.
struct Gateway(String, u16);

#[async_trait]
impl Database for Gateway {
    fn login(&self, _: &Login) -> Result<LoggedIn, Vec<ServerError>> {
        Ok(LoggedIn::to("orders").routed(self.0.clone(), self.1))
    }

    async fn batch(&self, _: &SessionContext, _: &str) -> Vec<Reply> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_redirection_is_followed_and_told() {
    let behind = Ours::new("disable", Encryption::NotSupported, "server.crt").await;
    let address = behind.peer.address();
    let gateway = Gateway(address.ip().to_string(), address.port());
    let front = Peer::start(Settings::new(Encryption::NotSupported), Arc::new(gateway)).await;
    let dsn = format!("sqlserver://app:{PASSWORD}@{}/{DATABASE}?encrypt=disable", front.address());
    let report = probe(driver(&dsn).as_ref(), &plan()).await;
    assert_eq!((report.status(), report.attempts.len()), (Status::Up, 1), "{report:?}");
    assert_eq!(report.address, Some(address.to_string()));
}

async fn babelfish(level: Level) -> (Ours, Arc<dyn Driver>, Report) {
    let ours = Ours::new("true", Encryption::Off, "server.crt").await;
    let driver = driver(&ours.dsn_of("babelfish", PASSWORD, DATABASE));
    let report = probe(driver.as_ref(), &Plan { level, ..plan() }).await;
    (ours, driver, report)
}

#[tokio::test]
async fn a_server_that_has_only_some_of_it_tells_what_it_has() {
    let (_ours, driver, report) = babelfish(Level::Write).await;
    assert_eq!(report.status(), Status::Up, "{report:?}");
    let facts = &report.inspection;
    assert_eq!(facts.facts.get("product").map(String::as_str), Some("Babelfish"));
    assert_eq!((facts.version.as_deref(), facts.started_at), (Some("12.0.2000.8"), None));
    assert!(facts.connections.is_some() && facts.size_bytes.is_none(), "{facts:?}");
    assert_eq!(facts.read_only, Some(false));
    // What was learned is asked at once the next time, and comes to the same.
    let again = probe(driver.as_ref(), &plan()).await;
    assert_eq!((again.status(), &again.inspection), (Status::Up, facts));
}

#[tokio::test]
async fn a_role_without_rights_proves_what_it_can() {
    let ours = Ours::new("true", Encryption::Off, "server.crt").await;
    let driver = driver(&ours.dsn_of(fixture::world::READER, PASSWORD, DATABASE));
    let plan = Plan { write: WriteMode::Auto, create_health_table: false, ..dbprobe_testkit::plan() };
    let report = probe(driver.as_ref(), &plan).await;
    assert_eq!(report.status(), Status::Up, "{report:?}");
    let proof = report.step(dbprobe_core::Phase::Write).and_then(|step| step.proof);
    assert_eq!(proof, Some(dbprobe_core::WriteProof::Temporary));
    // The view would show it its own sessions only, which is no count; the start is known by `tempdb`.
    assert_eq!(report.inspection.connections, None);
    assert!(report.inspection.started_at.is_some(), "{:?}", report.inspection);
}
