//! The measured service as a process, under load and without its database, against what PostgreSQL says of itself.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod agreement;
mod client;
mod database;
mod outage;
mod service;

use std::process::ExitCode;

use dbprobe_testkit::trials::Trials;

fn main() -> ExitCode {
    Trials::new("content-service", "the example on PostgreSQL")
        .test("its_figures_agree_with_the_servers_own", agreement::its_figures_agree_with_the_servers_own)
        .test("its_health_follows_the_database", outage::its_health_follows_the_database)
        .test("a_refused_log_in_does_not_tell_the_password", outage::a_refused_log_in_does_not_tell_the_password)
        .main()
}
