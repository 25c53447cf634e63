//! Every example is run as a stranger would run it, and its answer is looked at.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod example;

mod readyz;

use std::process::ExitCode;

use dbprobe_testkit::binary::run;
use dbprobe_testkit::containers::{Node, Recipe};
use dbprobe_testkit::environment;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::trials::Trials;
use serde_json::Value;
use tokio::runtime::Builder;

use crate::example::{cargo, example};

fn main() -> ExitCode {
    Trials::new("embedding", "the examples of the library")
        .test("an_engine_of_one_s_own_is_probed_like_the_others", own_engine)
        .test("a_command_prints_reports_and_exits_with_the_worst", command)
        .test("a_command_without_arguments_is_a_usage_error", usage)
        .test("a_readiness_route_follows_its_database", readyz::follows)
        .test("a_readiness_route_is_no_load_generator", readyz::asks_once)
        .test("a_test_waits_for_its_container_and_uses_it", container)
        .main()
}

fn own_engine() -> Result<(), Missing> {
    let ended = run(&mut example("own_engine"));
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let steps = ["resolve", "tcp", "ping", "write", "read", "inspect", "close"].map(|phase| format!("{phase}: passed"));
    assert_eq!(lines.get(..steps.len()), Some(&steps.each_ref().map(String::as_str)[..]), "{ended:#?}");
    assert!(lines[7].starts_with("lines://127.0.0.1:") && lines[7].ends_with(" is up, version 1.0"), "{ended:#?}");
    assert!(lines[8].starts_with("and without its server it is down: tcp: "), "{ended:#?}");
    assert!(lines[8].ends_with(", class refused") && lines.len() == 9, "{ended:#?}");
    Ok(())
}

fn command() -> Result<(), Missing> {
    let directory = tempfile::tempdir().expect("a directory");
    let good = format!("file:{}/demo.db?mode=rwc", directory.path().display());
    for (targets, code, statuses) in [
        (&[good.as_str()][..], 0, &["up"][..]),
        (&[&good, "file:/does/not/exist.db"], 2, &["up", "down"]),
        (&["nothing-like-a-dsn", &good], 3, &["unknown", "up"]),
        (&["@env:EXAMPLE_DSN"], 0, &["up"]),
    ] {
        let ended = run(example("cli").args(targets).env("EXAMPLE_DSN", &good));
        assert_eq!(ended.code, Some(code), "{ended:#?}");
        let reports: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let seen: Vec<&str> = reports.iter().filter_map(|report| report["status"].as_str()).collect();
        assert_eq!(seen, statuses, "{ended:#?}");
        assert!(reports.iter().all(|report| report["schema"] == "dbprobe.report/v1"), "{ended:#?}");
    }
    Ok(())
}

fn usage() -> Result<(), Missing> {
    let ended = run(&mut example("cli"));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""), "{ended:#?}");
    assert!(ended.stderr.starts_with("usage: "), "{ended:#?}");
    Ok(())
}

/// The test is another process of cargo's, since `#[tokio::test]` cannot say that there is no server for it.
fn container() -> Result<(), Missing> {
    let image = environment::image("postgres", Some("17"), "postgres:17");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let recipe = Recipe::new(&image, 5432).variable("POSTGRES_PASSWORD", "s3cret");
    runtime.block_on(async { Node::start(recipe).await.map(drop) })?;

    let mut test = cargo("test");
    test.args(["--test", "container"]).env("POSTGRES_IMAGE", image);
    let ended = run(&mut test);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.contains("1 passed"), "{ended:#?}");
    Ok(())
}
