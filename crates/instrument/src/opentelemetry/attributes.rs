//! What tells the series of an instrument apart: made once, so that recording copies nothing.

use std::sync::{Arc, OnceLock};

use opentelemetry::KeyValue;

use crate::code::OTHER;
use crate::outcome::Outcome;
use crate::query::Query;
use crate::table::Table;

pub(super) const NAMESPACE: &str = "db.namespace";
pub(super) const SERVER_ADDRESS: &str = "server.address";
pub(super) const SERVER_PORT: &str = "server.port";
pub(super) const SYSTEM: &str = "db.system.name";
const COLLECTION: &str = "db.collection.name";
const CONNECTION_STATE: &str = "db.client.connection.state";
const ERROR: &str = "error.type";
const OPERATION: &str = "db.operation.name";
const PHASE: &str = "dbprobe.connection.phase";
const POOL: &str = "db.client.connection.pool.name";
const STATUS_CODE: &str = "db.response.status_code";
const SUMMARY: &str = "db.query.summary";
const TRANSACTION: &str = "dbprobe.transaction.name";

/// The conventions' word for an error that has no word of its own.
const OTHER_ERROR: &str = "_OTHER";
const CANCELLED: &str = "cancelled";

/// Codes that one series keeps apart: with the tracker's limits alone there could be a set for each pair of a query and a
/// code.
const CODES: usize = 16;

/// `base` and `own`, less what is empty.
///
/// Sorted by key: the SDK looks a set up as it is given, and keeps each set a second time whose order is another.
pub(super) fn attributes<const N: usize>(base: &[KeyValue], own: [(&'static str, &str); N]) -> Vec<KeyValue> {
    let own = own.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| text(key, value));
    let mut all: Vec<_> = base.iter().cloned().chain(own).collect();
    all.sort_by(|one, other| one.key.cmp(&other.key));
    all
}

/// An attribute whose copies share the text: one series has several sets, and the SDK keeps copies of its own.
pub(super) fn text(key: &'static str, value: &str) -> KeyValue {
    KeyValue::new(key, Arc::<str>::from(value))
}

pub(super) fn of_query(database: &[KeyValue], query: &Query<'_>) -> Vec<KeyValue> {
    let Query { operation, table, name } = *query;
    attributes(database, [(OPERATION, operation), (COLLECTION, table), (SUMMARY, name)])
}

pub(super) fn of_transaction(database: &[KeyValue], name: &str) -> Vec<KeyValue> {
    attributes(database, [(TRANSACTION, name)])
}

pub(super) fn of_pool(name: &str) -> Vec<KeyValue> {
    attributes(&[], [(POOL, name)])
}

/// Of the connections of a pool that are in `state`.
pub(super) fn of_state(pool: &[KeyValue], state: &str) -> Vec<KeyValue> {
    attributes(pool, [(CONNECTION_STATE, state)])
}

/// Of the waits of a pool in which `phase` took too long.
pub(super) fn of_phase(pool: &[KeyValue], phase: &str) -> Vec<KeyValue> {
    attributes(pool, [(PHASE, phase)])
}

/// The attributes of one series by how it ends.
pub(super) struct Endings {
    ok: Vec<KeyValue>,
    cancelled: Vec<KeyValue>,
    /// By the error's code. Most series never see one, so none of them has a table from the start.
    failed: OnceLock<Table<Vec<KeyValue>, 1>>,
    /// Of codes that have no place there.
    other: OnceLock<Vec<KeyValue>>,
}

impl Endings {
    pub(super) fn new(own: Vec<KeyValue>) -> Self {
        let cancelled = attributes(&own, [(ERROR, CANCELLED)]);
        Self { ok: own, cancelled, failed: OnceLock::new(), other: OnceLock::new() }
    }

    pub(super) fn of(&self, outcome: Outcome<'_>) -> &[KeyValue] {
        match outcome {
            Outcome::Ok => &self.ok,
            Outcome::Cancelled => &self.cancelled,
            Outcome::Failed(code) => self.failed(code),
        }
    }

    fn failed(&self, code: &str) -> &[KeyValue] {
        let failed = self.failed.get_or_init(|| Table::new(CODES));
        let own = failed.entry([code], || attributes(&self.ok, of_error(code)));
        own.unwrap_or_else(|| self.other.get_or_init(|| attributes(&self.ok, of_error(OTHER))))
    }
}

fn of_error(code: &str) -> [(&'static str, &str); 2] {
    let error = if code == OTHER { OTHER_ERROR } else { code };
    [(ERROR, error), (STATUS_CODE, if is_of_server(code) { code } else { "" })]
}

/// Whether `code` is a server's own: a SQLSTATE, a number, the prefix of an error of Redis. Words that were made on the
/// client's side are in lower case.
fn is_of_server(code: &str) -> bool {
    !code.is_empty() && !code.contains(char::is_lowercase)
}
