//! One question to the database: bounded, and never more than a failure.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use scopeguard::ScopeGuard;
use tokio::time::{Instant, timeout_at};

use super::failure::{Failure, Phase};
use crate::pool::{Pool, TrackedConnection, TrackedPool};

/// A question under way.
type Asking = BoxFuture<'static, Result<(), Failure>>;

/// A question to the database.
pub(super) enum Check {
    /// Nobody can tell what its time went to.
    Whole(Box<dyn Fn() -> Asking + Send + Sync>),
    /// It waits for a connection first.
    OnConnection(Box<dyn Fn() -> BoxFuture<'static, Result<Asking, Failure>> + Send + Sync>),
}

/// How a question was answered.
pub(super) struct Asked {
    /// The wait for a connection, where it is known apart.
    pub(super) acquire: Option<Duration>,
    /// The question on that connection.
    pub(super) query: Option<Duration>,
    /// All of it; `None` where there was no good answer.
    pub(super) whole: Option<Duration>,
    pub(super) failure: Option<Failure>,
}

impl Check {
    pub(super) fn whole<F, Fut, T, E>(check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: 'static,
        E: 'static,
    {
        Self::Whole(Box::new(move || check().map(told).boxed()))
    }

    pub(super) fn on<P, F, Fut, T, E>(pool: &TrackedPool<P>, question: F) -> Self
    where
        P: Pool,
        F: Fn(TrackedConnection<P::Connection>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: 'static,
        E: 'static,
    {
        let (pool, question) = (pool.clone(), Arc::new(question));
        Self::OnConnection(Box::new(move || {
            let (pool, question) = (pool.clone(), Arc::clone(&question));
            async move {
                let connection = pool.acquire().await.map_err(|error| Failure::of(P::cause(&error)))?;
                Ok(async move { ask_on::<P, _>(connection, |connection| question(connection).map(told)).await }.boxed())
            }
            .boxed()
        }))
    }

    /// Asks, until `deadline` at the most. What was under way then is dropped, and its connection with it.
    pub(super) async fn ask(&self, deadline: Instant) -> Asked {
        let since = Instant::now();
        match self {
            Self::Whole(check) => Asked::new(since, None, bounded(deadline, check).await),
            Self::OnConnection(check) => match bounded(deadline, check).await {
                Ok(asking) => {
                    let acquire = since.elapsed();
                    let answer = bounded(deadline, || asking).await;
                    Asked::new(since, Some(acquire), answer.map_err(|failure| failure.in_phase(Phase::Query)))
                }
                Err(failure) => Asked::new(since, None, Err(failure.in_phase(Phase::Acquire))),
            },
        }
    }
}

impl Asked {
    fn new(since: Instant, acquire: Option<Duration>, answer: Result<(), Failure>) -> Self {
        let took = since.elapsed();
        let whole = answer.is_ok().then_some(took);
        let query = whole.zip(acquire).map(|(whole, acquire)| whole.saturating_sub(acquire));
        Self { acquire, query, whole, failure: answer.err().map(|failure| failure.after(took)) }
    }
}

/// Asks on `connection`. Dropped before there is an answer, as at the deadline, it leaves the server at work on that
/// connection: the pool parts with it, or who has it next would wait for what nobody wants any more.
async fn ask_on<P: Pool, F: Future>(
    connection: TrackedConnection<P::Connection>,
    question: impl FnOnce(TrackedConnection<P::Connection>) -> F,
) -> F::Output {
    let unfinished = Arc::new(AtomicBool::new(false));
    let asking = pin!(question(connection.parting(&unfinished, P::part)));
    // Below the question, so that it is dropped before the question drops the connection.
    let guard = scopeguard::guard((), |()| unfinished.store(true, Ordering::Relaxed));
    let answer = asking.await;
    ScopeGuard::into_inner(guard);
    answer
}

/// What may be told of a result.
pub(super) fn told<T, E: 'static>(result: Result<T, E>) -> Result<(), Failure> {
    result.map(drop).map_err(|error| Failure::of(&error))
}

/// What `begin` leads to, until `deadline` at the most; a panic is a failure. After the deadline nothing is begun.
pub(super) async fn bounded<T>(
    deadline: Instant,
    begin: impl FnOnce() -> BoxFuture<'static, Result<T, Failure>>,
) -> Result<T, Failure> {
    // A future is polled once even where its time is over: that asks a question whose answer nobody waits for.
    if Instant::now() >= deadline {
        return Err(Failure::timeout());
    }
    // What a panic left half done belongs to the check, which begins anew the next time.
    let check = AssertUnwindSafe(async move { begin().await }).catch_unwind();
    match timeout_at(deadline, check).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Failure::internal()),
        Err(_) => Err(Failure::timeout()),
    }
}
