//! Every engine and every fault by the command: phase, class, status and exit code are a promise, which `matrix.txt`
//! holds, so that a change of mind shows as a difference. `DBPROBE_UPDATE_MATRIX=1` writes it anew.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]
#![allow(dead_code, reason = "what a fixture has for the suite's other cases")]

mod snapshot;
mod together;

use std::process::ExitCode;

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::trials::Trials;

/// One engine a line: the suite of its crate is a module here.
macro_rules! engines {
    ($($engine:ident $path:literal $suite:expr;)+) => {
        $(#[path = $path] mod $engine;)+

        fn main() -> ExitCode {
            Trials::new("contract", "all engines by the command")
                $(.test(stringify!($engine), || -> Result<(), Missing> {
                    snapshot::compare(stringify!($engine), &$suite.matrix()?);
                    Ok(())
                }))+
                .test("all_engines_in_one_call", || together::check(vec![$($suite.serve()?),+]))
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
