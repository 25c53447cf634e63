//! The pools' figures against what real servers say of the same connections.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod recorder;
mod world;

mod every;

mod bb8;
mod codes;
mod deadpool;
mod mysql;
mod r2d2;
mod sqlx;
mod unfinished;

use std::process::ExitCode;

use dbprobe_testkit::trials::Trials;

fn main() -> ExitCode {
    let code = Trials::new("instrument-pools", "PostgreSQL 17, MariaDB 11.8 and SQLite")
        .test("deadpool_agrees_with_the_server", deadpool::crowd)
        .test("deadpool_tells_waits_from_dials", deadpool::slow_dial)
        .test("deadpool_tells_waits_from_tests_where_its_manager_is_timed", deadpool::slow_test)
        .test("deadpool_names_the_phase_of_a_time_out", deadpool::time_outs)
        .test("deadpool_counts_failures_by_their_code", deadpool::failures)
        .test("deadpool_replaces_a_killed_session", deadpool::killed)
        .test("deadpool_forgets_a_connection_that_is_taken_out", deadpool::taken)
        .test("bb8_agrees_with_the_server", bb8::crowd)
        .test("bb8_dials_are_measured_beside_the_wait", bb8::slow_dial)
        .test("bb8_names_the_phase_of_a_time_out", bb8::time_outs)
        .test("bb8_replaces_a_killed_session", bb8::killed)
        .test("sqlx_agrees_with_the_server", sqlx::crowd)
        .test("sqlx_queries_on_the_pool_are_measured", sqlx::executor)
        .test("sqlx_transactions_are_uses", sqlx::transactions)
        .test("sqlx_names_the_phase_of_a_time_out_where_it_is_sure", sqlx::time_outs)
        .test("sqlx_replaces_a_killed_session", sqlx::killed)
        .test("mysql_async_agrees_with_the_server", mysql::crowd)
        .test("mysql_async_counts_failures_by_their_code", mysql::failures)
        .test("mysql_async_transactions_are_uses", mysql::transactions)
        .test("r2d2_counts_what_it_hands_out", r2d2::crowd)
        .test("r2d2_dials_and_tests_are_measured", r2d2::timed)
        .test("r2d2_names_the_phase_of_a_time_out", r2d2::time_outs)
        .test("deadpool_parts_with_an_unfinished_health_check", unfinished::deadpool)
        .test("sqlx_parts_with_an_unfinished_health_check", unfinished::sqlx)
        .test("mysql_async_closes_an_unfinished_health_check_itself", unfinished::mysql)
        .test("errors_have_codes_and_never_texts", codes::stable)
        .main();
    world::end();
    code
}
