//! A health route to mount: is the database of this service usable?
//!
//! [`Health`] is a [`tower_service::Service`] for every framework that speaks `http` and tower, axum for one:
//!
//! ```
//! use axum::Router;
//! use dbprobe_instrument::health::Health;
//!
//! # async fn ping() -> Result<(), std::io::Error> { Ok(()) }
//! let health = Health::builder("content-service", ping).build();
//! let app: Router = Router::new().nest_service("/health", health); // and `/health/detailed`
//! ```
//!
//! A report of `dbprobe` can be the check: the service is healthy where the report's status answers.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use dbprobe_instrument::health::Health;
//!
//! let health = Health::builder("content-service", || async {
//!     let report = dbprobe::check("file::memory:").await;
//!     if report.status().answers() { Ok(()) } else { Err(report.failure().cloned()) }
//! });
//! # use tower_service::Service as _;
//! # let request = http::Request::new(());
//! # assert_eq!(health.build().call(request).await.map(|response| response.status().as_u16()), Ok(200));
//! # }
//! ```
//!
//! | path | answer |
//! |---|---|
//! | where it is mounted | the summary |
//! | one whose last segment is `detailed` | each check by itself; 404 unless the builder allows it, 403 to whom it does not |
//!
//! The status is 200 for `healthy` and `degraded`, and 503 for `unhealthy`. `HEAD` has the same head and no body; every
//! other method is a 405. Nothing may be stored by a cache on the way.

mod class;
mod status;

mod failure;
mod resource;

mod check;

mod checks;
mod view;

mod outcome;

mod flight;

mod details;

mod service;

mod builder;

pub use builder::HealthBuilder;
pub use resource::Resource;
pub use service::Health;
