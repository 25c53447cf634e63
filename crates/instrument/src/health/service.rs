//! The service to mount.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use tower_service::Service;

use super::builder::HealthBuilder;
use super::details::Details;
use super::flight::Flight;
use crate::pool::{Pool, TrackedConnection, TrackedPool};

/// The health of a service, as a [`Service`] to mount. Cheap to clone; clones share one check and its answer.
///
/// However many ask, at most one check is under way, and for a second after its end everybody has the same answer,
/// failures too. A check runs on a task of its own, so that one who hangs up ends it for nobody; it ends with the last
/// clone and the last request under way. An answer takes the deadline at the most (2 s unless the builder says
/// otherwise), and 50 ms more where the check blocks its thread instead of waiting. It needs a tokio runtime with time
/// enabled.
#[derive(Clone)]
pub struct Health {
    flight: Arc<Flight>,
    details: Arc<Details>,
}

impl Health {
    /// A health service for `service`, which is healthy where `check` is `Ok`.
    ///
    /// What an error says is shown to nobody: only its [`error_code`](crate::error_code) and the class of that. Let the
    /// check itself write the error to the log where that is wanted.
    pub fn builder<F, Fut, T, E>(service: impl Into<String>, check: F) -> HealthBuilder
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: 'static,
        E: 'static,
    {
        HealthBuilder::checking(service.into(), check)
    }

    /// The same with a question on a connection of `pool`: the details tell the wait for the connection and the question
    /// apart, and the pool is looked at as by [`HealthBuilder::pool`]. A question that the deadline cuts short costs its
    /// connection where the pool can part with one ([`Pool::part`]): nobody else waits for that answer.
    ///
    /// ```
    /// # use dbprobe_instrument::{NoMetrics, Tracker};
    /// # use dbprobe_instrument::pool::{Acquired, Lack, Pool, PoolState, PoolStatus};
    /// # struct Connections;
    /// # impl PoolState for Connections { fn status(&self) -> PoolStatus { PoolStatus::default() } }
    /// # impl Pool for Connections {
    /// #     type Connection = ();
    /// #     type Error = std::io::Error;
    /// #     async fn acquire(&self) -> Result<Acquired<()>, std::io::Error> {
    /// #         Ok(Acquired::new(()))
    /// #     }
    /// #     fn lack(&self, _: &std::io::Error) -> Lack { Lack::Failed }
    /// # }
    /// # trait Ask { async fn ping(&self) -> Result<(), std::io::Error>; }
    /// # impl Ask for () { async fn ping(&self) -> Result<(), std::io::Error> { Ok(()) } }
    /// # let pool = Tracker::new(NoMetrics).track_pool("main", Connections);
    /// use dbprobe_instrument::health::Health;
    ///
    /// let health = Health::builder_on("content-service", &pool, |connection| async move { connection.ping().await });
    /// # let _ = health;
    /// ```
    pub fn builder_on<P, F, Fut, T, E>(service: impl Into<String>, pool: &TrackedPool<P>, question: F) -> HealthBuilder
    where
        P: Pool,
        F: Fn(TrackedConnection<P::Connection>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: 'static,
        E: 'static,
    {
        HealthBuilder::asking(service.into(), pool, question)
    }

    pub(super) fn new(flight: Flight, details: Details) -> Self {
        Self { flight: Arc::new(flight), details: Arc::new(details) }
    }

    async fn answer(&self, head: &Parts) -> Response<Full<Bytes>> {
        if head.method != Method::GET && head.method != Method::HEAD {
            let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        if !wants_details(head) {
            let outcome = self.flight.outcome().await;
            return response(outcome.status, outcome.summary.clone());
        }
        match self.details.allow(head) {
            Ok(()) => {
                let outcome = self.flight.outcome().await;
                response(outcome.status, outcome.details.clone())
            }
            Err(status) => refusal(status),
        }
    }
}

impl<B> Service<Request<B>> for Health {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, _) = request.into_parts();
        let health = self.clone();
        Box::pin(async move {
            let mut response = health.answer(&head).await;
            if head.method == Method::HEAD {
                *response.body_mut() = Full::default();
            }
            Ok(response)
        })
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("service", &self.flight.service()).finish_non_exhaustive()
    }
}

/// Whether the path's last segment is `detailed`, wherever the service is mounted.
fn wants_details(head: &Parts) -> bool {
    head.uri.path().trim_end_matches('/').rsplit('/').next() == Some("detailed")
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, length); // also of the body that a HEAD does not get
    response
}

fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    let word = status.canonical_reason().unwrap_or_default().to_ascii_lowercase();
    response(status, format!("{{\"error\":\"{word}\"}}").into())
}
