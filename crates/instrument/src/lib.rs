// The examples use every feature, so they run as tests where all are on.
#![cfg_attr(
    any(
        not(doctest),
        all(
            feature = "bb8",
            feature = "deadpool-postgres",
            feature = "health",
            feature = "mysql_async",
            feature = "opentelemetry",
            feature = "prometheus",
            feature = "r2d2",
            feature = "sqlx"
        )
    ),
    doc = include_str!("../README.md")
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod limits;
mod outcome;
mod pool_status;
mod query;

mod code;
mod table;

mod metrics;
mod none;
#[cfg(feature = "opentelemetry")]
mod opentelemetry;
#[cfg(feature = "prometheus")]
mod prometheus;

mod series;

mod guard;
mod tracked;

pub mod pool;

mod tracker;

mod extension;
#[cfg(feature = "health")]
pub mod health;

#[cfg(feature = "prometheus")]
pub use crate::prometheus::{PrometheusError, PrometheusMetrics, PrometheusMetricsBuilder};
pub use code::{cause_code, error_code};
pub use extension::TrackFuture;
pub use guard::Guard;
pub use limits::Limits;
pub use metrics::{DatabaseMetrics, PoolSeries, Series};
pub use none::NoMetrics;
#[cfg(feature = "opentelemetry")]
pub use opentelemetry::OpenTelemetryMetrics;
pub use outcome::Outcome;
pub use query::Query;
pub use tracked::Tracked;
pub use tracker::{Tracker, TrackerBuilder};
