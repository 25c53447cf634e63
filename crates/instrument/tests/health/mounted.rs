//! Mounted in axum, as an application does it.

use axum::Router;
use axum::body::Body;
use dbprobe_instrument::health::Health;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::asking::works;

async fn ask(router: &Router, method: Method, path: &str) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test(start_paused = true)]
async fn as_one_route_it_is_the_summary_only() {
    let health = Health::builder("shop", works).details_for_all().build();
    let router = Router::new().route_service("/health", health);
    let (status, body) = ask(&router, Method::GET, "/health").await;
    assert!(status == StatusCode::OK && body.starts_with(r#"{"service":"shop","status":"healthy""#), "{status} {body}");
    assert_eq!(ask(&router, Method::HEAD, "/health").await, (StatusCode::OK, String::new()));
    assert_eq!(ask(&router, Method::POST, "/health").await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask(&router, Method::GET, "/health/detailed").await, (StatusCode::NOT_FOUND, String::new()));
}

#[tokio::test(start_paused = true)]
async fn nested_it_has_the_details_below_it() {
    let health = Health::builder("shop", works).details_for_all().build();
    let router = Router::new().nest_service("/health", health);
    for (path, word) in [("/health", "status"), ("/health/", "status"), ("/health/detailed", "overall_status")] {
        let (status, body) = ask(&router, Method::GET, path).await;
        let beginning = format!(r#"{{"service":"shop","{word}":"healthy""#);
        assert!(status == StatusCode::OK && body.starts_with(&beginning), "{path}: {status} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_routes_of_clones_share_their_check() {
    let health = Health::builder("shop", works).details_for_all().build();
    let router = Router::new().route_service("/up", health.clone()).route_service("/ops/detailed", health);
    let (_, summary) = ask(&router, Method::GET, "/up").await;
    let (_, details) = ask(&router, Method::GET, "/ops/detailed").await;
    let stamp = |body: &str| body.split_once("\"timestamp\"").map(|(_, stamp)| stamp.to_owned());
    assert!(stamp(&summary).is_some() && stamp(&summary) == stamp(&details), "{summary} {details}");
}
