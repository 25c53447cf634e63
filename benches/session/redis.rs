//! Redis and Valkey against the driver's own connection.

use criterion::Criterion;
use redis::{Client, Pipeline, Value, pipe};

use crate::{probe, runtime, server};

/// The same four flights.
fn flights() -> [Pipeline; 4] {
    let mut ping = pipe();
    ping.cmd("PING").cmd("INFO").arg("replication");
    let mut write = pipe();
    write.atomic();
    write.cmd("HINCRBY").arg("_health_check:bare").arg("seq").arg(1);
    write.cmd("HSET").arg("_health_check:bare").arg("nonce").arg("n");
    write.cmd("EXPIRE").arg("_health_check:bare").arg(60);
    let mut read = pipe();
    read.cmd("HMGET").arg("_health_check:bare").arg("nonce").arg("seq");
    let mut inspect = pipe();
    inspect.cmd("INFO");
    [ping, write, read, inspect]
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let Some(dsn) = server("redis") else { return };
    probe(criterion, "redis", &dsn);
    let runtime = runtime();
    let client = Client::open(dsn).expect("a URL for the driver, too");
    let mut connection = runtime.block_on(client.get_multiplexed_async_connection()).expect("a connection");
    criterion.bench_function("redis/bare", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                for flight in flights() {
                    let _: Value = flight.query_async(&mut connection).await.expect("an answer");
                }
            });
        });
    });
}
