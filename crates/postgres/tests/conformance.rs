//! The conformance suite on PostgreSQL 15, 17 and 18, with a standby, with TLS, and behind PgBouncer; or on the server that
//! `DBPROBE_TEST_POSTGRES_DSN` names.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

#[path = "conformance/admin.rs"]
mod admin;
#[path = "conformance/peer.rs"]
mod peer;
#[path = "conformance/place.rs"]
mod place;
#[path = "conformance/spellings.rs"]
mod spellings;

#[path = "conformance/server.rs"]
mod server;

#[path = "conformance/faults.rs"]
mod faults;

use std::process::ExitCode;

use dbprobe_testkit::conformance::Suite;
use dbprobe_testkit::containers::Postgres as Containers;
use dbprobe_testkit::environment;
use dbprobe_testkit::fixture::Missing;

use crate::place::{Given, Place};
use crate::server::Postgres;

type Started = Result<Postgres, Missing>;

fn main() -> ExitCode {
    let suite = Suite::new(&dbprobe_postgres::ENGINE).faults(faults::FAULTS);
    let suite = match environment::given_dsn("postgres") {
        Some(dsn) => suite.server("postgres", move || given(dsn.clone())),
        None => suite
            .server("postgres-15", || ours(Containers::with_standby("15")))
            .server("postgres-17", || ours(Containers::alone("17")))
            .server("postgres-18", || ours(Containers::alone("18")))
            .server("postgres-17-tls", || ours(Containers::with_tls("17")))
            .server("pgbouncer", || ours(Containers::pooled("15"))),
    };
    suite.main()
}

async fn ours(containers: impl Future<Output = Result<Containers, Missing>>) -> Started {
    Ok(Postgres::new(Place::Containers(Box::new(containers.await?))).await)
}

async fn given(dsn: String) -> Started {
    Ok(Postgres::new(Place::Given(Box::new(Given::new(&dsn)?))).await)
}
