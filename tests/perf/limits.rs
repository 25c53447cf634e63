//! What a run does not do, and what it makes of trouble.

use std::process::Stdio;
use std::time::Duration;

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::proxy::{Mode, Proxy};

use crate::world::{COUNT, command, perf, until, with};

pub(crate) fn writes() -> Result<(), Missing> {
    with(|world| {
        let before = world.counted();
        for (server, class) in world.servers().into_iter().zip(["read_only", "read_only", "unsupported"]) {
            let (finished, json) = perf(&server.dsn(), &["-n", "10", "--query", COUNT]);
            let refused = &json["query_performance"]["count"];
            assert_eq!((finished.code, &refused["n"]), (Some(1), &0.into()), "{json:#}");
            assert_eq!((&refused["errors"], &refused["failure"]["class"]), (&1.into(), &class.into()), "{json:#}");
        }
        assert_eq!(world.counted(), before);
    })
}

pub(crate) fn large() -> Result<(), Missing> {
    with(|world| {
        let queries = [
            // Some gigabytes, were they all read; some that are read and thrown away; one beyond the cap.
            &[
                "huge=SELECT i, repeat('x', 1000) FROM generate_series(1, 3000000) AS i",
                "some=SELECT generate_series(1, 9000)",
                "one=SELECT generate_series(1, 1001)",
            ][..],
            &["huge=SELECT a.seq FROM mysql.help_topic, seq_1_to_1000000 AS a"],
        ];
        for (server, queries) in world.with_queries().into_iter().zip(queries) {
            let queries = queries.iter().flat_map(|query| ["--query", query]);
            let options: Vec<&str> = ["-n", "5", "--warmup", "0", "--no-write"].into_iter().chain(queries).collect();
            let (finished, json) = perf(&server.dsn(), &options);
            assert_eq!(finished.code, Some(0), "{json:#}");
            for (name, query) in
                json["query_performance"].as_object().expect("queries").iter().filter(|(name, _)| *name != "read")
            {
                let told = (&query["n"], &query["errors"], &query["reconnects"], &query["rows"], &query["truncated"]);
                assert_eq!(told, (&5.into(), &0.into(), &0.into(), &1000.into(), &true.into()), "{name}: {json:#}");
            }
        }
        // Rows so wide that the cap of bytes cuts them.
        let wide = ["1000000) FROM generate_series(1, 300)", "20000) FROM mysql.help_topic"];
        for (server, rows) in world.with_queries().into_iter().zip(wide) {
            let query = format!("wide=SELECT repeat('x', {rows}");
            let (finished, json) = perf(&server.dsn(), &["-n", "9", "--no-write", "--query", &query]);
            let query = &json["query_performance"]["wide"];
            let told = (finished.code, &query["n"], &query["errors"], &query["truncated"]);
            assert_eq!(told, (Some(0), &9.into(), &0.into(), &true.into()), "{json:#}");
        }
        // What writes is carried out, however much it answers.
        world.sql("CREATE TABLE large (one text)");
        let insert = "all=INSERT INTO large SELECT repeat('x', 100) FROM generate_series(1, 50000) RETURNING one";
        let (finished, json) =
            perf(&world.postgres.dsn(), &["-n", "1", "--warmup", "0", "--allow-writes", "--query", insert]);
        assert_eq!(finished.code, Some(0), "{json:#}");
        assert_eq!(world.sql("SELECT count(*) FROM large").trim(), "50000");
        world.until_alone();
    })
}

pub(crate) fn killed() -> Result<(), Missing> {
    with(|world| {
        let slow = ["slow=SELECT pg_sleep(0.02)", "slow=SELECT SLEEP(0.02)"];
        let kill_postgres = || {
            let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE application_name = 'dbprobe' AND query LIKE '%pg_sleep(0.02)%' AND state = 'active'";
            world.sql(sql).trim() == "1"
        };
        let kill_mariadb = || {
            let sql = "SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(0.02)%' \
                       AND info NOT LIKE '%processlist%'";
            let found = world.mysql(sql);
            found
                .split_whitespace()
                .next()
                .is_some_and(|id| world.mariadb.ask(&[&format!("--execute=KILL CONNECTION {id}")]).is_ok())
        };
        let kills: [&dyn Fn() -> bool; 2] = [&kill_postgres, &kill_mariadb];
        for ((server, slow), kill) in world.servers().into_iter().zip(slow).zip(kills) {
            let options = ["--warmup", "0", "-n", "200", "--no-write", "--query", slow, "-o", "json"];
            let child = command(&server.dsn(), &options).stdout(Stdio::piped()).spawn().expect("it starts");
            until("a statement to kill", kill);
            let output = child.wait_with_output().expect("its end");
            let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let slow = &json["query_performance"]["slow"];
            assert_eq!(
                (&slow["errors"], &slow["reconnects"], &slow["n"]),
                (&1.into(), &1.into(), &199.into()),
                "{json:#}"
            );
            let classes = slow["errors_by_class"].as_object().expect("classes");
            assert_eq!(classes.values().filter_map(serde_json::Value::as_u64).sum::<u64>(), 1, "{json:#}");
            assert_eq!(output.status.code(), Some(0), "{json:#}");
        }
        world.until_alone();
    })
}

