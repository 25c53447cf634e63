//! What each route answers.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use dbprobe_core::Report;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::sample::{degraded, down, service, unseen, up};
use crate::fleet::Late;
use crate::http::admission::Undetailed;
use crate::http::health::liveness;
use crate::http::router;
use crate::record::Record;

async fn answer(records: Vec<Record>, request: Request<Body>) -> Response<Body> {
    let (service, _reloads) = service(records);
    router(service).oneshot(request).await.expect("an answer")
}

async fn text(response: Response<Body>) -> String {
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

fn request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}

async fn fetch(records: Vec<Record>, path: &str) -> (StatusCode, String) {
    let response = answer(records, request(path)).await;
    (response.status(), text(response).await)
}

async fn fetch_json(records: Vec<Record>, path: &str) -> (StatusCode, Value) {
    let (status, text) = fetch(records, path).await;
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn all() -> Vec<Record> {
    vec![up("redis"), down("db-api"), degraded("orders"), unseen("new")]
}

#[tokio::test]
async fn health_is_one_word_a_target_in_the_order_of_the_file() {
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        r#"{{"status":"degraded","version":"{version}","services":{{"redis":"ok","db-api":"error","orders":"degraded","new":"error"}}}}"#
    );
    assert_eq!(fetch(all(), "/health").await, (StatusCode::OK, expected.clone()));
    for strict in ["/health?strict=1", "/health?strict=true"] {
        assert_eq!(fetch(all(), strict).await, (StatusCode::SERVICE_UNAVAILABLE, expected.clone()));
    }
    let well = format!(r#"{{"status":"ok","version":"{version}","services":{{"redis":"ok"}}}}"#);
    assert_eq!(fetch(vec![up("redis")], "/health?strict=1").await, (StatusCode::OK, well));
}

#[tokio::test]
async fn being_alive_does_not_depend_on_a_database() {
    for path in ["/healthz", "/livez", "/-/healthy"] {
        assert_eq!(
            fetch(vec![down("db-api")], path).await,
            (StatusCode::OK, r#"{"status":"ok"}"#.to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_scheduler_that_stands_still_is_no_life() {
    let late = || vec![Late { target: "orders".to_owned(), silence: Duration::from_secs(61) }];
    let detailed = liveness(late(), None);
    assert_eq!(detailed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(detailed).await, r#"{"status":"error","late":[{"target":"orders","silence_seconds":61}]}"#);
    assert_eq!(text(liveness(late(), Some(Undetailed))).await, r#"{"status":"error"}"#);
}

#[tokio::test]
async fn ready_means_that_every_target_was_probed_once() {
    for path in ["/readyz", "/-/ready"] {
        let waiting = r#"{"status":"starting","waiting_for":1}"#.to_owned();
        assert_eq!(fetch(all(), path).await, (StatusCode::SERVICE_UNAVAILABLE, waiting), "{path}");
        assert_eq!(fetch(vec![down("a")], path).await, (StatusCode::OK, r#"{"status":"ok"}"#.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn the_details_have_four_checks_with_their_figures() {
    let (status, all) = fetch_json(all(), "/health/detailed").await;
    assert_eq!((status, &all["status"]), (StatusCode::OK, &json!("degraded")));
    assert!(all["timestamp"].as_str().is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()), "{all}");
    let redis = &all["services"]["redis"];
    assert_eq!(
        (&redis["status"], &redis["engine"], &redis["duration_ms"]),
        (&json!("ok"), &json!("postgres"), &json!(7.5))
    );
    assert_eq!(
        redis["checks"]["connectivity"],
        json!({"status": "ok", "address": "10.0.0.5:5432", "tcp_ms": 0.25, "ping_ms": 0.5, "certificate_days_left": 29})
    );
    assert_eq!(redis["checks"]["query_performance"], json!({"status": "ok", "write_ms": 2.0, "read_ms": 1.0}));
    assert_eq!(
        redis["checks"]["connection_pool"],
        json!({"status": "ok", "connections": 90, "max": 100, "utilization_percent": 90.0})
    );
    assert_eq!(
        redis["checks"]["database_resources"],
        json!({"status": "ok", "version": "15.20", "role": "primary", "read_only": false, "size_bytes": 8192,
               "replication_lag_seconds": 1.5})
    );
    let orders = &all["services"]["orders"]["checks"]["query_performance"];
    assert_eq!((&orders["status"], &orders["failure"]["advice"]), (&json!("degraded"), &json!("grant INSERT")));
    assert_eq!(all["services"]["new"], json!({"status": "error", "checks": {}}));
    let lost = &all["services"]["db-api"]["checks"];
    assert_eq!(lost["connectivity"]["failure"]["class"], json!("refused"));
    assert_eq!(lost.as_object().map(|checks| checks.len()), Some(1), "{lost}");
}

#[tokio::test]
async fn the_details_of_one_service_can_be_asked_for() {
    let (_, one) = fetch_json(all(), "/health/detailed?service=redis").await;
    let names: Vec<&str> = one["services"].as_object().expect("services").keys().map(String::as_str).collect();
    assert_eq!((names, &one["status"]), (vec!["redis"], &json!("ok")));
    let (status, none) = fetch_json(all(), "/health/detailed?service=hunter2").await;
    assert_eq!((status, none["error"].is_string()), (StatusCode::NOT_FOUND, true));
}

#[tokio::test]
async fn the_list_of_targets_is_an_array_of_reports_under_their_configured_names() {
    let (status, text) = fetch(all(), "/api/v1/targets").await;
    let reports: Vec<Report> = serde_json::from_str(&text).expect("reports");
    let seen: Vec<(&str, &str)> =
        reports.iter().map(|report| (report.target.as_str(), report.status().as_str())).collect();
    let expected = [("redis", "up"), ("db-api", "down"), ("orders", "degraded"), ("new", "unknown")];
    assert_eq!((status, seen), (StatusCode::OK, expected.to_vec()));
    assert_eq!(fetch(Vec::new(), "/api/v1/targets").await.1, "[]\n");
}

#[tokio::test]
async fn a_target_has_its_report_and_its_history() {
    let records = || vec![up("db one/two")];
    let (status, one) = fetch_json(records(), "/api/v1/targets/db%20one%2Ftwo").await;
    assert_eq!(
        (status, &one["target"], &one["schema"]),
        (StatusCode::OK, &json!("db one/two"), &json!("dbprobe.report/v1"))
    );
    let (_, history) = fetch_json(records(), "/api/v1/targets/db%20one%2Ftwo/history").await;
    let history = history.as_array().expect("an array");
    assert_eq!((history.len(), &history[0]["target"]), (2, &json!("db one/two")));
    for path in ["/api/v1/targets/%3Cb%3E", "/api/v1/targets/%3Cb%3E/history"] {
        let (status, text) = fetch(records(), path).await;
        assert_eq!((status, text.contains("<b>")), (StatusCode::NOT_FOUND, false), "{text}");
    }
}

#[tokio::test]
async fn json_may_not_be_kept() {
    for path in
        ["/healthz", "/health", "/health/detailed", "/api/v1/targets", "/api/v1/targets/redis", "/api/v1/targets/x"]
    {
        let response = answer(all(), request(path)).await;
        let headers =
            (response.headers()[header::CONTENT_TYPE].clone(), response.headers()[header::CACHE_CONTROL].clone());
        assert_eq!(
            headers,
            ("application/json".parse().expect("a value"), "no-store".parse().expect("a value")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn metrics_come_in_the_format_that_was_asked_for() {
    let ask = |accept: &str| Request::get("/metrics").header("accept", accept).body(Body::empty()).expect("a request");
    let plain = answer(all(), ask("*/*")).await;
    assert_eq!(plain.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    let open = answer(all(), ask("application/openmetrics-text;version=1.0.0")).await;
    assert_eq!(open.headers()[header::CONTENT_TYPE], "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

/// The text of a compressed answer; it has to be whole.
async fn unpacked(response: Response<Body>) -> String {
    let packed = response.into_body().collect().await.expect("a body").to_bytes();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*packed).read_to_string(&mut text).expect("it has an end");
    text
}

#[tokio::test]
async fn a_long_answer_is_compressed_where_the_client_can_read_it() {
    let records = || (0..50).map(|number| up(&format!("target-{number}"))).collect::<Vec<_>>();
    let ask = |path: &str| Request::get(path).header("accept-encoding", "gzip").body(Body::empty()).expect("a request");
    let long = answer(records(), ask("/health/detailed")).await;
    assert_eq!(long.headers().get(header::CONTENT_ENCODING).map(|value| value.as_bytes()), Some(&b"gzip"[..]));
    let plain = text(answer(records(), request("/health/detailed")).await).await;
    assert_eq!(unpacked(long).await.len(), plain.len());
    // This one comes in pieces.
    let pieces = unpacked(answer(records(), ask("/metrics")).await).await;
    assert!(pieces.starts_with("# HELP db_up") && pieces.contains("target-49"), "{}", pieces.len());
    let short = answer(records(), ask("/healthz")).await;
    assert_eq!(short.headers().get(header::CONTENT_ENCODING), None);
    let unasked = answer(records(), request("/health/detailed")).await;
    assert_eq!(unasked.headers().get(header::CONTENT_ENCODING), None);
}

#[tokio::test]
async fn head_has_no_body_and_a_wrong_method_names_the_right_ones() {
    let head = Request::head("/health").body(Body::empty()).expect("a request");
    let response = answer(all(), head).await;
    assert_eq!((response.status(), text(response).await), (StatusCode::OK, String::new()));
    let post = Request::post("/health").body(Body::empty()).expect("a request");
    let response = answer(all(), post).await;
    assert_eq!(
        (response.status(), &response.headers()[header::ALLOW]),
        (StatusCode::METHOD_NOT_ALLOWED, &"GET,HEAD".parse().expect("a value"))
    );
    assert_eq!(fetch(all(), "/nothing/here").await.0, StatusCode::NOT_FOUND);
}

fn reload(headers: &[(&str, &str)]) -> Request<Body> {
    let request =
        headers.iter().fold(Request::post("/-/reload"), |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn a_reload_answers_when_the_configuration_is_in_force() {
    for (result, status, shown) in [
        (Ok(()), StatusCode::OK, "the configuration was read again\n"),
        (
            Err("dbprobe.yaml:3:1: unknown key".to_owned()),
            StatusCode::INTERNAL_SERVER_ERROR,
            "dbprobe.yaml:3:1: unknown key\n",
        ),
    ] {
        let (service, mut reloads) = service(all());
        let reloader = tokio::spawn(async move { reloads.recv().await.expect("a request").send(result) });
        let response = router(service).oneshot(reload(&[])).await.expect("an answer");
        assert_eq!((response.status(), text(response).await), (status, shown.to_owned()));
        assert_eq!(reloader.await.expect("sent"), Ok(()));
    }
}

#[tokio::test]
async fn no_web_page_can_have_the_configuration_read_again() {
    for headers in [[("origin", "https://evil.example")], [("origin", "null")], [("sec-fetch-site", "cross-site")]] {
        assert_eq!(answer(all(), reload(&headers)).await.status(), StatusCode::FORBIDDEN, "{headers:?}");
    }
    let response = answer(all(), request("/-/reload")).await;
    assert_eq!(
        (response.status(), &response.headers()[header::ALLOW]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST,PUT".parse().expect("a value"))
    );
}

#[tokio::test]
async fn no_route_shows_a_password() {
    for path in [
        "/",
        "/metrics",
        "/health",
        "/health/detailed",
        "/healthz",
        "/readyz",
        "/api/v1/targets",
        "/api/v1/targets/redis",
        "/api/v1/targets/redis/history",
        "/targets/redis",
        "/probe?target=redis&debug=true",
        "/probe?target=hunter2",
        "/probe?target=postgres://app:hunter2@db/orders",
        "/health/detailed?service=hunter2",
        "/api/v1/targets/hunter2",
        "/probe?target=x&module=hunter2",
        "/hunter2",
        "/targets/hunter2",
        "/probe?target=x&target=hunter2",
    ] {
        let response = answer(all(), request(path)).await;
        let headers = format!("{:?}", response.headers());
        let text = text(response).await;
        assert!(!text.contains("hunter2") && !headers.contains("hunter2"), "{path}: {headers} {text}");
    }
}
