//! What the routes besides `/metrics` answer.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::proxy::{Mode, Proxy};
use dbprobe_testkit::serve::{Exposition, Request, Serve};
use serde_json::{Value, json};

use crate::config::Config;
use crate::world::{TARGETS, all_up, probes, with};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const NOBODY: &str = "postgres://127.0.0.1:1/x";
/// The checks of `/health/detailed`.
const CHECKS: [&str; 4] = ["connection_pool", "connectivity", "database_resources", "query_performance"];

pub(crate) fn health() -> Result<(), Missing> {
    with(|world| {
        let serve = Serve::start(&world.config().text());
        serve.until("all targets up", &["db_status"], |metrics| all_up(metrics, &TARGETS));
        let services: Value = TARGETS.iter().map(|target| ((*target).to_owned(), json!("ok"))).collect();
        let answer = serve.get("/health");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json(), json!({"status": "ok", "version": VERSION, "services": services}));
        assert_eq!(serve.get("/health?strict=1").status, 200);
        for path in ["/healthz", "/livez", "/-/healthy"] {
            let answer = serve.get(path);
            assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("ok")), "{path}");
        }
        detailed(&serve);
        drop(serve);
        unhealthy(&world.redis.dsn());
    })
}

fn detailed(serve: &Serve) {
    let all = serve.get("/health/detailed");
    assert_eq!(all.status, 200, "{}", all.text());
    let one = serve.get("/health/detailed?service=db-postgres");
    assert_eq!(one.status, 200, "{}", one.text());
    for check in CHECKS {
        let found = find(&one.json(), check).cloned().unwrap_or_default();
        assert!(found["status"].is_string(), "{check}: {}", one.text());
    }
    assert!(all.text().contains("db-redis") && !one.text().contains("db-redis"), "{}", one.text());
    assert_eq!(serve.get("/health/detailed?service=stranger").status, 404);
}

/// The value of a key, wherever in a document it is.
fn find<'a>(document: &'a Value, key: &str) -> Option<&'a Value> {
    match document {
        Value::Object(map) => map.get(key).or_else(|| map.values().find_map(|value| find(value, key))),
        Value::Array(list) => list.iter().find_map(|value| find(value, key)),
        _ => None,
    }
}

fn unhealthy(dsn: &str) {
    let serve = Serve::start(&Config::new().target("redis", dsn).target("db-api", NOBODY).text());
    serve.until("one up, one down", &["db_status"], |metrics| {
        (metrics.status("redis"), metrics.status("db-api")) == (Some("up"), Some("down"))
    });
    let expected = json!({"status": "degraded", "version": VERSION, "services": {"redis": "ok", "db-api": "error"}});
    let answer = serve.get("/health");
    assert_eq!((answer.status, answer.json()), (200, expected.clone()));
    let strict = serve.get("/health?strict=1");
    assert_eq!((strict.status, strict.json()), (503, expected));
    // No database can make the process itself look dead.
    assert_eq!(serve.get("/healthz").json()["status"], "ok");
}

pub(crate) fn reports() -> Result<(), Missing> {
    with(|world| {
        let serve = Serve::start(&world.config().text());
        serve.until("all targets up", &["db_status"], |metrics| all_up(metrics, &TARGETS));
        let all = serve.get("/api/v1/targets").json();
        let reports = all.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut names: Vec<&str> = reports.iter().filter_map(|report| report["target"].as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, TARGETS, "{all:#}");
        let one = serve.get("/api/v1/targets/db-postgres").json();
        assert_eq!(one["schema"], "dbprobe.report/v1");
        assert_eq!(
            (&one["engine"], &one["status"], &one["role"]),
            (&json!("postgres"), &json!("up"), &json!("primary"))
        );
        assert_eq!(one["metrics"]["db_up"], 1);
        let history = serve.get("/api/v1/targets/db-postgres/history");
        assert_eq!(history.status, 200, "{}", history.text());
        assert!(history.json().is_array() || history.json().is_object());
        assert_eq!(serve.get("/api/v1/targets/stranger").status, 404);
        assert_eq!(serve.get("/nowhere").status, 404);
        for path in ["/", "/targets/db-postgres"] {
            let page = serve.get(path);
            assert_eq!(page.status, 200, "{path}");
            assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{path}");
            assert!(page.header("content-security-policy").is_some() && page.text().contains("db-postgres"), "{path}");
        }
    })
}

pub(crate) fn ready() -> Result<(), Missing> {
    // A listener that never answers keeps the first probe under way until the test lets it end.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = Proxy::start(silent.local_addr().expect("an address")).expect("a proxy");
    proxy.set(Mode::Swallow);
    let dsn = format!("redis://{}", proxy.address());
    let serve = Serve::start(&Config::new().timeout("50s").target("slow", &dsn).text());
    for path in ["/readyz", "/-/ready"] {
        assert_eq!(serve.get(path).status, 503, "{path}");
    }
    assert_eq!(serve.get("/metrics").status, 200);
    proxy.set(Mode::Reset);
    serve.until("the end of the first probe", &["db_probes"], |metrics| probes(metrics, "slow") >= 1.0);
    for path in ["/readyz", "/-/ready"] {
        assert_eq!(serve.get(path).status, 200, "{path}");
    }
    Ok(())
}

pub(crate) fn probe() -> Result<(), Missing> {
    with(|world| {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let hung = format!("redis://{}", silent.local_addr().expect("an address"));
        let config = Config::new().timeout("50s").target("db-redis", &world.redis.dsn());
        let serve = Serve::start(&config.target("hung", &hung).target("nobody", NOBODY).text());
        let probed = |path: &str| {
            let answer = serve.get(path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            Exposition::parse(&answer.text()).expect("the text format")
        };
        let metrics = probed("/probe?target=db-redis");
        assert_eq!(metrics.value("probe_success", &[]), Some(1.0));
        assert!(metrics.value("probe_duration_seconds", &[]).is_some_and(|seconds| seconds > 0.0));
        assert_eq!(metrics.status("db-redis"), Some("up"));
        assert_eq!(metrics.status("nobody"), None, "another target's families");
        assert_eq!(probed("/probe?target=nobody").value("probe_success", &[]), Some(0.0));
        assert!(serve.get("/probe?target=db-redis&debug=true").text().contains("db-redis"));
        for refused in ["/probe", "/probe?target=stranger", "/probe?target=redis://127.0.0.1:6379"] {
            let status = serve.get(refused).status;
            assert!((400..500).contains(&status), "{refused}: {status}");
        }
        // Long before the target's own fifty seconds are over.
        let began = Instant::now();
        let limited = Request::get("/probe?target=hung").header("X-Prometheus-Scrape-Timeout-Seconds", "2");
        let answer = serve.send(&limited);
        let metrics = Exposition::parse(&answer.text()).expect("the text format");
        assert_eq!((answer.status, metrics.value("probe_success", &[])), (200, Some(0.0)), "{}", answer.text());
        assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    })
}
