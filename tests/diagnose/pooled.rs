//! What is said through PgBouncer, and of a DSN with several places.

use dbprobe_testkit::binary::{dbprobe, run};
use dbprobe_testkit::containers::Postgres;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::secrecy::assert_no_secret;
use serde_json::Value;

use crate::case::Said;
use crate::{expected, page};

/// Diagnoses through a pooler what works and what does not.
pub(crate) fn every_refusal() -> Result<(), Missing> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let server = runtime.block_on(Postgres::pooled("15"))?;
    let up = diagnosis(&server.dsn());
    assert_eq!((&up["status"], up.get("cause")), (&Value::from("up"), None), "{up:#}");
    assert_eq!(up["connectivity"]["proxy"], "PgBouncer or another pooler", "{up:#}");
    let ahead = up["connectivity"]["clock_ahead_seconds"].as_f64().expect("a clock");
    assert!(ahead.abs() < 5.0, "containers have this machine's clock: {ahead}");

    let (user, password, database) = (Postgres::USER, Postgres::PASSWORD, Postgres::DATABASE);
    let several = |password| {
        let after = format!("127.0.0.1:1,{}", server.address());
        server.dsn_of(user, password, database).replacen(&server.address().to_string(), &after, 1)
    };
    let refusals = [
        ("a_wrong_password", server.dsn_of(user, "wr0ng", database)),
        ("an_unknown_user", server.dsn_of("nobody", "wr0ng", database)),
        ("an_unknown_database", server.dsn_of(user, password, "nope")),
        ("the_pooler_s_console", server.dsn_of(user, password, "pgbouncer")),
        ("a_wrong_password_at_the_second_place", several("wr0ng")),
    ];
    let mut all: Vec<Said> = refusals.iter().map(|(name, dsn)| Said::of("pgbouncer", name, &diagnosis(dsn))).collect();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let last = silent.local_addr().expect("an address");
    let said = Said::of(
        "places",
        "a_silent_one_after_a_closed_one",
        &diagnosis(&format!("postgres://a@127.0.0.1:1,{last}/d")),
    );
    assert!(said.cause.starts_with(&last.to_string()), "{said:?}");
    assert_eq!(said.next, format!("ss -ltnp 'sport = :{}'", last.port()));

    let _paused = runtime.block_on(server.primary().pause());
    all.push(Said::of("pgbouncer", "a_server_behind_it_that_hangs", &diagnosis(&server.dsn())));
    let wrong = expected::compare("pgbouncer", &all);
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    page::compare("pgbouncer", &all);
    Ok(())
}

fn diagnosis(dsn: &str) -> Value {
    let diagnosis = run(dbprobe().args(["diagnose", "-o", "json", "-t", "4s"]).arg(dsn)).json();
    for secret in [Postgres::PASSWORD, "wr0ng"] {
        assert_no_secret(&diagnosis.to_string(), secret);
    }
    diagnosis
}
