//! What `perf` measures beside a loop round the bare driver, interleaved in one process and one run: the medians are to be
//! the same within noise, since both send the same statements.
//!
//! Servers are taken from `DBPROBE_TEST_<ENGINE>_DSN`; without it that engine is left out, and says so. Nothing is asserted:
//! the table is to be read, the smallest of several runs above all.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench that cannot begin ends with its place"
)]

use std::time::{Duration, Instant};

use dbprobe::tasks::{Database, Perf, PerfOptions, PerfQuery, perf};
use dbprobe::{Plan, Query, Source};
use mysql_async::prelude::Queryable;
use redis::{Value, pipe};
use tokio::runtime::{Builder, Runtime};

/// How often both take turns.
const TURNS: usize = 10;
/// How often each asks in its turn.
const ITERATIONS: u32 = 1_000;
const WARM_UP: u32 = 100;
/// The user's query.
const QUERY: &str = "SELECT 42";

/// What the engines send, so that both sides ask the same.
const POSTGRES_PING: &str = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', \
     c.relnamespace::regnamespace::text || '.' || quote_ident(c.relname), \
     c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT c.relrowsecurity AND NOT c.relhastriggers \
       AND (pg_get_userbyid(c.relowner) = current_user OR pg_has_role(c.relowner, 10::oid, 'MEMBER') \
         OR c.relowner = (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = current_database())) \
     FROM (SELECT to_regclass('_health_check')::oid AS oid) AS at LEFT JOIN pg_catalog.pg_class c ON c.oid = at.oid";
const POSTGRES_BEGIN: &str =
    "BEGIN READ ONLY; SET LOCAL statement_timeout = 5000; SET LOCAL lock_timeout = 2500; SELECT 1";
const MYSQL_PING: &str = "SELECT @@global.read_only, @@global.innodb_read_only, \
     /*!50720 @@global.super_read_only, @@session.transaction_read_only, NULL*/\
     /*M!100000 0, @@session.tx_read_only, (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS \
       WHERE VARIABLE_NAME = 'SLAVES_RUNNING')*/";

fn main() {
    // `cargo test` runs benches, too, with this word: there is nothing to test.
    if std::env::args().any(|word| word == "--test") {
        return;
    }
    println!(
        "{:<10} {:<6} {:>12} {:>12} {:>7} {:>16}",
        "engine", "what", "bare p50", "perf p50", "ratio", "overhead p50"
    );
    sqlite();
    postgres();
    mysql();
    redis();
}

