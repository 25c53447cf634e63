//! A service with a `/readyz` that answers whether its database is usable.
//!
//! ```sh
//! ORDERS_DSN="file:demo.db?mode=rwc" cargo run -p dbprobe --example axum --features all
//! curl -i http://127.0.0.1:8080/readyz
//! ```
//!
//! The route is public, so it must be no way to put load on the database: one session is kept, one check is under way at
//! most, and whoever asks meanwhile, or within the next second, gets its answer. It says a word and no details.
#![allow(clippy::print_stdout, reason = "it says where it listens")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, serve};
use dbprobe::{Level, Monitor, Report, Status};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// For the check. The route's own is a little longer, so that it can still say what the check found.
const CHECK: Duration = Duration::from_secs(2);
const ROUTE: Duration = Duration::from_millis(2_500);
/// How long an answer is good for.
const FRESH: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let monitor = dbprobe::check("@env:ORDERS_DSN")
        .level(Level::Read) // whether a service may serve is no reason to write
        .timeout(CHECK)
        .keep_session(Duration::from_secs(180))
        .monitor()?;
    let readiness = Arc::new(Mutex::new(Readiness { monitor, last: None }));
    let routes = Router::new().route("/readyz", get(readyz)).with_state(readiness);

    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    serve(listener, routes).await?;
    Ok(())
}

async fn readyz(State(readiness): State<Arc<Mutex<Readiness>>>) -> (StatusCode, &'static str) {
    // On a task of its own: a client that hangs up does not end the check that others wait for.
    let check = tokio::spawn(async move { readiness.lock().await.fresh().await.status() });
    let status = timeout(ROUTE, check).await.ok().and_then(Result::ok).unwrap_or(Status::Unknown);
    let code = if status.answers() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, status.health_word())
}

/// The monitor, and what it found last.
struct Readiness {
    monitor: Monitor,
    last: Option<(Instant, Arc<Report>)>,
}

impl Readiness {
    /// Checks, unless somebody has just done so.
    async fn fresh(&mut self) -> Arc<Report> {
        if let Some((_, report)) = self.last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Arc::clone(report);
        }
        let report = self.monitor.probe().await;
        self.last = Some((Instant::now(), Arc::clone(&report)));
        report
    }
}
