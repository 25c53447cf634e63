//! `/probe`, by name and by module.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use dbprobe_core::{Class, Driver, Failure, Phase, Session, Steps, Target};
use http_body_util::BodyExt;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;

use super::sample::{self, degraded, down, service, settings, unseen, up};
use crate::http::modules::{AT_ONCE, Flights, Trouble};
use crate::http::router;
use crate::metrics::{self, Format};

async fn probe(query: &str) -> (StatusCode, String) {
    let (service, _reloads) = service(vec![up("orders")]);
    let request = Request::get(format!("/probe?{query}")).body(Body::empty()).expect("a request");
    let response = router(service).oneshot(request).await.expect("an answer");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

#[tokio::test]
async fn a_probe_that_did_not_end_in_time_is_no_success() {
    let (status, text) = probe("target=orders").await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("# TYPE probe_success gauge\nprobe_success 0\n"), "{text}");
    let (_, text) = probe("target=orders&debug=true").await;
    let report = text.split("\n\n\nMetrics that would have been returned:\n").next().expect("a report");
    let report = report.strip_prefix("Report of the probe:\n").expect("a title");
    let report: serde_json::Value = serde_json::from_str(report).expect("JSON");
    assert_eq!((&report["target"], &report["status"]), (&"orders".into(), &"down".into()));
    assert_eq!((&report["failure"]["class"], &report["failure"]["phase"]), (&"timeout".into(), &"auth".into()));
}

#[tokio::test]
async fn a_target_that_cannot_be_probed_says_why() {
    for (query, status, words) in [
        ("", StatusCode::BAD_REQUEST, "`target` is missing"),
        ("target=", StatusCode::BAD_REQUEST, "`target` is missing"),
        ("target=unknown", StatusCode::NOT_FOUND, "its key under `targets`"),
        ("target=postgres://h/db", StatusCode::BAD_REQUEST, "a DSN has no place in a URL"),
        ("target=file:demo.db", StatusCode::BAD_REQUEST, "a DSN has no place in a URL"),
        ("target=h:5432", StatusCode::NOT_FOUND, "its key under `targets`"),
        ("target=h:5432&module=none", StatusCode::BAD_REQUEST, "no module of this name"),
    ] {
        let (seen, text) = probe(query).await;
        assert_eq!((seen, text.contains(words)), (status, true), "{query}: {text}");
    }
}

#[tokio::test]
async fn a_target_that_answers_is_a_success() {
    let (service, _reloads) = service(Vec::new());
    for (record, success) in [(up("a"), 1), (degraded("a"), 1), (down("a"), 0), (unseen("a"), 0)] {
        let text = metrics::probe(&service, &Arc::new(record), Format::OpenMetrics);
        assert!(text.contains(&format!("\nprobe_success {success}\n")), "{text}");
    }
}

/// A driver that tells when it is asked, and whose connections never come about.
#[derive(Debug)]
struct Silent {
    target: Target,
    asked: Notify,
    /// Cancelled when the future of a connection is dropped.
    dropped: CancellationToken,
}

impl Silent {
    fn new() -> Arc<Self> {
        let target = Target {
            engine: "silent",
            endpoints: Vec::new(),
            user: None,
            has_password: false,
            database: None,
            parameters: BTreeMap::new(),
            redacted: String::new(),
        };
        Arc::new(Self { target, asked: Notify::new(), dropped: CancellationToken::new() })
    }
}

#[async_trait]
impl Driver for Silent {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, _: &mut Steps) -> Result<(), Failure> {
        Err(Failure::new(Class::Unsupported, "never asked"))
    }

    async fn connect(&self, _: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let _guard: DropGuard = self.dropped.clone().drop_guard();
        self.asked.notify_one();
        std::future::pending().await
    }
}

fn key(target: &str) -> (String, String) {
    ("module".to_owned(), target.to_owned())
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_for_the_same_target_waits_for_the_same_probe() {
    let (flights, driver, settings) = (Flights::new(), Silent::new(), Arc::new(settings("h:1")));
    let first = flights.join(key("h:1"), &settings, Ok(driver.clone())).expect("a flight");
    let other = Failure::new(Class::Internal, "a second probe");
    let second = flights.join(key("h:1"), &settings, Err(other)).expect("the same flight");
    let (first, second) = tokio::join!(first, second);
    assert!(Arc::ptr_eq(&first, &second));
    let failure = first.failure().expect("a failure");
    assert_eq!(
        (failure.class, first.report.as_ref().map(|report| report.duration)),
        (Class::Timeout, Some(Duration::from_secs(5)))
    );
    // It is over: the next one is asked anew.
    let other = Failure::new(Class::Dns, "another probe");
    let third = flights.join(key("h:1"), &settings, Err(other)).expect("a flight").await;
    assert_eq!(third.failure().map(|failure| failure.class), Some(Class::Dns));
}

#[tokio::test(start_paused = true)]
async fn an_impatient_scraper_does_not_decide_for_a_patient_one() {
    let (flights, settings) = (Flights::new(), settings("h:1"));
    let mut hasty = settings.clone();
    hasty.plan.timeout = Duration::from_millis(100);
    let first = flights.join(key("h:1"), &Arc::new(hasty), Ok(Silent::new())).expect("a flight");
    let second = flights.join(key("h:1"), &Arc::new(settings), Ok(Silent::new())).expect("another flight");
    let durations = [first.await, second.await].map(|record| record.report.as_ref().map(|report| report.duration));
    assert_eq!(durations, [100, 5_000].map(|milliseconds| Some(Duration::from_millis(milliseconds))));
}

#[tokio::test]
async fn a_probe_by_module_counts_its_failure() {
    let refused = Failure::new(Class::Dns, "no such host").in_phase(Phase::Resolve);
    let flight = Flights::new().join(key("h:1"), &Arc::new(settings("h:1")), Err(refused)).expect("a flight");
    let counts = flight.await.counts.clone();
    assert_eq!((counts.probes, counts.connection_errors), (1, 1));
    assert_eq!(counts.failures.into_iter().collect::<Vec<_>>(), [((Phase::Resolve, Class::Dns), 1)]);
}

#[tokio::test]
async fn a_probe_ends_when_the_last_who_waits_hangs_up() {
    let (flights, driver, settings) = (Flights::new(), Silent::new(), Arc::new(settings("h:1")));
    let flight = flights.join(key("h:1"), &settings, Ok(driver.clone())).expect("a flight");
    let waiting = tokio::spawn(flight);
    driver.asked.notified().await;
    waiting.abort();
    driver.dropped.cancelled().await;
}

#[tokio::test]
async fn only_so_many_probes_of_modules_run_at_once() {
    let (flights, settings) = (Flights::new(), Arc::new(sample::settings("x")));
    let fly = |number: usize| flights.join(key(&number.to_string()), &settings, Ok(Silent::new()));
    let running: Vec<_> = (0..AT_ONCE).map(|number| fly(number).expect("a flight")).collect();
    assert_eq!(fly(AT_ONCE).err(), Some(Trouble::Busy));
    assert!(fly(0).is_ok(), "who joins takes no place");
    drop(running);
    assert!(fly(AT_ONCE).is_ok(), "a probe that nobody waits for takes no place");
}