pub(crate) fn gone() -> Result<(), Missing> {
    with(|world| {
        let proxy = Proxy::start(world.redis.address()).expect("a proxy");
        let dsn = world.redis.dsn_at(proxy.address());
        proxy.set(Mode::Delay(Duration::from_millis(2)));
        let options = ["-n", "1000000", "--no-write", "-o", "json"];
        let child = command(&dsn, &options).stdout(Stdio::piped()).spawn().expect("it starts");
        let before = world.calls("ping");
        until("pings", || world.calls("ping") > before + 20);
        proxy.set(Mode::Refuse);
        // What is open is let go by a reset, and nobody listens any more.
        proxy.set(Mode::Reset);
        let output = child.wait_with_output().expect("its end");
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let ping = &json["connection_metrics"]["ping"];
        assert_eq!((&ping["ended_early"], output.status.code()), (&"5 failures in a row".into(), Some(1)), "{json:#}");
        assert!(ping["n"].as_u64().is_some_and(|n| n > 0), "{json:#}");
        let (finished, json) = perf(&dsn, &["-n", "10"]);
        assert_eq!((finished.code, json.get("error").is_some()), (Some(2), true), "{json:#}");
        world.until_alone();
    })
}

pub(crate) fn room() -> Result<(), Missing> {
    with(|world| {
        let (finished, json) = perf(&world.postgres.dsn(), &["-n", "5", "--concurrency", "90"]);
        assert_eq!((finished.code, &json["failure"]["phase"]), (Some(3), &"configure".into()), "{json:#}");
        let error = json["error"].as_str().unwrap_or_default();
        assert!(error.contains("90 sessions are more than half of the"), "{error}");
        let (finished, json) = perf(&world.postgres.dsn(), &["-n", "40", "--concurrency", "20", "--no-write"]);
        assert_eq!((finished.code, &json["pool_efficiency"]["measurement"]["n"]), (Some(0), &40.into()), "{json:#}");
        world.until_alone();
    })
}

pub(crate) fn percentiles() -> Result<(), Missing> {
    with(|world| {
        for server in world.servers() {
            let (_, json) = perf(&server.dsn(), &["-n", "15"]);
            let there = |name: &str| {
                let operations = json["query_performance"].as_object().expect("operations").values();
                let all: Vec<bool> = operations.map(|measured| measured.get(name).is_some()).collect();
                assert!(all.iter().all(|there| *there == all[0]), "{name}: {json:#}");
                all[0]
            };
            let known = ["p50_ms", "p90_ms", "p95_ms", "p99_ms"].map(there);
            assert_eq!(known, [true, true, false, false], "{json:#}");
            let notes = json["notes"].as_array().expect("notes");
            assert!(notes.contains(&"read: 15 samples are too few for p95 (20), p99 (100)".into()), "{notes:?}");
        }
    })
}

#[cfg(unix)]
pub(crate) fn interrupt() -> Result<(), Missing> {
    with(|world| {
        let slow = "slow=SELECT pg_sleep(0.02)";
        let options = ["-n", "1000000", "--concurrency", "4", "--no-write", "--duration", "1h", "--query", slow];
        let child = command(&world.postgres.dsn(), &options).stdout(Stdio::piped()).spawn().expect("it starts");
        until("its session", || world.sessions()[0] > 0);
        let killed = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(killed.expect("kill").success());
        let output = child.wait_with_output().expect("its end");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(143), 0), "figures of a part are no result");
        world.until_alone();
    })
}

#[cfg(not(unix))]
pub(crate) fn interrupt() -> Result<(), Missing> {
    Err(Missing::new("there are no signals on this system"))
}
