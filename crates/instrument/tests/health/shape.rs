//! The JSON, to the last field.

use std::io;
use std::time::Duration;

use dbprobe_instrument::health::{Health, Resource};
use dbprobe_instrument::pool::{Acquired, Lack, Pool, PoolState, PoolStatus};
use dbprobe_instrument::{NoMetrics, Tracker};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::asking::{Answer, detailed, summary, works};

const MS: Duration = Duration::from_millis(1);

/// A pool that takes 20 ms to hand something out, and is so full.
struct Connections {
    active: u64,
    max: u64,
    ends: Ends,
}

#[derive(Clone, Copy)]
enum Ends {
    Well,
    Badly,
    Never,
}

impl PoolState for Connections {
    fn status(&self) -> PoolStatus {
        let mut status = PoolStatus::default();
        (status.active, status.max) = (Some(self.active), Some(self.max));
        (status.total, status.idle, status.waiting) = (Some(self.active + 1), Some(1), Some(0));
        status
    }
}

impl Pool for Connections {
    type Connection = ();
    type Error = io::Error;

    async fn acquire(&self) -> Result<Acquired<()>, io::Error> {
        sleep(20 * MS).await;
        match self.ends {
            Ends::Well => Ok(Acquired::new(())),
            Ends::Badly => Err(io::Error::other("db.internal")),
            Ends::Never => std::future::pending().await,
        }
    }

    fn lack(&self, _: &io::Error) -> Lack {
        Lack::Failed
    }
}

/// Asks for 3 ms on a connection of such a pool.
fn health_of(pool: Connections) -> dbprobe_instrument::health::HealthBuilder {
    let pool = Tracker::new(NoMetrics).track_pool("main", pool);
    Health::builder_on("shop", &pool, |_connection| async {
        sleep(3 * MS).await;
        works().await
    })
    .details_for_all()
}

/// The JSON without its times, which are right.
fn timeless(answer: &Answer) -> Value {
    let mut json = answer.json();
    let fields = json.as_object_mut().expect("an object");
    let text = fields.remove("timestamp").expect("a timestamp");
    let timestamp: Timestamp = text.as_str().expect("a text").parse().expect("RFC 3339");
    assert!(text.as_str().is_some_and(|text| text.ends_with('Z')), "{text}");
    let seconds = fields.remove("timestamp_seconds").and_then(|it| it.as_f64()).expect("seconds");
    assert_eq!((seconds * 1000.0).round() as i64, timestamp.as_millisecond(), "both are the same instant");
    json
}

