//! What a collector gets of `OpenTelemetryMetrics`, by the SDK's exporter that keeps it in memory.

#![cfg(feature = "opentelemetry")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where its set-up is wrong")]

mod collector;

mod operations;
mod pools;
