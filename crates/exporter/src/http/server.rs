//! Accepts connections.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::admission;
use super::connection::{self, Floor};
use crate::web::Web;

/// Requests under way have so long when the server stops.
const GRACE: Duration = Duration::from_secs(1);
/// What cannot be ended within this is left behind: the process is about to end.
const LAST: Duration = Duration::from_millis(500);
/// The pause after an error of accepting, such as having no descriptor left.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves `router` on `listeners` until `stop`, with at most `connections` at once on all of them together, and returns
/// within 2 s of `stop`.
///
/// After `stop` there are no new connections; requests under way have one second, then everything ends. While all
/// places are taken, connections wait in the backlog of the kernel, and no connection is kept beyond its request: one
/// that is idle makes room at once.
pub(crate) async fn serve(
    connections: usize,
    listeners: Vec<impl Listen + 'static>,
    router: Router,
    web: Arc<Web>,
    stop: CancellationToken,
) {
    let router = router.layer(middleware::from_fn_with_state(Arc::clone(&web), admission::admit));
    let (kill, crowded) = (CancellationToken::new(), watch::Sender::new(0));
    let floor = Arc::new(Floor { router, web, stop: stop.clone(), kill: kill.clone(), crowded });
    let places = Arc::new(Semaphore::new(connections));
    let tracker = TaskTracker::new();
    for listener in listeners {
        tracker.spawn(accept(listener, Arc::clone(&floor), Arc::clone(&places), tracker.clone()));
    }
    stop.cancelled().await;
    tracker.close();
    if timeout(GRACE, tracker.wait()).await.is_err() {
        kill.cancel();
        let _ = timeout(LAST, tracker.wait()).await;
    }
}

/// Where connections come from.
pub(crate) trait Listen: Send {
    fn accept(&mut self) -> impl Future<Output = io::Result<TcpStream>> + Send;
}

impl Listen for TcpListener {
    async fn accept(&mut self) -> io::Result<TcpStream> {
        TcpListener::accept(self).await.map(|(stream, _)| stream)
    }
}

/// Accepts until the server stops. An error is logged and never the end.
async fn accept(mut listener: impl Listen, floor: Arc<Floor>, places: Arc<Semaphore>, tracker: TaskTracker) {
    let stop = floor.stop.clone();
    let accepting = async {
        loop {
            let place = place(&floor, &places).await;
            match listener.accept().await {
                Ok(stream) => {
                    let floor = Arc::clone(&floor);
                    tracker.spawn(async move {
                        connection::serve(&floor, stream).await;
                        drop(place);
                    });
                }
                // The client has gone before it was accepted: that is its own affair.
                Err(error) if gone(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "connections cannot be accepted for now");
                    sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = accepting => {}
    }
}

fn gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)
}

/// A place for one more connection. While there is none, everybody is asked to leave after the request under way.
async fn place(floor: &Floor, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        return Some(place);
    }
    floor.crowded.send_modify(|waiting| *waiting += 1);
    if *floor.crowded.borrow() == 1 {
        tracing::warn!("all places are taken, further connections wait");
    }
    let place = Arc::clone(places).acquire_owned().await.ok();
    floor.crowded.send_modify(|waiting| *waiting -= 1);
    place
}
