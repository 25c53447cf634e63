//! PostgreSQL against tokio-postgres.

use criterion::Criterion;

use crate::{probe, runtime, server};

pub(crate) fn bench(criterion: &mut Criterion) {
    let Some(dsn) = server("postgres") else { return };
    probe(criterion, "postgres", &dsn);
    let runtime = runtime();
    let (client, connection) =
        runtime.block_on(tokio_postgres::connect(&dsn, tokio_postgres::NoTls)).expect("a connection");
    runtime.spawn(connection);
    let guard = "SET LOCAL statement_timeout = 5000; SET LOCAL lock_timeout = 1000; ";
    let statements = [
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', to_regclass('_health_check') IS NOT NULL"
            .to_owned(),
        format!(
            "{guard}INSERT INTO _health_check AS h (prober, nonce, seq, checked_at) VALUES ('bare', 'n', 1, now()) \
             ON CONFLICT (prober) DO UPDATE SET nonce = excluded.nonce, seq = h.seq + 1, \
             checked_at = excluded.checked_at RETURNING seq"
        ),
        format!("{guard}SELECT nonce = 'n' OR seq > 1 FROM _health_check WHERE prober = 'bare'"),
        format!(
            "{guard}SELECT current_setting('server_version'), pg_is_in_recovery(), \
             (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), \
             pg_database_size(current_database())"
        ),
    ];
    criterion.bench_function("postgres/bare", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                for statement in &statements {
                    client.simple_query(statement).await.expect("an answer");
                }
            });
        });
    });
}
