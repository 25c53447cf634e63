//! Every fault of an engine's table.

use dbprobe_core::{Class, Dsn, Phase};
use dbprobe_tasks::{Database, DiagnoseOptions, diagnose};
use dbprobe_testkit::binary::{dbprobe, run};
use dbprobe_testkit::conformance::{Broken, Suite};
use dbprobe_testkit::fixture::{Fixture, Missing};
use dbprobe_testkit::secrecy::assert_no_secret;
use serde_json::Value;

use crate::case::Said;
use crate::{expected, page};

/// Every third set-up is diagnosed by the real binary, the others by the library.
const BY_BINARY: usize = 3;

/// Brings about every fault of `suite` and compares what is said of it.
pub(crate) fn every_fault<F: Fixture>(engine: &str, suite: &Suite<F>) -> Result<(), Missing> {
    let mut all = Vec::new();
    let mut wrong = Vec::new();
    suite.each_fault(|broken| {
        let diagnosis = if all.len() % BY_BINARY == 0 { by_binary(broken) } else { by_library(broken) };
        if let Some(secret) = &broken.secret {
            assert_no_secret(&diagnosis.to_string(), secret);
        }
        // What breaks a database's line may be nothing to one that only looks whether a port is open.
        if diagnosis["status"] == "up" && broken.promised.is_none() && engine == "tcp" {
            return;
        }
        let said = Said::of(engine, broken.fault, &diagnosis);
        wrong.extend(compare(broken, &said, &diagnosis));
        all.push(said);
    })?;
    wrong.extend(expected::compare(engine, &all));
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    page::compare(engine, &all);
    Ok(())
}

fn by_library(broken: &Broken) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let dsn = Dsn::parse(&broken.dsn).expect("the fixture's DSN");
    let driver = (broken.engine.open)(&dsn).expect("the fixture's DSN");
    let database = Database::new(driver).plan(broken.plan.clone()).knowledge(broken.engine.knowledge);
    let diagnosis = runtime.block_on(diagnose(&database, &DiagnoseOptions::default()));
    runtime.shutdown_background();
    serde_json::to_value(&diagnosis).expect("JSON")
}

/// As text with everything, where only secrets are looked for, and as JSON.
fn by_binary(broken: &Broken) -> Value {
    let command = |format: &str| {
        let mut command = dbprobe();
        command.args(["diagnose", "-v", "-o", format]).args(broken.arguments()).arg(&broken.dsn);
        command
    };
    let finished = run(&mut command("json"));
    if let Some(secret) = &broken.secret {
        finished.assert_no_secret(secret);
        // A diagnosis of a fault that takes all of its time is not worth the same time again.
        if finished.took.as_secs() < 1 {
            run(&mut command("text")).assert_no_secret(secret);
        }
    }
    let diagnosis = finished.json();
    let exit = ["up", "degraded", "down", "unknown"].iter().position(|status| diagnosis["status"] == *status);
    assert_eq!(finished.code.map(usize::try_from), exit.map(Ok), "{}: {}", broken.fault, finished.stdout);
    diagnosis
}

/// What is not as the engine's table has it.
fn compare(broken: &Broken, said: &Said, diagnosis: &Value) -> Option<String> {
    let (phase, class, status) = broken.promised.filter(|_| !broken.was_kept)?;
    let seen = (said.rung.as_str(), said.class.as_str(), diagnosis["status"].as_str().unwrap_or_default());
    let right = (rung(broken.engine.name, phase, class), class.as_str(), status.as_str());
    (seen != right)
        .then(|| format!("{} {}: {seen:?} is not {right:?}: {}", broken.engine.name, broken.fault, said.cause))
}

/// Where the ladder has a failure of `phase`.
fn rung(engine: &str, phase: Phase, class: Class) -> &'static str {
    match (engine, phase, class) {
        (_, Phase::Configure, _) => "configure",
        (_, Phase::Resolve, _) => "resolve",
        (_, _, Class::RoleMismatch) => "role",
        (_, _, Class::Threshold) => "capacity",
        (_, Phase::Tcp, _) => "tcp",
        (_, Phase::Tls, Class::Overloaded | Class::Permission) => "auth",
        (_, Phase::Tls, _) => "tls",
        ("tcp", Phase::Inspect, _) => "auth",
        (_, _, Class::Permission) => "privileges",
        (_, Phase::Auth | Phase::Ping | Phase::Write, Class::NotFound) => "database",
        ("sqlite", Phase::Auth, _) => "database",
        (_, Phase::Auth, _) | (_, Phase::Ping, Class::Auth) => "auth",
        (_, Phase::Ping, _) => "database",
        (_, Phase::Write, _) => "write",
        _ => "read",
    }
}
