//! What the environment says, and the bounds of everything that waits.

use std::env;
use std::error::Error;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_postgres::{Config, NoTls};

/// The longest that a client waits for an answer.
pub(crate) const REQUEST: Duration = Duration::from_secs(5);
/// The longest that a request waits for a free connection, and for a new one.
const CONNECTION: Duration = Duration::from_secs(2);
/// The server ends what takes longer: nobody waits for it any more.
const STATEMENT: &str = "-c statement_timeout=5s";

/// A pool of at most 8 connections to the database of `DATABASE_URL`. It dials when the first one is asked for.
pub(crate) fn pool() -> Result<Pool, Box<dyn Error>> {
    let url = env::var("DATABASE_URL").map_err(|_| "give the database's address in DATABASE_URL")?;
    // The parser's own error quotes what it does not understand.
    let mut config: Config = url.parse().map_err(|_| "DATABASE_URL is no address of a PostgreSQL database")?;
    config.application_name("content-service").connect_timeout(CONNECTION).options(STATEMENT);
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let pool = Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(8)
        .wait_timeout(Some(CONNECTION))
        .create_timeout(Some(CONNECTION))
        .recycle_timeout(Some(CONNECTION))
        .runtime(Runtime::Tokio1);
    Ok(pool.build()?)
}

/// Where the service listens: `LISTEN`, or port 8080 of this machine.
pub(crate) fn listen() -> String {
    env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned())
}

/// Waits until somebody wants the service to end.
pub(crate) async fn stop() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}
