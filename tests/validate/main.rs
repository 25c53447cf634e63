//! `dbprobe validate` on histories of migrations: written by the tools themselves while the test runs, by them beforehand, or
//! after their documentation where they cannot be had; see `histories/README.md`.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod project;

mod servers;

mod documented;
mod live;
mod odd;
mod recorded;

use std::process::ExitCode;

use dbprobe_testkit::trials::Trials;

use crate::servers::Place;

fn main() -> ExitCode {
    // The suite's name and the server's title are those that `cargo xtask test` knows.
    Trials::new("serve", "migration tools")
        .test("alembic_writes_its_history_into_mariadb_now", || live::alembic(Place::MariaDb))
        .test("alembic_writes_its_history_into_postgres_now", || live::alembic(Place::Postgres))
        .test("django_writes_its_history_into_mariadb_now", || live::django(Place::MariaDb))
        .test("django_writes_its_history_into_postgres_now", || live::django(Place::Postgres))
        .test("rails_writes_its_history_into_mariadb_now", || live::rails(Place::MariaDb))
        .test("rails_writes_its_history_into_postgres_now", || live::rails(Place::Postgres))
        .test("what_a_server_has_to_be_like_is_checked_on_a_real_one", live::prerequisites)
        .test("histories_written_by_dbmate_diesel_refinery_and_sqlx_beforehand", recorded::on_sqlite)
        .test("histories_written_on_mysql_beforehand_in_mariadb", || recorded::on_mysql(Place::MariaDb))
        .test("histories_written_on_mysql_beforehand_in_mysql", || recorded::on_mysql(Place::MySql))
        .test("a_migration_of_sqlx_that_failed_on_mysql_is_dirty_in_mariadb", || recorded::dirty(Place::MariaDb))
        .test("a_migration_of_sqlx_that_failed_on_mysql_is_dirty_in_mysql", || recorded::dirty(Place::MySql))
        .test("white_space_does_not_count_where_sqlx_was_told_so", recorded::white_space)
        .test("a_history_written_by_liquibase_beforehand", recorded::liquibase)
        .test("histories_after_the_documentation_of_the_tools", documented::all)
        .test("a_table_of_others_under_a_history_s_name_is_none", odd::others)
        .test("a_lock_that_was_left_behind_is_told", odd::locks)
        .test("a_history_that_is_too_long_is_not_called_another_tool_s", odd::long)
        .test("every_file_is_seen_once_and_none_is_left_out", odd::directories)
        .test("a_history_in_another_schema_is_not_said_to_be_none", odd::elsewhere)
        .main()
}
