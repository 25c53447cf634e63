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
use deadpool_postgres::Pool;
use tokio::net::TcpListener;
use tokio::time::timeout;

use content::{Content, NewContent, Transfer};
use failure::Failure;
use store::{create_content, get_content, list_content, move_credits};

#[derive(Clone)]
struct App {
    pool: Pool,
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
    let app = App { pool: settings::pool()? };
    app.pool.get().await?.batch_execute(sql::SCHEMA).await?;
    let listener = TcpListener::bind(settings::listen()).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router(app)).with_graceful_shutdown(settings::stop()).await?;
    Ok(())
}

fn router(app: App) -> Router {
    Router::new()
        .route("/content", get(list).post(create))
        .route("/content/{id}", get(show))
        .route("/transfers", post(transfer))
        .with_state(app)
        .layer(from_fn(bounded))
}

async fn list(State(app): State<App>) -> Result<Json<Vec<Content>>, Failure> {
    let client = app.pool.get().await?;
    let found = list_content(&client).await?;
    Ok(Json(found))
}

async fn show(State(app): State<App>, Path(id): Path<i64>) -> Result<Json<Content>, Failure> {
    let client = app.pool.get().await?;
    let found = get_content(&client, id).await?;
    found.map(Json).ok_or(Failure::NOT_FOUND)
}

async fn create(State(app): State<App>, Json(new): Json<NewContent>) -> Result<(StatusCode, Json<Content>), Failure> {
    let client = app.pool.get().await?;
    let made = create_content(&client, &new).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn transfer(State(app): State<App>, Json(transfer): Json<Transfer>) -> Result<StatusCode, Failure> {
    let mut client = app.pool.get().await?;
    move_credits(&mut client, &transfer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Nobody waits for ever, whatever the database does.
async fn bounded(request: Request, next: Next) -> Result<Response, Failure> {
    timeout(settings::REQUEST, next.run(request)).await.map_err(|_| Failure::TIMEOUT)
}
