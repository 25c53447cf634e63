//! How many plans the server has to keep: one for each text that it is sent, so texts must not differ from check to
//! check.

#![allow(clippy::expect_used, clippy::panic, dead_code, reason = "a broken assumption ends the test with its place")]

#[path = "conformance/fixture/mod.rs"]
mod fixture;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use dbprobe_core::{Driver, Dsn, Phase, Plan, Status, WriteMode, WriteProof, probe};
use dbprobe_testkit::tds::{
    Call, Database, Encryption, LoggedIn, Login, Peer, Reply, ServerError, SessionContext, Settings,
};

use fixture::world::{DATABASE, PASSWORD, READER, USER, World};

/// The small server, with a note of each text that it is sent.
struct Noting {
    world: Arc<World>,
    texts: Mutex<BTreeSet<String>>,
}

impl Noting {
    fn note(&self, text: &str) {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
    }
}

#[async_trait]
impl Database for Noting {
    fn login(&self, login: &Login) -> Result<LoggedIn, Vec<ServerError>> {
        self.world.login(login)
    }

    async fn batch(&self, session: &SessionContext, sql: &str) -> Vec<Reply> {
        self.note(sql);
        self.world.batch(session, sql).await
    }

    async fn rpc(&self, session: &SessionContext, call: &Call) -> Vec<Reply> {
        self.note(call.statement().expect("a statement"));
        self.world.rpc(session, call).await
    }

    fn ended(&self, session: &SessionContext) {
        self.world.ended(session);
    }
}

/// Texts that 20 checks, each with a session of its own, come to.
async fn texts(user: &str, mode: WriteMode, proof: WriteProof) -> usize {
    let noting = Arc::new(Noting { world: World::new(), texts: Mutex::default() });
    let peer = Peer::start(Settings::new(Encryption::NotSupported), Arc::clone(&noting) as _).await;
    let dsn = format!("sqlserver://{user}:{PASSWORD}@{}/{DATABASE}?encrypt=disable", peer.address());
    let driver: Arc<dyn Driver> =
        (dbprobe_mssql::ENGINE.open)(&Dsn::parse(&dsn).expect("a DSN")).expect("a DSN of the engine's");
    let create = proof == WriteProof::Table;
    let plan = Plan { write: mode, create_health_table: create, ..dbprobe_testkit::plan() };
    for _ in 0..20 {
        let report = probe(driver.as_ref(), &plan).await;
        assert_eq!(report.status(), Status::Up, "{report:?}");
        assert_eq!(report.step(Phase::Write).and_then(|step| step.proof), Some(proof));
    }
    let texts = noting.texts.lock().unwrap_or_else(PoisonError::into_inner);
    texts.len()
}

/// The small server, which takes no calls of procedures.
struct WithoutCalls(Arc<World>);

#[async_trait]
impl Database for WithoutCalls {
    fn login(&self, login: &Login) -> Result<LoggedIn, Vec<ServerError>> {
        self.0.login(login)
    }

    async fn batch(&self, session: &SessionContext, sql: &str) -> Vec<Reply> {
        self.0.batch(session, sql).await
    }

    async fn rpc(&self, _: &SessionContext, _: &Call) -> Vec<Reply> {
        vec![Reply::error(33_557_097, 16, "this is not supported in a call")]
    }

    fn ended(&self, session: &SessionContext) {
        self.0.ended(session);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_parameters_is_written_to_all_the_same() {
    let peer = Peer::start(Settings::new(Encryption::NotSupported), Arc::new(WithoutCalls(World::new()))).await;
    let dsn = format!("sqlserver://{USER}:{PASSWORD}@{}/{DATABASE}?encrypt=disable", peer.address());
    let driver = (dbprobe_mssql::ENGINE.open)(&Dsn::parse(&dsn).expect("a DSN")).expect("a DSN of the engine's");
    for (mode, proof) in [(WriteMode::Table, WriteProof::Table), (WriteMode::Rollback, WriteProof::Rollback)] {
        let plan = Plan { write: mode, create_health_table: true, ..dbprobe_testkit::plan() };
        for _ in 0..2 {
            let report = probe(driver.as_ref(), &plan).await;
            assert_eq!(report.status(), Status::Up, "{report:?}");
            assert_eq!(report.step(Phase::Write).and_then(|step| step.proof), Some(proof));
        }
    }
}

#[tokio::test]
async fn the_texts_of_a_check_are_always_the_same() {
    // The ping, the inspection, the write and the read; the first check also creates the table.
    assert_eq!(texts(USER, WriteMode::Table, WriteProof::Table).await, 5);
    assert_eq!(texts(USER, WriteMode::Rollback, WriteProof::Rollback).await, 4);
    assert_eq!(texts(READER, WriteMode::Auto, WriteProof::Temporary).await, 4);
}
