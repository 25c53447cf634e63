//! Kinds of servers and users that the conformance suite cannot have: a Sentinel, and users with fewer rights.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{
    Class, Driver, Dsn, Interrupt, Level, Outcome, Phase, Plan, Report, Role, SetupOptions, Status, WriteProof,
    prepare, probe,
};
use dbprobe_redis::ENGINE;
use dbprobe_testkit::containers::Redis;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::plan;
use dbprobe_testkit::trials::Trials;

fn main() -> ExitCode {
    Trials::new("redis-modes", "redis")
        .test("init_prepares_a_user_who_can_do_a_whole_check", || run(init()))
        .test("init_takes_nothing_from_a_user_that_exists", || run(init_again()))
        .test("a_user_who_may_not_ask_is_still_told_what_the_greeting_tells", || run(without_info()))
        .test("a_user_with_set_and_get_instead_of_a_transaction_proves_a_write", || run(without_transactions()))
        .test("a_sentinel_is_pinged_and_no_deeper", || run(sentinel()))
        .test("a_replica_in_a_cluster_reads_its_own_copies", || run(cluster_replica()))
        .main()
}

fn run(test: impl Future<Output = Result<(), Missing>>) -> Result<(), Missing> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(test)
}

fn open(dsn: &str) -> Arc<dyn Driver> {
    (ENGINE.open)(&Dsn::parse(dsn).expect("a DSN")).expect("a DSN")
}

fn is_up(report: &Report) {
    assert_eq!(report.status(), Status::Up, "{:?}", report.failure());
}

async fn init() -> Result<(), Missing> {
    let server = Redis::alone("redis", "8").await?;
    let driver = open(&server.dsn_of("default", Redis::ADMIN_PASSWORD));
    let setup = driver.setup(&SetupOptions { role: Some("probe".to_owned()) }).expect("a setup");
    for _ in 0..2 {
        prepare(driver.as_ref(), &setup, Duration::from_secs(10), &Interrupt::new()).await.expect("it can be repeated");
    }
    let made = server.command(&["ACL", "SETUSER", "probe", ">pr0be"]).await;
    assert_eq!(made.as_deref(), Ok("OK"));
    let report = probe(open(&server.dsn_of("probe", "pr0be")).as_ref(), &plan()).await;
    is_up(&report);
    assert_eq!(report.inspection.role, Some(Role::Primary));
    let refused = server.command(&["ACL", "LOG"]).await;
    assert_eq!(refused.as_deref(), Ok(""), "something was asked that the user may not ask");
    Ok(())
}

async fn init_again() -> Result<(), Missing> {
    let server = Redis::alone("redis", "7").await?;
    let made = server.command(&["ACL", "SETUSER", "shop", "on", ">pw", "~shop:*", "+get"]).await;
    assert_eq!(made.as_deref(), Ok("OK"));
    let driver = open(&server.dsn_of("default", Redis::ADMIN_PASSWORD));
    let made = async |role: &str| {
        let setup = driver.setup(&SetupOptions { role: Some(role.to_owned()) }).expect("a setup");
        prepare(driver.as_ref(), &setup, Duration::from_secs(10), &Interrupt::new()).await
    };
    made("shop").await.expect("more privileges");
    let able = server.command(&["ACL", "DRYRUN", "shop", "GET", "shop:1"]).await;
    assert_eq!(able.as_deref(), Ok("OK"));
    is_up(&probe(open(&server.dsn_of("shop", "pw")).as_ref(), &plan()).await);
    // Who may use every key cannot be given ours.
    let failure = made("default").await.expect_err("a user who needs none of it");
    assert!(failure.advice.as_deref().is_some_and(|advice| advice.contains("--role")), "{failure:?}");
    assert_eq!(server.command(&["SET", "orders", "1"]).await.as_deref(), Ok("OK"));
    Ok(())
}

