//! bb8 on PostgreSQL.

use std::time::Duration;

use bb8::Builder;
use bb8_postgres::PostgresConnectionManager;
use dbprobe_instrument::pool::{AcquirePhase, Timed, Timings, TrackedPool};
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::proxy::Mode;
use tokio_postgres::NoTls;

use crate::every::{self, durations};
use crate::recorder::{Event, Recorder};
use crate::world::{kill_sessions, named, on_a_runtime, postgres, proxy, sessions};

const DELAY: Duration = Duration::from_millis(40);
/// Startup, SCRAM's two answers: a login has three round trips at least.
const LOGIN: Duration = Duration::from_millis(240);
const SHORT: Duration = Duration::from_secs(1);
/// Enough to test a connection on a machine under load.
const PATIENT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(60);

type Manager = Timed<PostgresConnectionManager<NoTls>>;

pub(crate) fn crowd() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let (recorder, name) = (Recorder::default(), "bb8-crowd");
        let pool = pool(&recorder, &named(&server.dsn(), name), LONG, 0).await;
        every::crowd(pool, &recorder, || sessions(&server, name)).await;
    });
    Ok(())
}

pub(crate) fn slow_dial() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let proxy = proxy(&server);
        proxy.set(Mode::Delay(DELAY));
        let recorder = Recorder::default();
        // One connection is made before the pool can be tracked.
        let pool = pool(&recorder, &server.dsn_at(proxy.address()), LONG, 1).await;
        assert_eq!((pool.status().min, pool.status().overflow()), (Some(1), Some(0)));
        let connection = pool.get().await.expect("a connection");
        let events = recorder.take();
        let dials = durations(&events, Event::created);
        assert!(!dials.is_empty() && dials.iter().all(|dial| *dial >= LOGIN), "{events:?}");
        assert!(durations(&events, Event::tested).iter().all(|test| *test >= 2 * DELAY), "{events:?}");
        assert_eq!(durations(&events, Event::waited).len(), 1, "{events:?}");
        drop(connection);
    });
    Ok(())
}

pub(crate) fn time_outs() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let recorder = Recorder::default();
        // Two connections from the beginning: the time-out is for the third alone.
        every::exhausted(&pool(&recorder, &server.dsn(), PATIENT, 2).await, &recorder).await;

        let proxy = proxy(&server);
        let dsn = server.dsn_at(proxy.address());
        let pool_of_two = pool(&recorder, &dsn, SHORT, 2).await;
        recorder.take();
        proxy.set(Mode::Blackhole);
        assert!(pool_of_two.get().await.is_err());
        assert_eq!(recorder.take(), [Event::TimedOut(Some(AcquirePhase::Test))]);

        proxy.set(Mode::Swallow);
        let none_yet = pool(&recorder, &dsn, SHORT, 0).await;
        assert!(none_yet.get().await.is_err());
        assert_eq!(recorder.take(), [Event::TimedOut(Some(AcquirePhase::Create))]);
    });
    Ok(())
}

pub(crate) fn killed() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let (recorder, name) = (Recorder::default(), "bb8-killed");
        let pool = pool(&recorder, &named(&server.dsn(), name), LONG, 0).await;
        drop(pool.get().await.expect("a connection"));
        kill_sessions(&server, name);
        recorder.take();
        let connection = pool.get().await.expect("another connection");
        let events = recorder.take();
        // The dead one failed its test, and the new one is tested as well.
        assert_eq!(durations(&events, Event::tested).len(), 2, "{events:?}");
        assert_eq!(durations(&events, Event::created).len(), 1, "{events:?}");
        assert_eq!(connection.query_one("SELECT 1", &[]).await.expect("it works").get::<_, i32>(0), 1);
        assert_eq!((pool.status().total, sessions(&server, name)), (Some(1), 1));
    });
    Ok(())
}

async fn pool(recorder: &Recorder, dsn: &str, patience: Duration, idle: u32) -> TrackedPool<bb8::Pool<Manager>> {
    let manager = PostgresConnectionManager::new(dsn.parse().expect("a DSN"), NoTls);
    let timings = Timings::default();
    let builder = Builder::new().max_size(2).min_idle(idle).connection_timeout(patience);
    let pool = builder.build(timings.of(manager)).await.expect("a pool");
    recorder.tracker().track_pool("main", pool).with_timings(&timings)
}