/// The server of an engine, or why it is left out.
fn server(engine: &str) -> Option<String> {
    let name = format!("DBPROBE_TEST_{}_DSN", engine.to_uppercase());
    let dsn = std::env::var(&name).ok();
    if dsn.is_none() {
        println!("{engine:<10} left out, {name} is not set");
    }
    dsn
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn options(queries: bool) -> PerfOptions {
    let query = queries.then(|| PerfQuery::new("query", Query::read_only(QUERY)));
    let queries = query.into_iter().collect();
    PerfOptions { warm_up: WARM_UP, iterations: ITERATIONS, write: false, queries, ..PerfOptions::default() }
}

/// One turn of `perf`.
fn turn(runtime: &Runtime, dsn: &str, queries: bool) -> Perf {
    let driver = Source::parse(dsn).and_then(|source| source.open(&dbprobe::registry())).expect("a driver");
    let result = runtime.block_on(perf(&Database::new(driver), &options(queries)));
    assert!(result.failed().is_empty() && result.error.is_none(), "{result:#?}");
    result
}

/// The medians of both sides, turn by turn.
#[derive(Default)]
struct Sides {
    bare: Vec<f64>,
    perf: Vec<f64>,
    overhead: Vec<f64>,
}

impl Sides {
    fn perf(&mut self, median_ms: Option<f64>, result: &Perf) {
        self.perf.extend(median_ms.map(|median| median * 1000.0));
        self.overhead.extend(result.overall_assessment.overhead_us);
    }

    fn print(mut self, engine: &str, what: &str) {
        let (bare, perf) = (median(&mut self.bare), median(&mut self.perf));
        let overhead = median(&mut self.overhead);
        println!("{engine:<10} {what:<6} {bare:>9.1} us {perf:>9.1} us {:>7.3} {overhead:>13.2} us", perf / bare);
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of a bare loop, in microseconds.
fn bare(mut ask: impl FnMut()) -> f64 {
    let mut once = || {
        let began = Instant::now();
        ask();
        began.elapsed()
    };
    for _ in 0..WARM_UP {
        once();
    }
    micros((0..ITERATIONS).map(|_| once()))
}

/// The same for a loop inside the runtime, as `perf` is: entering it for each question would be measured, too.
macro_rules! bare_async {
    ($runtime:expr, $ask:expr) => {
        $runtime.block_on(async {
            let mut times = Vec::with_capacity(ITERATIONS as usize);
            for at in 0..WARM_UP + ITERATIONS {
                let began = Instant::now();
                $ask;
                if at >= WARM_UP {
                    times.push(began.elapsed());
                }
            }
            micros(times)
        })
    };
}

fn micros(times: impl IntoIterator<Item = Duration>) -> f64 {
    median(&mut times.into_iter().map(|time| time.as_secs_f64() * 1e6).collect::<Vec<_>>())
}

fn query_median(result: &Perf) -> Option<f64> {
    result.query_performance["query"].distribution.p50_ms
}

fn ping_median(result: &Perf) -> Option<f64> {
    result.connection_metrics.ping.as_ref()?.distribution.p50_ms
}

/// The engine works on a thread of its own, since SQLite blocks: the way there and back is what it takes longer.
fn sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bench.db");
    let dsn = format!("file:{}?mode=rwc", path.display());
    let runtime = runtime();
    let connection = rusqlite::Connection::open(&path).expect("a database");
    let mut query = Sides::default();
    for _ in 0..TURNS {
        query.bare.push(bare(|| {
            let mut statement = connection.prepare(QUERY).expect("a statement");
            let answer: i64 = statement.query_row([], |row| row.get(0)).expect("a row");
            std::hint::black_box(answer);
        }));
        let result = turn(&runtime, &dsn, true);
        query.perf(query_median(&result), &result);
    }
    query.print("sqlite", "query");
}

fn postgres() {
    let Some(dsn) = server("postgres") else { return };
    let runtime = runtime();
    let (client, connection) =
        runtime.block_on(tokio_postgres::connect(&dsn, tokio_postgres::NoTls)).expect("a connection");
    runtime.spawn(connection);
    let (mut ping, mut query) = (Sides::default(), Sides::default());
    for _ in 0..TURNS {
        ping.bare.push(bare_async!(runtime, client.simple_query(POSTGRES_PING).await.expect("an answer")));
        query.bare.push(bare_async!(runtime, {
            client.simple_query(POSTGRES_BEGIN).await.expect("an answer");
            client.query_typed(QUERY, &[]).await.expect("an answer");
            client.simple_query("ROLLBACK").await.expect("an answer")
        }));
        let result = turn(&runtime, &dsn, true);
        ping.perf(ping_median(&result), &result);
        query.perf(query_median(&result), &result);
    }
    ping.print("postgres", "ping");
    query.print("postgres", "query");
}

fn mysql() {
    let Some(dsn) = server("mysql") else { return };
    let runtime = runtime();
    // Until there is a health table, a ping looks for it, too.
    let plan = Plan { create_health_table: true, ..Plan::default() };
    let driver = Source::parse(&dsn).and_then(|source| source.open(&dbprobe::registry())).expect("a driver");
    assert!(runtime.block_on(dbprobe::probe(driver.as_ref(), &plan)).status().answers(), "a server");
    let options = mysql_async::Opts::from_url(&dsn).expect("a URL for the driver, too");
    let options = mysql_async::OptsBuilder::from_opts(options).prefer_socket(false);
    let mut connection = runtime.block_on(mysql_async::Conn::new(options)).expect("a connection");
    let mut ping = Sides::default();
    for _ in 0..TURNS {
        ping.bare.push(bare_async!(runtime, connection.query_drop(MYSQL_PING).await.expect("an answer")));
        let result = turn(&runtime, &dsn, false);
        ping.perf(ping_median(&result), &result);
    }
    runtime.block_on(connection.disconnect()).expect("a goodbye");
    ping.print("mysql", "ping");
}

fn redis() {
    let Some(dsn) = server("redis") else { return };
    let runtime = runtime();
    let client = redis::Client::open(dsn.as_str()).expect("a URL for the driver, too");
    let mut connection = runtime.block_on(client.get_multiplexed_async_connection()).expect("a connection");
    let mut flight = pipe();
    flight.cmd("PING").cmd("INFO").arg("replication");
    let mut ping = Sides::default();
    for _ in 0..TURNS {
        ping.bare.push(bare_async!(runtime, {
            let answer: Value = flight.query_async(&mut connection).await.expect("an answer");
            answer
        }));
        let result = turn(&runtime, &dsn, false);
        ping.perf(ping_median(&result), &result);
    }
    ping.print("redis", "ping");
}
