//! Metrics after OpenTelemetry's conventions for database clients.

mod attributes;
mod instruments;
mod operation;
mod pool;
mod pools;

use std::fmt;
use std::sync::{Arc, Weak};

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue};

use self::attributes::{NAMESPACE, SERVER_ADDRESS, SERVER_PORT, SYSTEM, text};
use self::instruments::{Instruments, SCHEMA_URL};
use self::operation::OperationSeries;
use self::pool::OpenTelemetryPool;
use self::pools::Pools;
use crate::metrics::{DatabaseMetrics, PoolSeries, Series};
use crate::pool_status::PoolState;
use crate::query::Query;

/// Metrics after OpenTelemetry's [semantic conventions for database client metrics][conventions], version 1.42.0.
///
/// Of the crates of OpenTelemetry this needs the API alone: which SDK, exporter and temporality there is, is the
/// program's business.
///
/// # Instruments
///
/// | instrument | unit | what it holds |
/// |---|---|---|
/// | `db.client.operation.duration` | `s` | queries |
/// | `db.client.connection.count` | `{connection}` | connections, by `db.client.connection.state` `idle` and `used` |
/// | `db.client.connection.idle.min` | `{connection}` | how many the pool keeps when nobody needs them |
/// | `db.client.connection.max` | `{connection}` | how many it may hold |
/// | `db.client.connection.pending_requests` | `{request}` | how many wait for one |
/// | `db.client.connection.timeouts` | `{timeout}` | waits for a connection that took too long |
/// | `db.client.connection.create_time` | `s` | making new ones |
/// | `db.client.connection.wait_time` | `s` | waits that ended with a connection |
/// | `db.client.connection.use_time` | `s` | uses |
/// | `dbprobe.transaction.duration` | `s` | transactions |
/// | `dbprobe.connection.test_time` | `s` | testing kept ones |
/// | `dbprobe.connection.errors` | `{error}` | waits that ended without a connection, other than in time-outs |
///
/// The conventions know no transactions, no tests and no failed waits. These instruments have a namespace of their own,
/// as OpenTelemetry asks of names that it does not define. A transaction is no `db.client.operation.duration`: its
/// queries are there already, and a sum over the operations would count their time twice.
///
/// `db.client.connection.idle.max` is never there: no pool says how many idle ones it allows. Nor is any other figure
/// that a pool cannot tell. Gauges are read when the SDK collects; those of a pool that is gone are gone. Pools of the
/// same name are added up, and a gauge is absent while one of them cannot tell it.
///
/// Histograms of times advise the bounds of the conventions: 1, 5, 10, 50, 100 and 500 milliseconds, 1, 5 and 10 seconds.
/// A view of the program's own overrides them.
///
/// # Attributes
///
/// Of queries and transactions: `db.system.name`; [`db.namespace`](Self::namespace), [`server.address`](Self::server) and
/// [`server.port`](Self::port) where they are given; `error.type` where they did not end well. Of queries:
/// `db.operation.name` and `db.collection.name`, and the query's name as `db.query.summary`: the conventions let a name
/// that the program chose stand there in place of a summary made from the statement. Of transactions:
/// `dbprobe.transaction.name`. A name that is empty is left out.
///
/// Of connections: `db.client.connection.pool.name`; `error.type` of `dbprobe.connection.errors`; of time-outs
/// `dbprobe.connection.phase` (`wait`, `create`, `test`) where the pool tells what took too long.
///
/// `error.type` is the error's code as in [`error_code`](crate::error_code), or
/// - `cancelled`, where a future was dropped before its end. The conventions name no such case; a query that gave nobody
///   an answer is none of the successes, and can be told from the failures by this word;
/// - `panic`, where it was a panic that ended it;
/// - `_OTHER`, the conventions' word for an error without a code of its own, and for those over a limit.
///
/// `db.response.status_code` is that code again where it is one of the server: one without lower-case letters, such as
/// the SQLSTATE `23505` or the number `1062`. Words such as `pool_timeout` did not come from a server.
///
/// # Limits
///
/// By default the SDK keeps 2,000 sets of attributes an instrument; what comes beyond goes to one set that is marked
/// `otel.metric.overflow`. A query has one set for its successes, one for cancellations and one for each code of its
/// errors; from the seventeenth code on they are one, `_OTHER`. So the 500 queries of [`Limits`](crate::Limits) fit as
/// long as they fail in three ways each. A program that needs more sets the limit by a view.
///
/// Make one of these for each database, and keep it: OpenTelemetry never forgets an instrument's callback.
///
/// ```
/// use dbprobe_instrument::{OpenTelemetryMetrics, Tracker};
///
/// let metrics = OpenTelemetryMetrics::new(&*opentelemetry::global::meter_provider(), "postgresql")
///     .namespace("orders")
///     .server("db.internal");
/// let tracker = Tracker::new(metrics);
/// # let _ = tracker;
/// ```
///
/// [conventions]: https://opentelemetry.io/docs/specs/semconv/db/database-metrics/
pub struct OpenTelemetryMetrics {
    instruments: Instruments,
    pools: Arc<Pools>,
    /// Of all queries and transactions.
    database: Vec<KeyValue>,
}