#[tokio::test(start_paused = true)]
async fn the_summary_has_these_fields_in_this_order() {
    let health = health_of(Connections { active: 2, max: 10, ends: Ends::Well }).build();
    let answer = summary(&health).await;
    assert_eq!(answer.status, StatusCode::OK);
    let json = json!({
        "service": "shop", "status": "healthy", "connectivity": "healthy", "response_time_seconds": 0.023,
        "pool_utilization_percent": 20.0, "active_connections": 2,
    });
    assert_eq!(timeless(&answer), json);
    let names = [
        "service",
        "status",
        "connectivity",
        "response_time_seconds",
        "pool_utilization_percent",
        "active_connections",
        "timestamp",
        "timestamp_seconds",
    ];
    let places: Vec<_> = names.iter().map(|name| answer.body.find(&format!("\"{name}\":"))).collect();
    assert!(places.is_sorted() && places[0] == Some(1), "{}", answer.body);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_is_absent() {
    let json = timeless(&summary(&Health::builder("shop", works).build()).await);
    let known =
        json!({"service": "shop", "status": "healthy", "connectivity": "healthy", "response_time_seconds": 0.0});
    assert_eq!(json, known);
    let json = timeless(&detailed(&Health::builder("shop", works).details_for_all().build()).await);
    let connectivity = json!({"status": "healthy", "response_time_seconds": 0.0});
    assert_eq!(json, json!({"service": "shop", "overall_status": "healthy", "checks": {"connectivity": connectivity}}));
}

#[tokio::test(start_paused = true)]
async fn the_details_tell_the_wait_and_the_question_apart() {
    let pool = Tracker::new(NoMetrics).track_pool("main", Connections { active: 1, max: 4, ends: Ends::Well });
    let health = health_of(Connections { active: 2, max: 10, ends: Ends::Well })
        .performance_on(50 * MS, &pool, |_| async {
            sleep(5 * MS).await;
            works().await
        })
        .resources(|| async {
            sleep(MS).await;
            let known = [Resource::new("size_bytes", 4096.0).limit(1e9), Resource::new("cache_hit_ratio", 0.5)];
            works().await.map(|()| known.into_iter().chain([Resource::new("lag_seconds", f64::NAN)]))
        })
        .build();
    let answer = detailed(&health).await;
    let checks = json!({
        "connectivity": {
            "status": "healthy", "response_time_seconds": 0.023, "acquire_seconds": 0.02, "query_seconds": 0.003,
        },
        "connection_pool": {
            "status": "healthy", "active": 2, "idle": 1, "total": 3, "waiting": 0, "max": 10,
            "utilization_percent": 20.0, "threshold_percent": 80.0,
        },
        "query_performance": {
            "status": "healthy", "response_time_seconds": 0.025, "acquire_seconds": 0.02, "query_seconds": 0.005,
            "threshold_seconds": 0.05,
        },
        "database_resources": {
            "status": "healthy",
            "figures": {
                "cache_hit_ratio": {"status": "healthy", "value": 0.5},
                "size_bytes": {"status": "healthy", "value": 4096, "limit": 1_000_000_000},
            },
        },
    });
    assert_eq!(timeless(&answer), json!({"service": "shop", "overall_status": "healthy", "checks": checks}));
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_pool_above_its_threshold_is_degraded_and_one_at_it_is_not() {
    // The design's own figures: 2 of 15 are 13.33 %.
    for (active, max, percent, status) in
        [(2, 15, 13.33, "healthy"), (8, 10, 80.0, "healthy"), (9, 10, 90.0, "degraded")]
    {
        let answer = summary(&health_of(Connections { active, max, ends: Ends::Well }).build()).await;
        let json = answer.json();
        assert_eq!((answer.status, &json["status"]), (StatusCode::OK, &json!(status)), "{active} of {max}");
        assert_eq!((&json["pool_utilization_percent"], &json["connectivity"]), (&json!(percent), &json!("healthy")));
    }
    let strict = health_of(Connections { active: 2, max: 10, ends: Ends::Well }).pool_threshold_percent(10.0).build();
    let pool = detailed(&strict).await.json()["checks"]["connection_pool"].clone();
    assert_eq!((&pool["status"], &pool["failure"]), (&json!("degraded"), &json!({"class": "threshold"})));
}

#[tokio::test(start_paused = true)]
async fn a_slow_query_and_a_figure_above_its_limit_are_degraded() {
    let slow = Health::builder("shop", works).details_for_all().performance(5 * MS, || async {
        sleep(6 * MS).await;
        works().await
    });
    let answer = detailed(&slow.build()).await;
    let check = json!({
        "status": "degraded", "response_time_seconds": 0.006, "threshold_seconds": 0.005,
        "failure": {"class": "threshold"},
    });
    assert_eq!((answer.status, &answer.json()["checks"]["query_performance"]), (StatusCode::OK, &check));

    let large = Health::builder("shop", works).details_for_all();
    let large = large.resources(|| async { works().await.map(|()| [Resource::new("lag_seconds", 1.5).limit(1.0)]) });
    let answer = detailed(&large.build()).await;
    let check = json!({
        "status": "degraded", "failure": {"class": "threshold"},
        "figures": {"lag_seconds": {"status": "degraded", "value": 1.5, "limit": 1}},
    });
    assert_eq!((answer.status, &answer.json()["checks"]["database_resources"]), (StatusCode::OK, &check));
}

#[tokio::test(start_paused = true)]
async fn a_pool_without_a_connection_to_give_is_told_from_a_database_that_does_not_answer() {
    let failure = |ends| async move {
        let answer = detailed(&health_of(Connections { active: 10, max: 10, ends }).build()).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        answer.json()["checks"]["connectivity"]["failure"].clone()
    };
    let lack = json!({"phase": "acquire", "class": "query", "code": "io", "after_seconds": 0.02});
    assert_eq!(failure(Ends::Badly).await, lack);
    let wait = json!({"phase": "acquire", "class": "timeout", "after_seconds": 2.0});
    assert_eq!(failure(Ends::Never).await, wait);
    let pool = Tracker::new(NoMetrics).track_pool("main", Connections { active: 0, max: 10, ends: Ends::Well });
    let silent = Health::builder_on("shop", &pool, |_| crate::asking::never()).details_for_all();
    let connectivity = detailed(&silent.build()).await.json()["checks"]["connectivity"].clone();
    let failure = json!({"phase": "query", "class": "timeout", "after_seconds": 2.0});
    let expected = json!({"status": "unhealthy", "acquire_seconds": 0.02, "failure": failure});
    assert_eq!(connectivity, expected);
}

#[tokio::test(start_paused = true)]
async fn all_checks_share_one_deadline() {
    let health = Health::builder("shop", || async {
        sleep(1500 * MS).await;
        works().await
    })
    .performance(Duration::from_secs(1), || async {
        sleep(1500 * MS).await;
        works().await
    })
    .details_for_all()
    .build();
    let since = tokio::time::Instant::now();
    let answer = detailed(&health).await;
    assert_eq!((answer.status, since.elapsed()), (StatusCode::SERVICE_UNAVAILABLE, 2000 * MS));
    let checks = &answer.json()["checks"];
    assert_eq!(checks["connectivity"]["status"], "healthy");
    assert_eq!(checks["query_performance"]["failure"], json!({"class": "timeout", "after_seconds": 0.5}));
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_panics_or_tells_nothing_is_absent() {
    struct Sore;
    impl PoolState for Sore {
        fn status(&self) -> PoolStatus {
            panic!("no status");
        }
    }
    struct Mute;
    impl PoolState for Mute {
        fn status(&self) -> PoolStatus {
            PoolStatus::default()
        }
    }
    let builder = || Health::builder("shop", works).details_for_all();
    for health in [builder().pool(Sore).build(), builder().pool(Mute).build()] {
        let answer = detailed(&health).await;
        assert_eq!((answer.status, answer.json()["checks"].get("connection_pool")), (StatusCode::OK, None));
    }
}
