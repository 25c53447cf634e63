//! The conformance suite on PostgreSQL 15, 17 and 18, with a standby, with TLS, and behind PgBouncer.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

#[path = "conformance/admin.rs"]
mod admin;
#[path = "conformance/peer.rs"]
mod peer;
#[path = "conformance/spellings.rs"]
mod spellings;

#[path = "conformance/server.rs"]
mod server;

#[path = "conformance/faults.rs"]
mod faults;

use std::process::ExitCode;

use dbprobe_testkit::conformance::Suite;
use dbprobe_testkit::containers::Postgres as Containers;

use crate::server::Postgres;

fn main() -> ExitCode {
    Suite::new(&dbprobe_postgres::ENGINE)
        .server("postgres-15", || async { Ok(Postgres::new(Containers::with_standby("15").await?).await) })
        .server("postgres-17", || async { Ok(Postgres::new(Containers::alone("17").await?).await) })
        .server("postgres-18", || async { Ok(Postgres::new(Containers::alone("18").await?).await) })
        .server("postgres-17-tls", || async { Ok(Postgres::new(Containers::with_tls("17").await?).await) })
        .server("pgbouncer", || async { Ok(Postgres::new(Containers::pooled("15").await?).await) })
        .faults(faults::FAULTS)
        .main()
}
