//! sqlx on PostgreSQL.

use std::time::Duration;

use dbprobe_instrument::pool::TrackedPool;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::proxy::Mode;
use futures_util::TryStreamExt;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::every;
use crate::recorder::{Event, Recorder};
use crate::world::{kill_sessions, named, on_a_runtime, postgres, proxy, sessions, until};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(60);

pub(crate) fn crowd() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let (recorder, name) = (Recorder::default(), "sqlx-crowd");
        let pool = pool(&recorder, &named(&server.dsn(), name), LONG);
        assert_eq!((pool.status().min, pool.status().overflow()), (Some(0), Some(0)));
        every::crowd(pool, &recorder, || sessions(&server, name)).await;
    });
    Ok(())
}

pub(crate) fn executor() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let recorder = Recorder::default();
        let pool = pool(&recorder, &server.dsn(), LONG);
        let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&pool).await.expect("a row");
        assert_eq!(one, 1);
        assert_eq!(uses(&recorder), (1, 1));
        let many: Vec<i32> =
            sqlx::query_scalar("SELECT generate_series(1, 1000)").fetch_all(&pool).await.expect("rows");
        assert_eq!(many, (1..=1000).collect::<Vec<_>>());
        let done = sqlx::query("SET work_mem = '1MB'").execute(&pool).await.expect("no rows");
        assert_eq!((done.rows_affected(), uses(&recorder)), (0, (2, 2)));

        let mut rows = sqlx::query_scalar::<_, i32>("SELECT generate_series(1, 1000)").fetch(&pool);
        assert_eq!(rows.try_next().await.expect("a row"), Some(1));
        assert_eq!(uses(&recorder), (1, 0), "it is in use while rows are read");
        drop(rows);
        assert_eq!(uses(&recorder), (0, 1), "a stream that is dropped gives it back");

        let failed = sqlx::query("SELECT 1 / (1 - $1)").bind(1).fetch_optional(&pool).await.expect_err("no number");
        assert_eq!(dbprobe_instrument::error_code(&failed).as_deref(), Some("22012"));
        let mut rows = sqlx::query("SELECT 1 / (3 - n) FROM generate_series(1, 5) AS n").fetch(&pool);
        while let Ok(row) = rows.try_next().await {
            assert!(row.is_some(), "it ends with an error");
        }
        assert!(rows.try_next().await.expect("no second error").is_none());
        assert_eq!(uses(&recorder), (2, 2));
        until("all are idle", || pool.status().active == Some(0)).await;
    });
    Ok(())
}

pub(crate) fn transactions() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let recorder = Recorder::default();
        let pool = pool(&recorder, &server.dsn(), LONG);
        sqlx::query("CREATE TABLE sqlx_transactions (n int)").execute(&pool).await.expect("a table");
        recorder.take();
        for is_kept in [true, false] {
            let mut transaction = pool.begin().await.expect("a transaction");
            sqlx::query("INSERT INTO sqlx_transactions VALUES (1)").execute(&mut **transaction).await.expect("a row");
            assert_eq!(uses(&recorder), (1, 0));
            let ended = if is_kept { transaction.commit().await } else { transaction.rollback().await };
            ended.expect("its end");
            assert_eq!(uses(&recorder), (0, 1));
        }
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM sqlx_transactions").fetch_one(&pool).await.expect("1");
        assert_eq!(count, 1);
        sqlx::query("DROP TABLE sqlx_transactions").execute(&pool).await.expect("it was ours");
    });
    Ok(())
}

pub(crate) fn time_outs() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let recorder = Recorder::default();
        let impatient = pool(&recorder, &server.dsn(), Duration::from_secs(2));
        every::exhausted(&impatient, &recorder).await;

        let proxy = proxy(&server);
        proxy.set(Mode::Swallow);
        let pool = pool(&recorder, &server.dsn_at(proxy.address()), SHORT);
        assert!(pool.acquire().await.is_err());
        assert_eq!(recorder.take(), [Event::TimedOut(None)], "it does not tell what took too long");
        pool.close().await;
        assert!(pool.acquire().await.is_err());
        assert_eq!(recorder.take(), [Event::Failed("pool_closed".to_owned())]);
    });
    Ok(())
}

pub(crate) fn killed() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let (recorder, name) = (Recorder::default(), "sqlx-killed");
        let pool = pool(&recorder, &named(&server.dsn(), name), LONG);
        let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&pool).await.expect("a row");
        until("it is back", || pool.status().idle == Some(1)).await;
        kill_sessions(&server, name);
        let again: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&pool).await.expect("a row");
        assert_eq!((one, again, uses(&recorder)), (1, 1, (2, 2)));
        assert_eq!((pool.status().total, sessions(&server, name)), (Some(1), 1));
    });
    Ok(())
}

/// How many were acquired and released since the last look, and nothing else happened.
fn uses(recorder: &Recorder) -> (usize, usize) {
    let events = recorder.take();
    let acquired = events.iter().filter(|event| event.is_acquired()).count();
    let released = events.iter().filter(|event| event.is_released()).count();
    assert_eq!(acquired + released, events.len(), "{events:?}");
    (acquired, released)
}

fn pool(recorder: &Recorder, dsn: &str, patience: Duration) -> TrackedPool<PgPool> {
    let options = PgPoolOptions::new().max_connections(2).acquire_timeout(patience);
    recorder.tracker().track_pool("main", options.connect_lazy(dsn).expect("a DSN"))
}
