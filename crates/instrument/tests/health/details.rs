//! Who sees what, and by which methods.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dbprobe_instrument::health::Health;
use http::{Method, Request, StatusCode};

use crate::asking::{detailed, send, send_request, works};

#[tokio::test(start_paused = true)]
async fn nobody_sees_details_unless_they_are_allowed() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let health = Health::builder("shop", move || {
        count.fetch_add(1, Ordering::SeqCst);
        works()
    })
    .build();
    let answer = detailed(&health).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NOT_FOUND, r#"{"error":"not found"}"#));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "who may not see it asks nothing");
}

#[tokio::test(start_paused = true)]
async fn a_predicate_decides_by_header_and_extension() {
    #[derive(Clone)]
    struct Operator;
    let health = Health::builder("shop", works)
        .details_where(|head| {
            head.extensions.get::<Operator>().is_some() || head.headers.get("x-token").is_some_and(|it| it == "t0ken")
        })
        .build();
    let request = || Request::builder().uri("/health/detailed");
    let refused = send_request(&health, request().header("x-token", "guess").body(()).expect("a request")).await;
    assert_eq!((refused.status, refused.body.as_str()), (StatusCode::FORBIDDEN, r#"{"error":"forbidden"}"#));
    for allowed in [request().header("x-token", "t0ken"), request().extension(Operator)] {
        let answer = send_request(&health, allowed.body("a body of any type").expect("a request")).await;
        assert_eq!((answer.status, &answer.json()["overall_status"]), (StatusCode::OK, &"healthy".into()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_predicate_that_panics_has_not_allowed_it() {
    let health = Health::builder("shop", works).details_where(|_| panic!("no decision")).build();
    assert_eq!(detailed(&health).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(start_paused = true)]
async fn the_last_segment_of_the_path_decides() {
    let health = Health::builder("shop", works).details_for_all().build();
    for path in ["/detailed", "/health/detailed", "/health/detailed/", "/health/detailed?verbose"] {
        assert!(send(&health, Method::GET, path).await.json().get("checks").is_some(), "{path}");
    }
    for path in ["/", "/health", "/health?detailed", "/detailed/health", "/undetailed"] {
        assert!(send(&health, Method::GET, path).await.json().get("connectivity").is_some(), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn head_is_get_without_a_body() {
    for (path, status) in [("/health", StatusCode::OK), ("/health/detailed", StatusCode::NOT_FOUND)] {
        let health = Health::builder("shop", works).build();
        let (get, head) = (send(&health, Method::GET, path).await, send(&health, Method::HEAD, path).await);
        assert_eq!((get.status, head.status), (status, status));
        assert_eq!((head.body.as_str(), &head.headers), ("", &get.headers));
        assert_eq!(get.headers["content-length"], get.body.len().to_string().as_str());
        assert_eq!(get.headers["content-type"], "application/json");
        assert_eq!(get.headers["cache-control"], "no-store");
        assert_eq!(get.headers.len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn other_methods_are_refused_and_ask_nothing() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let health = Health::builder("shop", move || {
        count.fetch_add(1, Ordering::SeqCst);
        works()
    })
    .details_for_all()
    .build();
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let answer = send(&health, method, "/health/detailed").await;
        assert_eq!(
            (answer.status, &answer.headers["allow"]),
            (StatusCode::METHOD_NOT_ALLOWED, &"GET, HEAD".parse().expect("a value"))
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
