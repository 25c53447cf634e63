//! r2d2 on SQLite.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use dbprobe_instrument::pool::{AcquirePhase, Timed, Timings, TrackedPool};
use dbprobe_testkit::fixture::Missing;
use r2d2::ManageConnection;
use rusqlite::Connection;

use crate::every::durations;
use crate::recorder::{Event, Recorder};

const THREADS: usize = 8;
const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(60);

/// Opens a database in a file.
#[derive(Debug)]
struct Files {
    path: PathBuf,
    /// Every kept connection is bad.
    is_spoilt: Arc<AtomicBool>,
}

impl ManageConnection for Files {
    type Connection = Connection;
    type Error = rusqlite::Error;

    fn connect(&self) -> Result<Connection, rusqlite::Error> {
        let connection = Connection::open(&self.path)?;
        connection.execute_batch("PRAGMA schema_version")?;
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        let statement = if self.is_spoilt.swap(false, Ordering::SeqCst) { "SELECT nothing" } else { "SELECT 1" };
        connection.execute_batch(statement)
    }

    fn has_broken(&self, _: &mut Connection) -> bool {
        false
    }
}

pub(crate) fn crowd() -> Result<(), Missing> {
    let (directory, recorder) = (tempfile::tempdir().expect("a directory"), Recorder::default());
    let (pool, _) = pool(&recorder, directory.path().join("crowd.db"), LONG);
    let full = Barrier::new(3);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let connection = pool.get().expect("a connection");
                full.wait();
                full.wait();
                drop(connection);
            });
        }
        full.wait();
        let status = recorder.status().expect("the pool is there");
        assert_eq!((status.total, status.active, status.idle), (Some(2), Some(2), Some(0)));
        assert_eq!((status.max, status.min, status.overflow()), (Some(2), Some(2), Some(0)));
        for _ in 2..THREADS {
            scope.spawn(|| pool.get().map(drop).expect("a connection"));
        }
        while pool.status().waiting != Some(6) {
            std::thread::yield_now();
        }
        full.wait();
    });
    assert_eq!((recorder.count(Event::is_acquired), recorder.count(Event::is_released)), (THREADS, THREADS));
    let status = pool.status();
    assert_eq!((status.active, status.idle, status.waiting), (Some(0), Some(2), Some(0)));
    drop(pool);
    assert_eq!(recorder.status(), None, "the gauges go with the pool");
    Ok(())
}

pub(crate) fn timed() -> Result<(), Missing> {
    let (directory, recorder) = (tempfile::tempdir().expect("a directory"), Recorder::default());
    let (pool, is_spoilt) = pool(&recorder, directory.path().join("timed.db"), LONG);
    let events = recorder.take();
    assert_eq!(durations(&events, Event::created).len(), 2, "they were made before the pool was tracked: {events:?}");
    is_spoilt.store(true, Ordering::SeqCst);
    let connection = pool.get().expect("a connection");
    assert_eq!(connection.query_row("SELECT 1", [], |row| row.get::<_, i32>(0)).expect("it works"), 1);
    let events = recorder.take();
    let tests = durations(&events, Event::tested);
    assert_eq!(tests.len(), 2, "one failed, the next did not: {events:?}");
    assert_eq!(durations(&events, Event::waited).len(), 1, "{events:?}");
    Ok(())
}

pub(crate) fn time_outs() -> Result<(), Missing> {
    let (directory, recorder) = (tempfile::tempdir().expect("a directory"), Recorder::default());
    let (pool, _) = pool(&recorder, directory.path().join("time_outs.db"), LONG);
    let both = (pool.get().expect("a connection"), pool.get().expect("a connection"));
    recorder.take();
    assert!(pool.get_timeout(SHORT).is_err());
    assert_eq!(recorder.take(), [Event::TimedOut(Some(AcquirePhase::Wait))]);
    drop(both);

    let recorder = Recorder::default();
    let nowhere = Files { path: directory.path().join("no").join("where.db"), is_spoilt: Arc::default() };
    let unbuilt = r2d2::Pool::builder().max_size(2).connection_timeout(SHORT).build_unchecked(nowhere);
    let pool = recorder.tracker().track_pool("main", unbuilt);
    assert!(pool.get().is_err());
    assert_eq!(recorder.take(), [Event::TimedOut(Some(AcquirePhase::Create))]);
    Ok(())
}

type Files2 = TrackedPool<r2d2::Pool<Timed<Files>>>;

/// A pool of two, and how to spoil the next connection that it tests.
fn pool(recorder: &Recorder, path: PathBuf, patience: Duration) -> (Files2, Arc<AtomicBool>) {
    let is_spoilt = Arc::new(AtomicBool::new(false));
    let (timings, files) = (Timings::default(), Files { path, is_spoilt: Arc::clone(&is_spoilt) });
    let builder = r2d2::Pool::builder().max_size(2).connection_timeout(patience);
    let pool = builder.build(timings.of(files)).expect("a pool");
    (recorder.tracker().track_pool("main", pool).with_timings(&timings), is_spoilt)
}
