//! `diagnose` on every fault of every engine's table, brought about for real: the rung, the class, a cause and a next
//! command for all of them, and for those of [`expected`] the words of both, which `docs/diagnose.md` shows.
//! `DBPROBE_UPDATE_DIAGNOSE=1` writes its table anew.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]
#![allow(dead_code, reason = "what a fixture has for the suite's other cases")]

mod case;
mod page;

mod expected;

mod climb;
mod files;
mod pooled;

use std::process::ExitCode;

use dbprobe_testkit::trials::Trials;

/// One engine a line: the suite of its crate is a module here.
macro_rules! engines {
    ($($engine:ident $path:literal $suite:expr;)+) => {
        $(#[path = $path] mod $engine;)+

        fn main() -> ExitCode {
            Trials::new("diagnose", "all engines by diagnose")
                $(.test(stringify!($engine), || climb::every_fault(stringify!($engine), &$suite)))+
                .test("files", files::every_file)
                .test_where_possible("files_of_others", files::of_others)
                .test_where_possible("full_disk", files::on_a_full_disk)
                .test("pgbouncer", pooled::every_refusal)
                .main()
        }
    };
}

engines! {
    http "../../crates/http/tests/conformance/fixture/mod.rs" http::suite();
    mssql "../../crates/mssql/tests/conformance/fixture/mod.rs" mssql::suite();
    mysql "../../crates/mysql/tests/conformance/fixture/mod.rs" mysql::suite();
    postgres "../../crates/postgres/tests/conformance/fixture/mod.rs" postgres::suite();
    redis "../../crates/redis/tests/conformance/fixture/mod.rs" redis::suite();
    smtp "../../crates/smtp/tests/conformance/fixture/mod.rs" smtp::suite();
    sqlite "../../crates/sqlite/tests/conformance/fixture/mod.rs" sqlite::suite("delete");
    tcp "../../crates/tcp/tests/conformance/fixture/mod.rs" tcp::suite();
}