impl OpenTelemetryMetrics {
    /// Metrics of a database, with a meter of `provider` that names this crate, its version and that of the conventions.
    /// The program's global provider is `&*`[`opentelemetry::global::meter_provider`]`()`; set it before.
    ///
    /// `system` is what the conventions call the product: `postgresql`, `mysql`, `mariadb`, `sqlite`,
    /// `microsoft.sql_server`, `redis` or another of their list.
    pub fn new(provider: &(impl MeterProvider + ?Sized), system: &str) -> Self {
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(SCHEMA_URL)
            .build();
        Self::with_meter(&provider.meter_with_scope(scope), system)
    }

    /// As [`new`](Self::new), with a meter of the program's own.
    pub fn with_meter(meter: &Meter, system: &str) -> Self {
        let pools = Arc::new(Pools::default());
        pools::observe(meter, &pools);
        Self { instruments: Instruments::new(meter), pools, database: vec![text(SYSTEM, system)] }
    }

    /// With the name of the database, as `db.namespace`: for PostgreSQL `database|schema` where the schema is known.
    #[must_use]
    pub fn namespace(self, name: &str) -> Self {
        self.with(text(NAMESPACE, name))
    }

    /// With the server's name or address, or the path of its socket, as `server.address`.
    #[must_use]
    pub fn server(self, address: &str) -> Self {
        self.with(text(SERVER_ADDRESS, address))
    }

    /// With the server's port, as `server.port`. The conventions want it only beside the server's name, and only where it
    /// is not the product's usual one.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        self.with(KeyValue::new(SERVER_PORT, i64::from(port)))
    }

    fn with(mut self, attribute: KeyValue) -> Self {
        self.database.retain(|other| other.key != attribute.key);
        // What a program took from an empty setting is not known rather than empty.
        if !attribute.value.as_str().is_empty() {
            self.database.push(attribute);
        }
        self
    }
}

impl DatabaseMetrics for OpenTelemetryMetrics {
    fn query(&self, query: &Query<'_>) -> Box<dyn Series> {
        let own = attributes::of_query(&self.database, query);
        Box::new(OperationSeries::new(self.instruments.operation.clone(), own))
    }

    fn transaction(&self, name: &str) -> Box<dyn Series> {
        let own = attributes::of_transaction(&self.database, name);
        Box::new(OperationSeries::new(self.instruments.transaction.clone(), own))
    }

    fn pool(&self, name: &str, state: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        self.pools.add(name, state);
        Arc::new(OpenTelemetryPool::new(self.instruments.connections.clone(), name))
    }
}

impl fmt::Debug for OpenTelemetryMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenTelemetryMetrics").field("database", &self.database).finish_non_exhaustive()
    }
}
