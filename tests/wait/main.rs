//! `dbprobe wait` as a process, started before the containers that it waits for: it returns when a real client succeeds at
//! once, and never while an image's temporary server sets the database up.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]
#![allow(dead_code, reason = "what Unix sockets need is not there on other systems")]

mod client;
mod container;

mod product;
mod waiting;

mod commands;
mod faults;
mod start;

use std::process::ExitCode;

use dbprobe_testkit::trials::Trials;

fn main() -> ExitCode {
    Trials::new("wait", "PostgreSQL, MySQL, MariaDB and Redis as they start")
        .test("postgres_over_tcp_is_ready_when_a_real_client_succeeds", start::postgres)
        .test("mysql_over_tcp_is_ready_when_a_real_client_succeeds", start::mysql)
        .test("mariadb_over_tcp_is_ready_when_a_real_client_succeeds", start::mariadb)
        .test("redis_over_tcp_is_ready_when_a_real_client_succeeds", start::redis)
        .test("postgres_over_a_socket_is_not_ready_while_its_temporary_server_runs", start::postgres_socket)
        .test("mysql_over_a_socket_is_not_ready_while_its_temporary_server_runs", start::mysql_socket)
        .test("mariadb_over_a_socket_is_not_ready_while_its_temporary_server_runs", start::mariadb_socket)
        .test("all_engines_in_one_call_become_the_command", commands::mixed)
        .test("any_is_the_first_and_invert_is_the_end_of_one", commands::any_and_invert)
        .test("a_wrong_password_ends_it_with_2_once_the_server_is_there", faults::wrong_password)
        .test("a_server_that_is_started_again_counts_from_one", faults::started_again)
        .test("a_summary_of_real_servers_has_one_alert_for_one_cause", faults::summary)
        .main()
}
