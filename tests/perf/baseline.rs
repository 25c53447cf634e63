//! Comparing with made-up files.

use dbprobe_testkit::fixture::Missing;
use serde_json::Value;

use crate::world::{perf, with};

pub(crate) fn both_ways() -> Result<(), Missing> {
    with(|world| {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("base.json");
        let path = file.display().to_string();
        let dsn = world.postgres.dsn();
        // Far above all noise, and the same however busy the machine is.
        let options = ["-n", "20", "--warmup", "1", "--no-write", "--query", "slow=SELECT pg_sleep(0.05)"];
        let (finished, _) = perf(&dsn, &[&options[..], &["--save", &path]].concat());
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let saved: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("text")).expect("JSON");
        let write = |milliseconds: f64, engine: &str| {
            let mut made = saved.clone();
            let one = serde_json::json!(
                {"n": 20, "p50_ms": milliseconds, "p90_ms": milliseconds, "p95_ms": milliseconds});
            made["query_performance"] = serde_json::json!({"slow": one});
            made["connection_metrics"] = serde_json::json!({});
            made["engine"] = engine.into();
            std::fs::write(&file, made.to_string()).expect("a file");
        };
        let compared = |limit: &str| {
            let more = ["--baseline", &path, "--fail-regression", limit];
            let (finished, json) = perf(&dsn, &[&options[..], &more].concat());
            (finished.code, json["comparison"].clone())
        };
        write(1.0, "postgres");
        let (code, comparison) = compared("20%");
        assert_eq!((code, &comparison["regression"]), (Some(1), &true.into()), "{comparison:#}");
        let changed: Vec<_> = comparison["changes"].as_array().expect("changes").iter().collect();
        assert_eq!(changed.iter().map(|it| it["percentile"].as_str()).collect::<Vec<_>>(), [Some("p50"), Some("p95")]);
        let (code, comparison) = compared("100000%");
        assert_eq!((code, &comparison["regression"]), (Some(0), &false.into()), "{comparison:#}");
        write(60_000.0, "mysql");
        let (code, comparison) = compared("0%");
        assert_eq!((code, &comparison["regression"]), (Some(0), &false.into()), "{comparison:#}");
        let warnings = comparison["warnings"].as_array().expect("warnings");
        assert_eq!(warnings[0], "the baseline is of another engine: mysql, not postgres");
    })
}
