//! `dbprobe perf` on PostgreSQL, MariaDB and Redis: what it asks the servers for is what it was told to ask, and nothing
//! is left behind. No test is about how long anything takes.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod world;

mod baseline;
mod counts;
mod limits;
mod secrets;

use std::process::ExitCode;

use dbprobe_testkit::trials::Trials;

fn main() -> ExitCode {
    let code = Trials::new("perf", "PostgreSQL, MariaDB and Redis")
        .test("a_server_sees_the_warm_up_and_the_iterations_and_no_more", counts::statements)
        .test("connections_are_those_of_the_connects_and_the_sessions", counts::connections)
        .test("several_sessions_share_the_iterations_and_all_end", counts::concurrency)
        .test("a_query_that_writes_changes_nothing_unless_it_is_allowed", limits::writes)
        .test("an_answer_of_gigabytes_is_cut", limits::large)
        .test("a_session_that_the_server_ends_is_counted_and_replaced", limits::killed)
        .test("a_server_that_goes_away_ends_the_run_early", limits::gone)
        .test("more_sessions_than_half_of_what_is_free_are_refused", limits::room)
        .test("a_percentile_that_so_few_samples_do_not_allow_is_absent", limits::percentiles)
        .test("an_interrupt_leaves_no_session", limits::interrupt)
        .test("a_baseline_decides_both_ways", baseline::both_ways)
        .test("no_output_and_no_saved_file_holds_the_password", secrets::nowhere)
        .main();
    world::end();
    code
}
