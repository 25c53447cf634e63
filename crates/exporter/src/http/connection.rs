//! One connection of a client.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::pace::{HEAD, Paced, Turns};
use crate::web::Web;

/// A handshake must be over after this.
const HANDSHAKE: Duration = HEAD;
/// A connection that nobody uses is closed after this. Prometheus comes back every 15 s or 60 s.
const IDLE: Duration = Duration::from_secs(65);
/// A client that takes nothing of its answer for so long is let go.
const STALLED: Duration = Duration::from_secs(30);
/// A request's line and headers, in bytes, and how many headers. A large `Authorization` of a proxy fits.
const HEAD_SIZE: usize = 32 * 1024;
const HEADERS: usize = 100;
/// What is kept of one connection at most, in each direction. A piece of `/metrics` is half of it.
const BUFFER: usize = 128 * 1024;

/// What the connections of a server share.
pub(super) struct Floor {
    pub(super) router: Router,
    pub(super) web: Arc<Web>,
    /// Requests are answered and no connection is kept.
    pub(super) stop: CancellationToken,
    /// Everything ends.
    pub(super) kill: CancellationToken,
    /// How many addresses wait for a place.
    pub(super) crowded: watch::Sender<usize>,
}

/// Serves one connection until either side closes it. Whatever the client does costs this connection only.
pub(super) async fn serve(floor: &Floor, stream: TcpStream) {
    let served = async {
        let _ = stream.set_nodelay(true); // an answer must not wait for the client's acknowledgement of its first part
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(STALLED));
        let stream = Box::pin(stream);
        match floor.web.terms().acceptor().await {
            None => talk(floor, stream).await,
            Some(acceptor) => match timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => talk(floor, stream).await,
                Ok(Err(error)) => tracing::debug!(%error, "a client's TLS handshake failed"),
                Err(_) => tracing::debug!("a client's TLS handshake took too long"),
            },
        }
    };
    tokio::select! {
        biased;
        () = floor.kill.cancelled() => {}
        () = served => {}
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(floor: &Floor, stream: S) {
    let turns = Turns::default();
    let stream = TokioIo::new(Paced::new(stream, turns.clone()));
    let service = service_fn(|request: hyper::Request<Incoming>| {
        turns.next();
        let answer = floor.router.clone().oneshot(request.map(Body::new));
        let (turns, crowded) = (turns.clone(), floor.crowded.subscribe());
        async move {
            let mut answer = answer.await;
            let last = *crowded.borrow() > 0 || floor.stop.is_cancelled();
            if let (Ok(answer), true) = (&mut answer, last) {
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            turns.next();
            answer
        }
    });
    let mut connection = pin!(builder().serve_connection(stream, service));
    let mut crowded = floor.crowded.subscribe();
    let mut leaving = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a client's connection ended");
                }
                return;
            }
            () = leave(&floor.stop, &mut crowded, &turns), if !leaving => {
                if floor.stop.is_cancelled() && turns.none() {
                    return; // there is nothing to finish
                }
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Waits until this connection should not be kept: the server stops, or others wait for its place. One that had no
/// request yet gets its answer first, which then is the last.
async fn leave(stop: &CancellationToken, crowded: &mut watch::Receiver<usize>, turns: &Turns) {
    let asked = async {
        while crowded.wait_for(|waiting| *waiting > 0).await.is_ok() {
            if !turns.none() || crowded.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = asked => {}
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_headers(HEADERS)
        .max_header_size(HEAD_SIZE)
        .max_buf_size(BUFFER);
    builder
}