async fn without_info() -> Result<(), Missing> {
    let server = Redis::alone("valkey", "8").await?;
    let rules = ["ACL", "SETUSER", "shy", "on", ">shy", "~_health_check:*", "+ping", "+multi", "+exec", "+hincrby"];
    let made = server.command(&[&rules[..], &["+hset", "+expire", "+hmget"]].concat()).await;
    assert_eq!(made.as_deref(), Ok("OK"));
    let report = probe(open(&server.dsn_of("shy", "shy")).as_ref(), &plan()).await;
    is_up(&report);
    let facts = &report.inspection;
    assert!(facts.version.as_ref().is_some_and(|version| version.starts_with('8')), "{facts:?}");
    assert_eq!((facts.role, facts.read_only, facts.connections), (Some(Role::Primary), Some(false), None));
    assert_eq!(facts.facts.get("product").map(String::as_str), Some("valkey"));
    Ok(())
}

async fn without_transactions() -> Result<(), Missing> {
    let server = Redis::alone("redis", "7").await?;
    for (user, rules) in [
        ("plain", &["+ping", "+set", "+get"][..]),
        ("broad", &["+@read", "+@write", "+@connection"]),
        ("torn", &["+@all", "-exec"]),
    ] {
        let made = server.command(&[&["ACL", "SETUSER", user, "on", ">pw", "~_health_check:*"], rules].concat()).await;
        assert_eq!(made.as_deref(), Ok("OK"));
        let report = probe(open(&server.dsn_of(user, "pw")).as_ref(), &plan()).await;
        is_up(&report);
        for phase in [Phase::Write, Phase::Read] {
            assert_eq!(report.step(phase).and_then(|step| step.proof), Some(WriteProof::Key), "{user}: {phase}");
        }
    }
    let left = async { while server.command(&["KEYS", "*#*"]).await.as_deref() != Ok("") {} };
    tokio::time::timeout(Duration::from_secs(10), left).await.expect("a goodbye takes the session's own key away");
    let made = server.command(&["ACL", "SETUSER", "nobody", "on", ">pw", "~*", "+ping", "+get"]).await;
    assert_eq!(made.as_deref(), Ok("OK"));
    let report = probe(open(&server.dsn_of("nobody", "pw")).as_ref(), &plan()).await;
    let failure = report.failure().expect("no privilege to write");
    assert_eq!((failure.phase, failure.class), (Some(Phase::Write), Class::Permission));
    assert!(failure.message.contains("multi"), "{failure:?}");
    Ok(())
}

async fn sentinel() -> Result<(), Missing> {
    let server = Redis::sentinel("redis", "7").await?;
    let report = probe(open(&format!("redis://{}", server.address())).as_ref(), &plan()).await;
    is_up(&report);
    for phase in [Phase::Write, Phase::Read] {
        let outcome = report.step(phase).map(|step| step.outcome.clone());
        assert!(matches!(&outcome, Some(Outcome::Skipped(why)) if why == "not_applicable"), "{phase}: {outcome:?}");
    }
    let facts = &report.inspection;
    assert_eq!(facts.facts.get("mode").map(String::as_str), Some("sentinel"), "{facts:?}");
    assert!(facts.version.is_some() && facts.started_at.is_some() && facts.read_only.is_none(), "{facts:?}");
    let asked = Plan { level: Level::Ping, ..plan() };
    is_up(&probe(open(&format!("redis://{}", server.address())).as_ref(), &asked).await);
    Ok(())
}

async fn cluster_replica() -> Result<(), Missing> {
    let server = Redis::in_cluster("redis", "7").await?;
    let first = server.command(&["CLUSTER", "MYID"]).await.expect("a name");
    let emptied = server.command_at_second(&["CLUSTER", "DELSLOTSRANGE", "8192", "16383"]).await;
    assert_eq!(emptied.as_deref(), Ok("OK"));
    let follows = server.command_at_second(&["CLUSTER", "REPLICATE", &first]).await;
    assert_eq!(follows.as_deref(), Ok("OK"));
    let linked = async {
        while !server
            .command_at_second(&["INFO", "replication"])
            .await
            .is_ok_and(|info| info.contains("link_status:up"))
        {}
    };
    tokio::time::timeout(Duration::from_secs(30), linked).await.expect("a replica");
    let report = probe(open(&server.second_dsn().expect("a second node")).as_ref(), &plan()).await;
    is_up(&report);
    assert_eq!(report.inspection.role, Some(Role::Replica));
    let read = report.step(Phase::Read).map(|step| step.outcome.clone());
    assert!(matches!(read, Some(Outcome::Passed)), "{read:?}");
    assert_eq!(report.inspection.facts.get("mode").map(String::as_str), Some("cluster"));
    Ok(())
}
