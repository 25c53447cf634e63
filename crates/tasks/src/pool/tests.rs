use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{Driver, Dsn, Phase};
use dbprobe_testkit::fake::{Act, ENGINE, Fake};
use dbprobe_testkit::fixture::Fixture;

use super::*;

fn driver(fake: &Fake) -> Arc<dyn Driver> {
    (ENGINE.open)(&Dsn::parse(&fake.dsn()).expect("a DSN")).expect("a driver")
}

#[tokio::test]
async fn a_server_is_counted_and_named() {
    let fake = Fake::in_memory();
    let _companion = fake.companion().await.expect("a session");
    let database = Database::new(driver(&fake)).named("orders");
    let result = pool(&database, &PoolOptions::default()).await;
    assert_eq!((result.pool_size, result.checked_out, result.utilization_percent), (Some(100), Some(2), Some(2.0)));
    assert_eq!(
        (result.pool_health, result.recommendation.as_deref()),
        (Some(PoolHealth::Optimal), Some("nothing to do"))
    );
    assert_eq!(result.idle_in_transaction.len(), 1);
    let states = result.connections.expect("groups").state;
    let states: Vec<_> = states.iter().map(|group| (group.name.as_deref(), group.count)).collect();
    assert_eq!(states, [(Some("active"), 1), (Some("idle_in_transaction"), 1)]);
    assert_eq!(result.overflow_analysis.map(|analysis| analysis.free), Some(98));
}

#[tokio::test]
async fn thresholds_and_wishes_are_obeyed() {
    let fake = Fake::in_memory();
    let wanted = PoolWanted { size: 10, max_overflow: 15, instances: 4, application: None };
    let thresholds = PoolThresholds { moderate: 0.5, high: 1.0 };
    let database = Database::new(driver(&fake));
    let result = pool(&database, &PoolOptions { thresholds, wanted: Some(wanted) }).await;
    assert_eq!((result.pool_health, result.fits()), (Some(PoolHealth::High), Some(true)));
    let wanted = PoolWanted { size: 11, max_overflow: 15, instances: 4, application: None };
    let result = pool(&database, &PoolOptions { wanted: Some(wanted), ..PoolOptions::default() }).await;
    assert_eq!(result.fits(), Some(false));
    assert!(result.recommendation.is_some_and(|advice| advice.contains("set the size to 10 and the overflow to 15")));
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_answer_is_tried_again_and_costs_no_more_than_its_time() {
    let fake = Fake::in_memory();
    fake.script(Phase::Auth, [Act::Fail(Class::Starting, "F1".into(), "starting".into()), Act::Hang]);
    let mut database = Database::new(driver(&fake));
    database.policy.retries = 2;
    database.policy.retry_interval = Duration::from_secs(1);
    database.plan.timeout = Duration::from_secs(3);
    let result = pool(&database, &PoolOptions::default()).await;
    assert_eq!((result.error, result.pool_health), (None, Some(PoolHealth::Optimal)));
    assert!((4_000.0..5_000.0).contains(&(result.duration_ms - 1_000.0)), "{}", result.duration_ms);
}

#[tokio::test]
async fn a_failure_is_said_and_nothing_is_made_up() {
    let failure = Failure::new(Class::Config, "no scheme").advise("write one");
    let refused = Database::refused("orders", None, failure);
    let result = pool(&refused, &PoolOptions::default()).await;
    let text = serde_json::to_value(&result).expect("JSON");
    assert_eq!(text["not_known"], "the database did not answer");
    assert_eq!((&text["failure"]["class"], &text["recommendation"]), (&"config".into(), &"write one".into()));
    assert_eq!(text["error"], "configure: no scheme");
    for absent in ["engine", "pool_size", "checked_out", "utilization_percent", "pool_health", "overflow_analysis"] {
        assert!(text.get(absent).is_none(), "{absent}: {text}");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_had_leaves_the_numbers() {
    let fake = Fake::in_memory();
    let no = Act::Fail(Class::Permission, "F9".into(), "not for you".into());
    fake.script(Phase::Inspect, [Act::Answer, no]);
    let result = pool(&Database::new(driver(&fake)), &PoolOptions::default()).await;
    assert_eq!((result.checked_out, result.connections), (Some(1), None));
    assert!(result.hidden.is_some_and(|why| why.contains("not for you")));
}
