//! One DSN of each engine in one call.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use dbprobe_testkit::binary::{dbprobe, run};
use dbprobe_testkit::conformance::Serving;
use dbprobe_testkit::fixture::Missing;
use serde_json::Value;

const COMMAND: [&str; 4] = ["check", "--output", "ndjson", "--create-health-table"];

/// The status of each engine's target.
fn statuses(reports: &[Value]) -> BTreeMap<&str, &str> {
    reports.iter().filter_map(|report| Some((report["engine"].as_str()?, report["status"].as_str()?))).collect()
}

fn reports(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).expect("a line is a report")).collect()
}

/// All are probed at once, and a target that never answers costs the others nothing.
pub(crate) fn check(servers: Vec<Serving>) -> Result<(), Missing> {
    let dsns = || servers.iter().map(Serving::dsn);
    let finished = run(dbprobe().args(COMMAND).args(["--timeout", "20s"]).args(dsns()));
    let all = reports(&finished.stdout);
    let expected: BTreeMap<&str, &str> = servers.iter().map(|server| (server.engine(), "up")).collect();
    assert_eq!((finished.code, statuses(&all)), (Some(0), expected.clone()), "{}{}", finished.stdout, finished.stderr);

    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hung = format!("postgres://app:x@{}/orders", silent.local_addr().expect("an address"));
    let mut command = dbprobe();
    command.args(COMMAND).args(["--timeout", "60s", &hung]).args(dsns()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the command");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().take(servers.len());
    let early: String = lines.map(|line| line.expect("text") + "\n").collect();
    // The first of the targets still hangs when all others are there to read.
    assert_eq!(child.try_wait().expect("a child"), None, "the target that hangs has ended");
    child.kill().and_then(|()| child.wait()).expect("its end");
    assert_eq!(statuses(&reports(&early)), expected, "{early}");
    Ok(())
}
