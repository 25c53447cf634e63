//! A health check that has no answer at its deadline: what becomes of its connection.

use std::time::Duration;

use dbprobe_instrument::health::Health;
use dbprobe_instrument::pool::{MySqlPool, TrackedConnection, TrackedPool};
use dbprobe_testkit::fixture::Missing;
use deadpool_postgres::{Manager, Object, Pool, Runtime};
use http::{Request, StatusCode};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres};
use tokio_postgres::NoTls;
use tower_service::Service;

use crate::recorder::{Event, Recorder};
use crate::world::{mariadb, named, on_a_runtime, postgres, sessions, until};

/// Long enough for a log-in on a busy machine.
const DEADLINE: Duration = Duration::from_secs(2);
/// Long before the question ends.
const SOON: Duration = Duration::from_secs(60);
const LONG: &str = "SELECT pg_sleep(600)";
const SHORT: &str = "SELECT 1";

pub(crate) fn deadpool() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let (recorder, dsn) = (Recorder::default(), named(&server.dsn(), "unfinished-deadpool"));
        let pool = Pool::builder(Manager::new(dsn.parse().expect("a DSN"), NoTls)).max_size(1);
        let pool: TrackedPool<Pool> =
            recorder.tracker().track_pool("main", pool.runtime(Runtime::Tokio1).build().expect("a pool"));
        let ask = |sql: &'static str| {
            let question = move |c: TrackedConnection<Object>| async move { c.batch_execute(sql).await };
            Health::builder_on("shop", &pool, question).deadline(DEADLINE).build()
        };
        assert_eq!(status(ask(SHORT)).await, StatusCode::OK);
        assert_eq!(pool.status().total, Some(1), "an answer keeps the connection");
        assert_eq!(status(ask(LONG)).await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((pool.status().total, recorder.count(Event::is_released)), (Some(0), 2));
        let next = tokio::time::timeout(SOON, async { pool.get().await.expect("another").batch_execute(SHORT).await });
        next.await.expect("it waits for nobody's question").expect("an answer");
    });
    Ok(())
}

pub(crate) fn sqlx() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let (recorder, name) = (Recorder::default(), "unfinished-sqlx");
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(SOON);
        let pool: TrackedPool<PgPool> =
            recorder.tracker().track_pool("main", pool.connect_lazy(&named(&server.dsn(), name)).expect("a DSN"));
        let ask = |sql: &'static str| {
            let question = move |mut c: TrackedConnection<PoolConnection<Postgres>>| async move {
                sqlx::query(sql).execute(&mut **c).await
            };
            Health::builder_on("shop", &pool, question).deadline(DEADLINE).build()
        };
        assert_eq!(status(ask(SHORT)).await, StatusCode::OK);
        assert_eq!(sessions(&server, name), 1, "an answer keeps the connection");
        assert_eq!(status(ask(LONG)).await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((pool.status().total, recorder.count(Event::is_released)), (Some(0), 2));
        let next: i32 = sqlx::query_scalar(SHORT).fetch_one(&pool).await.expect("it waits for nobody's question");
        assert_eq!(next, 1);
    });
    Ok(())
}

pub(crate) fn mysql() -> Result<(), Missing> {
    let server = mariadb()?;
    on_a_runtime(async || {
        let (recorder, dsn) = (Recorder::default(), server.dsn());
        let address = dsn.split('?').next().expect("the part before its parameters");
        let pool: TrackedPool<MySqlPool> =
            recorder.tracker().track_pool("main", MySqlPool::new(mysql_async::Opts::from_url(address).expect("a DSN")));
        let ask = |sql: &'static str| {
            let question = move |mut c: TrackedConnection<Conn>| async move { c.query_drop(sql).await };
            Health::builder_on("shop", &pool, question).deadline(DEADLINE).build()
        };
        assert_eq!(status(ask(SHORT)).await, StatusCode::OK);
        until("it is back", || pool.status().idle == Some(1)).await;
        assert_eq!(status(ask("SELECT SLEEP(60)")).await, StatusCode::SERVICE_UNAVAILABLE);
        until("the driver itself closes it", || pool.status().total == Some(0)).await;
    });
    Ok(())
}

async fn status(mut health: Health) -> StatusCode {
    health.call(Request::new(())).await.expect("an answer").status()
}
