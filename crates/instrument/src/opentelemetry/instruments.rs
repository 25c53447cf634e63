//! The instruments: names, units and bounds of the conventions.

use opentelemetry::metrics::{Counter, Histogram, Meter};

/// The version of the conventions that names and attributes follow.
pub(super) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.42.0";

pub(super) const COUNT: &str = "db.client.connection.count";
pub(super) const IDLE_MIN: &str = "db.client.connection.idle.min";
pub(super) const MAX: &str = "db.client.connection.max";
pub(super) const PENDING: &str = "db.client.connection.pending_requests";

/// What the conventions advise for `db.client.operation.duration`, in seconds. They say nothing of the other times, which
/// are of the same size.
const BOUNDS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

pub(super) struct Instruments {
    pub(super) operation: Histogram<f64>,
    pub(super) transaction: Histogram<f64>,
    pub(super) connections: ConnectionInstruments,
}

#[derive(Clone)]
pub(super) struct ConnectionInstruments {
    pub(super) wait_time: Histogram<f64>,
    pub(super) create_time: Histogram<f64>,
    pub(super) test_time: Histogram<f64>,
    pub(super) use_time: Histogram<f64>,
    pub(super) timeouts: Counter<u64>,
    pub(super) errors: Counter<u64>,
}

impl Instruments {
    pub(super) fn new(meter: &Meter) -> Self {
        Self {
            operation: seconds(meter, "db.client.operation.duration", "Duration of database client operations."),
            transaction: seconds(meter, "dbprobe.transaction.duration", "Duration of database transactions."),
            connections: ConnectionInstruments::new(meter),
        }
    }
}

impl ConnectionInstruments {
    fn new(meter: &Meter) -> Self {
        let time = |name, description| seconds(meter, name, description);
        let timeouts = meter
            .u64_counter("db.client.connection.timeouts")
            .with_unit("{timeout}")
            .with_description("Waits for a connection of the pool that took too long.");
        let errors = meter
            .u64_counter("dbprobe.connection.errors")
            .with_unit("{error}")
            .with_description("Waits for a connection of the pool that ended without one, other than in a time-out.");
        Self {
            wait_time: time("db.client.connection.wait_time", "How long it took to get a connection of the pool."),
            create_time: time("db.client.connection.create_time", "How long it took to make a new connection."),
            test_time: time("dbprobe.connection.test_time", "How long it took to test a kept connection."),
            use_time: time("db.client.connection.use_time", "From taking a connection to giving it back."),
            timeouts: timeouts.build(),
            errors: errors.build(),
        }
    }
}

fn seconds(meter: &Meter, name: &'static str, description: &'static str) -> Histogram<f64> {
    let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
    histogram.with_boundaries(BOUNDS.to_vec()).build()
}
