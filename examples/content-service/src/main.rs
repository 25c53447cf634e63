//! Content and credits over HTTP, on PostgreSQL.

mod content;
mod failure;
mod settings;
mod sql;
mod store;

use std::error::Error;
use std::process::ExitCode;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use dbprobe_instrument::{PrometheusMetrics, TrackFuture as _, Tracker, health::Health, pool::TrackedPool};
use deadpool_postgres::Pool;
use prometheus::{TextEncoder, gather};
use tokio::net::TcpListener;
use tokio::time::timeout;

use content::{Content, NewContent, Transfer};
use failure::Failure;
use store::{create_content, get_content, list_content, move_credits};

#[derive(Clone)]
struct App {
    pool: TrackedPool<Pool>,
    tracker: Tracker,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let tracker = Tracker::new(PrometheusMetrics::new("content-service")?);
    let app = App { pool: tracker.track_pool("main", settings::pool()?), tracker };
    app.pool.get().await?.batch_execute(sql::SCHEMA).await?;
    let listener = TcpListener::bind(settings::listen()).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router(app)).with_graceful_shutdown(settings::stop()).await?;
    Ok(())
}

fn router(app: App) -> Router {
    let health = Health::builder_on("content-service", &app.pool, |c| async move { c.check_connection().await });
    Router::new()
        .route("/content", get(list).post(create))
        .route("/content/{id}", get(show))
        .route("/transfers", post(transfer))
        .with_state(app)
        .nest_service("/health", health.build())
        .route("/metrics", get(|| async { TextEncoder::new().encode_to_string(&gather()).or(Err(Failure::INTERNAL)) }))
        .layer(from_fn(bounded))
}

async fn list(State(app): State<App>) -> Result<Json<Vec<Content>>, Failure> {
    let client = app.pool.get().await?;
    let found = list_content(&client).track_query(&app.tracker, "select", "content", "list_content").await?;
    Ok(Json(found))
}

async fn show(State(app): State<App>, Path(id): Path<i64>) -> Result<Json<Content>, Failure> {
    let client = app.pool.get().await?;
    let found = get_content(&client, id).track_query(&app.tracker, "select", "content", "get_content_by_id").await?;
    found.map(Json).ok_or(Failure::NOT_FOUND)
}

async fn create(State(app): State<App>, Json(new): Json<NewContent>) -> Result<(StatusCode, Json<Content>), Failure> {
    let client = app.pool.get().await?;
    let made = create_content(&client, &new).track_query(&app.tracker, "insert", "content", "create_content").await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn transfer(State(app): State<App>, Json(transfer): Json<Transfer>) -> Result<StatusCode, Failure> {
    let mut client = app.pool.get().await?;
    move_credits(&mut client, &transfer).track_transaction(&app.tracker, "transfer").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Nobody waits for ever, whatever the database does.
async fn bounded(request: Request, next: Next) -> Result<Response, Failure> {
    timeout(settings::REQUEST, next.run(request)).await.map_err(|_| Failure::TIMEOUT)
}
