//! What is told of a failure, and what is not.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dbprobe_instrument::health::{Health, Resource};
use http::StatusCode;
use serde_json::json;

use crate::asking::{Answer, detailed, never, summary, works};

const SECRET: &str = "hunter2@db.internal";

async fn leaks() -> Result<(), io::Error> {
    Err(io::Error::other(format!("SELECT 1 failed for role shopkeeper at postgres://shopkeeper:{SECRET}/orders")))
}

/// What has been said does not hold the error's text, in the body or in a header.
fn is_silent(answer: &Answer) {
    let all = format!("{:?}{}", answer.headers, answer.body);
    for part in ["hunter2", "db.internal", "shopkeeper", "orders", "SELECT", "postgres"] {
        assert!(!all.contains(part), "`{part}` in {all}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_errors_text_is_shown_to_nobody() {
    let health = Health::builder("shop", leaks).details_for_all().build();
    is_silent(&summary(&health).await);
    let answer = detailed(&health).await;
    is_silent(&answer);
    let failure = json!({"class": "query", "code": "io", "after_seconds": 0.0});
    assert_eq!(answer.json()["checks"]["connectivity"], json!({"status": "unhealthy", "failure": failure}));
}

#[tokio::test(start_paused = true)]
async fn nor_is_that_of_the_other_checks() {
    let builder = Health::builder("shop", works).performance(Duration::from_secs(1), leaks);
    let health = builder.resources(|| async { leaks().await.map(|()| [Resource::new("size_bytes", 1.0)]) });
    let answer = detailed(&health.details_for_all().build()).await;
    is_silent(&answer);
    let checks = &answer.json()["checks"];
    assert_eq!(checks["query_performance"]["status"], "unhealthy");
    assert_eq!(checks["query_performance"]["failure"]["class"], "query");
    assert_eq!(
        checks["database_resources"],
        json!({"status": "degraded", "failure": {"class": "query", "code": "io"}})
    );
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_is_unhealthy_and_the_next_one_is_asked() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let health = Health::builder("shop", move || {
        let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        async move { if first { panic!("the password is {SECRET}") } else { works().await } }
    })
    .details_for_all()
    .build();
    let answer = detailed(&health).await;
    is_silent(&answer);
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["checks"]["connectivity"]["failure"]["class"], "internal");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(detailed(&health).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_before_it_is_a_future_is_unhealthy() {
    let health = Health::builder("shop", || -> std::future::Ready<Result<(), io::Error>> { panic!("{SECRET}") });
    let answer = summary(&health.build()).await;
    assert_eq!((answer.status, &answer.json()["connectivity"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unhealthy")));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_when_it_is_dropped_is_unhealthy() {
    struct Sore;
    impl Drop for Sore {
        fn drop(&mut self) {
            panic!("{SECRET}");
        }
    }
    let health = Health::builder("shop", || async {
        let _sore = Sore;
        never().await
    });
    let answer = summary(&health.build()).await;
    is_silent(&answer);
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_time_out_has_no_response_time() {
    let health = Health::builder("shop", never).details_for_all().build();
    assert!(summary(&health).await.json().get("response_time_seconds").is_none());
    let failure = json!({"class": "timeout", "after_seconds": 2.0});
    assert_eq!(
        detailed(&health).await.json()["checks"]["connectivity"],
        json!({"status": "unhealthy", "failure": failure})
    );
}

#[tokio::test(start_paused = true)]
async fn where_nobody_answers_nothing_more_is_asked() {
    let health = Health::builder("shop", leaks).performance(Duration::ZERO, || async {
        panic!("asked");
        #[expect(unreachable_code, reason = "its type")]
        works().await
    });
    let checks = detailed(&health.details_for_all().build()).await.json()["checks"].clone();
    assert_eq!(
        checks.as_object().map(|checks| checks.keys().cloned().collect()),
        Some(vec!["connectivity".to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_nothing_more_is_asked() {
    let asked = Arc::new(AtomicBool::new(false));
    let health = Health::builder("shop", works).performance(Duration::from_secs(1), never).resources({
        let asked = Arc::clone(&asked);
        move || {
            asked.store(true, Ordering::SeqCst);
            async { works().await.map(|()| []) }
        }
    });
    let checks = detailed(&health.details_for_all().build()).await.json()["checks"].clone();
    assert!(!asked.load(Ordering::SeqCst));
    assert_eq!(checks["database_resources"], json!({"status": "degraded", "failure": {"class": "timeout"}}));
}

#[tokio::test(start_paused = true)]
async fn a_code_says_of_which_class_a_failure_is() {
    let refused = || async { Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionRefused)) };
    let answer = detailed(&Health::builder("shop", refused).details_for_all().build()).await;
    let failure = json!({"class": "refused", "code": "io_connection_refused", "after_seconds": 0.0});
    assert_eq!(answer.json()["checks"]["connectivity"]["failure"], failure);
}
