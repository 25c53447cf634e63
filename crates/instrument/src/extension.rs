//! Measuring a future where it stands.

use crate::tracked::Tracked;
use crate::tracker::Tracker;

/// Measures a future where it stands: `sqlx::query(…).fetch_one(&pool).track_query(&tracker, …).await`.
///
/// All futures of a `Result` have it.
pub trait TrackFuture: Future + Sized {
    /// As [`Tracker::track_query`].
    fn track_query<'a, T, E>(self, tracker: &'a Tracker, operation: &str, table: &str, name: &str) -> Tracked<'a, Self>
    where
        Self: Future<Output = Result<T, E>>,
        E: 'static,
    {
        tracker.track_query(operation, table, name, self)
    }

    /// As [`Tracker::track_transaction`].
    fn track_transaction<'a, T, E>(self, tracker: &'a Tracker, name: &str) -> Tracked<'a, Self>
    where
        Self: Future<Output = Result<T, E>>,
        E: 'static,
    {
        tracker.track_transaction(name, self)
    }
}

impl<F: Future> TrackFuture for F {}
