//! A request, and checks that tell what becomes of them.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dbprobe_instrument::health::Health;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::Notify;
use tower_service::Service;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

pub(crate) async fn send(health: &Health, method: Method, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).body(()).expect("a request");
    send_request(health, request).await
}

pub(crate) async fn send_request<B>(health: &Health, request: Request<B>) -> Answer {
    let response = health.clone().call(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Answer { status: head.status, headers: head.headers, body: String::from_utf8(body.to_vec()).expect("text") }
}

pub(crate) async fn summary(health: &Health) -> Answer {
    send(health, Method::GET, "/health").await
}

pub(crate) async fn detailed(health: &Health) -> Answer {
    send(health, Method::GET, "/health/detailed").await
}

/// What becomes of checks.
#[derive(Clone, Default)]
pub(crate) struct Fate(Arc<Counts>);

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    ended: AtomicUsize,
    changed: Notify,
}

impl Fate {
    pub(crate) fn begun(&self) -> usize {
        self.0.begun.load(Ordering::SeqCst)
    }

    /// Those that are over: ended or dropped.
    pub(crate) fn over(&self) -> usize {
        self.0.ended.load(Ordering::SeqCst)
    }

    /// Waits until so many have begun.
    pub(crate) async fn until_begun(&self, count: usize) {
        self.until(|| self.begun() >= count).await;
    }

    /// Waits until so many are over.
    pub(crate) async fn until_over(&self, count: usize) {
        self.until(|| self.over() >= count).await;
    }

    async fn until(&self, reached: impl Fn() -> bool) {
        loop {
            let mut changed = pin!(self.0.changed.notified());
            changed.as_mut().enable();
            if reached() {
                return;
            }
            changed.await;
        }
    }

    /// A check that awaits `inner`.
    pub(crate) fn of<F: Future + Send>(&self, inner: F) -> impl Future<Output = F::Output> + Send + use<F> {
        let fate = self.clone();
        async move {
            fate.0.begun.fetch_add(1, Ordering::SeqCst);
            fate.0.changed.notify_waiters();
            let _over = Over(fate);
            inner.await
        }
    }
}

struct Over(Fate);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.0.ended.fetch_add(1, Ordering::SeqCst);
        self.0.0.changed.notify_waiters();
    }
}

pub(crate) async fn works() -> Result<(), io::Error> {
    Ok(())
}

pub(crate) async fn never() -> Result<(), io::Error> {
    std::future::pending().await
}
