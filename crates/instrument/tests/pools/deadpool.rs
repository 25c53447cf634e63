//! deadpool on PostgreSQL.

use std::time::{Duration, Instant};

use dbprobe_instrument::pool::{AcquirePhase, TrackedConnection, TrackedPool};
use dbprobe_instrument::pool::{Timed, Timings};
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::proxy::Mode;
use deadpool::managed::{self, Object, Timeouts};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::NoTls;

use crate::every::{self, durations};
use crate::recorder::{Event, Recorder};
use crate::world::{kill_sessions, named, on_a_runtime, postgres, proxy, sessions, until};

/// One way through the proxy: a round trip takes twice that at least.
const DELAY: Duration = Duration::from_millis(40);
const ROUND_TRIP: Duration = Duration::from_millis(80);
/// Startup, SCRAM's two answers: a login has three round trips at least.
const LOGIN: Duration = Duration::from_millis(240);
const SHORT: Duration = Duration::from_millis(50);

type TimedPool = managed::Pool<Timed<Manager>>;

pub(crate) fn crowd() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let (recorder, name) = (Recorder::default(), "deadpool-crowd");
        let pool = recorder.tracker().track_pool("main", plain(&named(&server.dsn(), name), 2, Timeouts::new()));
        every::crowd(pool, &recorder, || sessions(&server, name)).await;
    });
    Ok(())
}

pub(crate) fn slow_dial() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let proxy = proxy(&server);
        proxy.set(Mode::Delay(DELAY));
        let (recorder, dsn) = (Recorder::default(), server.dsn_at(proxy.address()));
        let pool = recorder.tracker().track_pool("main", plain(&dsn, 2, Timeouts::new()));
        drop(pool.get().await.expect("a connection"));
        let events = recorder.take();
        let [Event::Created(dial), Event::Acquired(Duration::ZERO), Event::Released(_)] = events[..] else {
            panic!("a dial and no wait: {events:?}")
        };
        assert!(dial >= LOGIN, "{dial:?}");
        drop(pool.get().await.expect("the same connection"));
        let events = recorder.take();
        let [Event::Tested(_), Event::Acquired(Duration::ZERO), Event::Released(_)] = events[..] else {
            panic!("a test and no wait: {events:?}")
        };
    });
    Ok(())
}

pub(crate) fn slow_test() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let proxy = proxy(&server);
        let (recorder, dsn) = (Recorder::default(), server.dsn_at(proxy.address()));
        let pool = timed(&recorder, &dsn);
        let held = pool.get().await.expect("a connection");
        proxy.set(Mode::Delay(DELAY));
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move {
                let since = Instant::now();
                drop(pool.get().await.expect("the same connection"));
                since.elapsed()
            }
        });
        until("it waits", || pool.status().waiting == Some(1)).await;
        let before = recorder.take();
        assert!(matches!(before[..], [Event::Created(_), Event::Acquired(_)]), "{before:?}");
        drop(held);
        let took = waiting.await.expect("no panic");
        let events = recorder.take();
        let [Event::Released(_), Event::Tested(test), Event::Acquired(waited), Event::Released(_)] = events[..] else {
            panic!("a wait, then a test: {events:?}")
        };
        assert!(test >= ROUND_TRIP && waited + test <= took, "{waited:?} + {test:?} in {took:?}");
        assert!(!waited.is_zero(), "it did wait");
    });
    Ok(())
}

pub(crate) fn time_outs() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let recorder = Recorder::default();
        let pool = plain(&server.dsn(), 2, Timeouts::wait_millis(50));
        every::exhausted(&recorder.tracker().track_pool("main", pool), &recorder).await;

        let proxy = proxy(&server);
        proxy.set(Mode::Swallow);
        let timeouts = Timeouts { create: Some(SHORT), ..Timeouts::new() };
        let pool = recorder.tracker().track_pool("main", plain(&server.dsn_at(proxy.address()), 2, timeouts));
        assert!(pool.get().await.is_err());
        assert_eq!(recorder.take(), [Event::TimedOut(Some(AcquirePhase::Create))]);
    });
    Ok(())
}

pub(crate) fn failures() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let proxy = proxy(&server);
        proxy.set(Mode::Refuse);
        let wrong = server.dsn().replace(crate::world::PASSWORD, "wrong");
        for (dsn, code) in [(server.dsn_at(proxy.address()), "io_connection_refused"), (wrong, "28P01")] {
            let recorder = Recorder::default();
            let pool = recorder.tracker().track_pool("main", plain(&dsn, 2, Timeouts::new()));
            assert!(pool.get().await.is_err());
            pool.close();
            assert!(pool.get().await.is_err());
            assert_eq!(recorder.take(), [Event::Failed(code.to_owned()), Event::Failed("pool_closed".to_owned())]);
        }
    });
    Ok(())
}

pub(crate) fn killed() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let (recorder, name) = (Recorder::default(), "deadpool-killed");
        let pool = timed(&recorder, &named(&server.dsn(), name));
        drop(pool.get().await.expect("a connection"));
        kill_sessions(&server, name);
        recorder.take();
        let connection = pool.get().await.expect("another connection");
        let events = recorder.take();
        assert_eq!(durations(&events, Event::tested).len(), 1, "{events:?}");
        assert_eq!(durations(&events, Event::created).len(), 1, "{events:?}");
        assert_eq!(connection.query_one("SELECT 1", &[]).await.expect("it works").get::<_, i32>(0), 1);
        assert_eq!((pool.status().total, sessions(&server, name)), (Some(1), 1));
    });
    Ok(())
}

pub(crate) fn taken() -> Result<(), Missing> {
    let server = postgres()?;
    on_a_runtime(async || {
        let recorder = Recorder::default();
        let pool = recorder.tracker().track_pool("main", plain(&server.dsn(), 2, Timeouts::new()));
        let connection = pool.get().await.expect("a connection");
        let client = Object::take(TrackedConnection::into_inner(connection));
        assert_eq!((recorder.count(Event::is_released), pool.status().total), (1, Some(0)));
        drop(client);
        assert_eq!(recorder.count(Event::is_released), 1, "once only");
    });
    Ok(())
}

/// A pool as programs have it without dbprobe.
fn plain(dsn: &str, size: usize, timeouts: Timeouts) -> Pool {
    let builder = Pool::builder(Manager::new(dsn.parse().expect("a DSN"), NoTls));
    builder.max_size(size).timeouts(timeouts).runtime(Runtime::Tokio1).build().expect("a pool")
}

/// A pool of one connection that asks the server before it hands it out again.
fn timed(recorder: &Recorder, dsn: &str) -> TrackedPool<TimedPool> {
    let config = ManagerConfig { recycling_method: RecyclingMethod::Verified };
    let manager = Manager::from_config(dsn.parse().expect("a DSN"), NoTls, config);
    let timings = Timings::default();
    let pool: TimedPool = managed::Pool::builder(timings.of(manager)).max_size(1).build().expect("a pool");
    recorder.tracker().track_pool("main", pool).with_timings(&timings)
}
