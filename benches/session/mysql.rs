//! MySQL and MariaDB against mysql_async.

use criterion::Criterion;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder};

use crate::{probe, runtime, server};

const STATEMENTS: [&str; 4] = [
    "SELECT @@global.read_only, (SELECT count(*) FROM information_schema.tables \
     WHERE table_schema = DATABASE() AND table_name = '_health_check')",
    "INSERT INTO _health_check (prober, nonce, seq, checked_at) VALUES ('bare', 'n', 1, now(6)) \
     ON DUPLICATE KEY UPDATE nonce = VALUES(nonce), seq = LAST_INSERT_ID(seq + 1), checked_at = VALUES(checked_at)",
    "SELECT nonce = 'n', seq FROM _health_check WHERE prober = 'bare'",
    "SELECT version(), @@global.max_connections, @@global.read_only",
];

pub(crate) fn bench(criterion: &mut Criterion) {
    let Some(dsn) = server("mysql") else { return };
    probe(criterion, "mysql", &dsn);
    let runtime = runtime();
    let options = Opts::from_url(&dsn).expect("a URL for the driver, too");
    let options = OptsBuilder::from_opts(options).prefer_socket(false);
    let mut connection = runtime.block_on(Conn::new(options)).expect("a connection");
    criterion.bench_function("mysql/bare", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                for statement in STATEMENTS {
                    connection.query_drop(statement).await.expect("an answer");
                }
            });
        });
    });
    runtime.block_on(connection.disconnect()).expect("a goodbye");
}
