//! What the servers themselves count.

use dbprobe_testkit::fixture::Missing;

use serde_json::Value;

use crate::world::{COUNT, perf, with};

/// `before` is of an earlier moment.
fn added(before: [u64; 2], after: [u64; 2]) -> [u64; 2] {
    [0, 1].map(|at| after[at] - before[at])
}

pub(crate) fn statements() -> Result<(), Missing> {
    with(|world| {
        let before = world.counted();
        for server in world.with_queries() {
            let (finished, json) =
                perf(&server.dsn(), &["--warmup", "7", "-n", "30", "--allow-writes", "--query", COUNT]);
            assert_eq!(finished.code, Some(0), "{json:#}");
            all_measured(&json, &["count", "write", "read"]);
        }
        assert_eq!(added(before, world.counted()), [37; 2]);
        let calls = || ["ping", "hincrby", "hmget"].map(|command| world.calls(command));
        let before = calls();
        let (finished, json) = perf(&world.redis.dsn(), &["--warmup", "7", "-n", "30"]);
        assert_eq!(finished.code, Some(0), "{json:#}");
        all_measured(&json, &["write", "read"]);
        let after = calls();
        // One ping when the session was opened.
        assert_eq!([0, 1, 2].map(|at| after[at] - before[at]), [1 + 37, 37, 37]);
        world.until_alone();
    })
}

fn all_measured(json: &Value, operations: &[&str]) {
    let measured = operations.iter().map(|name| &json["query_performance"][name]);
    for one in measured.chain([&json["connection_metrics"]["ping"]]) {
        assert_eq!((&one["n"], &one["errors"]), (&30.into(), &0.into()), "{json:#}");
    }
}

pub(crate) fn connections() -> Result<(), Missing> {
    with(|world| {
        let total = || {
            let told = world.mysql("SHOW GLOBAL STATUS LIKE 'Connections'");
            told.split_whitespace().last().and_then(|count| count.parse::<u64>().ok()).expect("a number")
        };
        let before = total();
        let (_, json) = perf(&world.mariadb.dsn(), &["-n", "20", "--no-write"]);
        assert_eq!(json["connection_metrics"]["connect"]["n"], 20, "{json:#}");
        // The session that is measured on, the connect that warms up, and the client that asks the server.
        assert_eq!(total() - before, 20 + 1 + 1 + 1);
        let phases = json["connection_metrics"]["phases"].as_object().expect("phases");
        assert!(phases.contains_key("tcp") && phases.contains_key("auth"), "{phases:?}");
        world.until_alone();
    })
}

pub(crate) fn concurrency() -> Result<(), Missing> {
    with(|world| {
        let before = world.counted();
        for server in world.servers() {
            let options = ["--warmup", "5", "-n", "33", "--concurrency", "4"];
            let query: &[&str] =
                if server.dsn().starts_with("redis") { &[] } else { &["--allow-writes", "--query", COUNT] };
            let (finished, json) = perf(&server.dsn(), &[&options, query].concat());
            assert_eq!(finished.code, Some(0), "{json:#}");
            let pool = &json["pool_efficiency"];
            assert_eq!((&pool["concurrency"], &pool["measurement"]["n"]), (&4.into(), &33.into()), "{json:#}");
            assert!(pool["scaling_ratio"].is_number() && pool["saving_percent"].is_number(), "{pool:#}");
        }
        assert_eq!(added(before, world.counted()), [38; 2]);
        world.until_alone();
    })
}
