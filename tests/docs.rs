//! The examples of `docs/tasks.md`: every command whose output is shown runs on a real PostgreSQL, and what is shown is there.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::process::ExitCode;

use dbprobe_testkit::binary::{dbprobe, run};
use dbprobe_testkit::containers::Postgres;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::trials::Trials;
use serde_json::Value;

const PAGE: &str = include_str!("../docs/tasks.md");

fn main() -> ExitCode {
    Trials::new("docs", "PostgreSQL 17 by the page on the tasks")
        .test("every_json_that_is_shown_is_true", examples)
        .main()
}

/// A command of the page, and the document that stands below it.
struct Example {
    line: &'static str,
    shown: Value,
}

fn examples() -> Result<(), Missing> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let server = runtime.block_on(Postgres::alone("17"))?;
    let found = read();
    assert_eq!(found.len(), 7, "an example for each task");
    for Example { line, shown } in found {
        let mut command = dbprobe();
        command.args(words(line)).env("ORDERS_DSN", server.dsn());
        let finished = run(&mut command);
        assert_eq!(finished.code, Some(0), "{line}: {finished:#?}");
        holds(&shown, &finished.json(), line);
    }
    Ok(())
}

/// The shell lines that end in `-o json`, each with the JSON that follows.
fn read() -> Vec<Example> {
    let mut blocks = PAGE.split("```").skip(1).step_by(2).peekable();
    let mut found = Vec::new();
    while let Some(block) = blocks.next() {
        let line = block.strip_prefix("sh\n").map(str::trim).filter(|line| line.ends_with("-o json"));
        let json = blocks.peek().and_then(|next| next.strip_prefix("json\n"));
        if let (Some(line), Some(json)) = (line, json) {
            found.push(Example { line, shown: serde_json::from_str(json).expect(line) });
        }
    }
    found
}

/// The arguments of a line, with what stands between single quotes as one.
fn words(line: &'static str) -> Vec<&'static str> {
    let quoted = line.split('\'').enumerate();
    let parts = quoted.flat_map(|(at, part)| if at % 2 == 0 { part.split_whitespace().collect() } else { vec![part] });
    let words: Vec<&str> = parts.collect();
    assert_eq!(words.first(), Some(&"dbprobe"), "{line}");
    words[1..].to_vec()
}

/// Fails where `shown` has a member that `real` does not have, or one of another kind. The names of a schema, of a
/// status and of other fixed words have to be the same.
fn holds(shown: &Value, real: &Value, at: &str) {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            for (name, value) in shown {
                let place = format!("{at}: {name}");
                holds(value, real.get(name).unwrap_or_else(|| panic!("{place} is not there: {real:#?}")), &place);
            }
        }
        (Value::Array(shown), Value::Array(real)) => {
            if let Some(first) = shown.first() {
                holds(first, real.first().unwrap_or_else(|| panic!("{at} is empty")), at);
            }
        }
        (Value::String(shown), Value::String(real)) if FIXED.iter().any(|name| at.ends_with(name)) => {
            assert_eq!(shown, real, "{at}");
        }
        (shown, real) => {
            assert_eq!(std::mem::discriminant(shown), std::mem::discriminant(real), "{at}: {shown} and {real}");
        }
    }
}

/// The members whose words are the same everywhere.
const FIXED: &[&str] = &[
    ": answer",
    ": check",
    ": check_status",
    ": connection",
    ": engine",
    ": outcome",
    ": overall_status",
    ": pool_health",
    ": query_test",
    ": role",
    ": rung",
    ": schema",
    ": state",
    ": status",
];
