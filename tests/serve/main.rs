//! `dbprobe serve` as a process over all eight engines, with real servers: what it shows, what it makes of faults, and that
//! a real Prometheus takes it.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]
#![allow(dead_code, reason = "what the fixture of SQL Server has for its suite")]

mod config;
mod world;

mod faults;
mod life;
mod prometheus;
mod reload;
mod routes;
mod secrets;
mod values;

#[path = "../../crates/mssql/tests/conformance/fixture/mod.rs"]
mod mssql;

use std::process::ExitCode;

use dbprobe_testkit::trials::Trials;

fn main() -> ExitCode {
    // The suite's name and the server's title are those of the row in xtask's table of images.
    let code = Trials::new("serve", "all engines before Prometheus")
        .test("every_family_is_there_with_true_values", values::every_family)
        .test("values_are_the_databases_own_answers", values::own_answers)
        .test("health_names_the_services_as_the_configuration_does", routes::health)
        .test("reports_are_served_for_each_target", routes::reports)
        .test("ready_means_that_every_target_was_probed_once", routes::ready)
        .test("a_probe_is_fresh_and_ends_before_the_scrape_does", routes::probe)
        .test("a_frozen_a_blackholed_and_a_refusing_target_cost_the_others_nothing", faults::side_by_side)
        .test("databases_that_are_killed_come_back_by_themselves", faults::kills)
        .test("sigterm_ends_it_within_two_seconds_and_leaves_no_session", life::sigterm)
        .test("a_target_that_did_not_change_keeps_its_session_and_counts", reload::unchanged)
        .test("a_bad_file_leaves_the_old_one_in_force", reload::bad_file)
        .test("no_route_and_no_log_line_holds_a_password", secrets::nowhere)
        .test("promtool_has_nothing_to_say", prometheus::promtool)
        .test("prometheus_scrapes_both_ways_and_series_survive_a_reload", prometheus::scrapes)
        .main();
    world::end();
    code
}
