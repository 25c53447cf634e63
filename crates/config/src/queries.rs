//! The user's own queries.

use std::time::Duration;

use dbprobe_core::Query;

use crate::field::Field;
use crate::fields::{Fields, entries};
use crate::findings::Findings;
use crate::name;
use crate::node::{Key, Node};

/// One of a target's `queries`.
#[derive(Clone, Debug)]
pub struct QuerySettings {
    /// Its name, which is the label `query`.
    pub name: String,
    /// The statement with its caps.
    pub query: Query,
    /// From the beginning of one run to that of the next.
    pub interval: Duration,
    /// How long one run may take.
    pub timeout: Duration,
    /// A smaller value makes the target degraded.
    pub min: Option<f64>,
    /// A greater value makes the target degraded.
    pub max: Option<f64>,
}

impl PartialEq for QuerySettings {
    fn eq(&self, other: &Self) -> bool {
        let Self { name, query: Query { sql, access, max_rows, max_bytes }, interval, timeout, min, max } = self;
        let of_other = (&other.query.sql, &other.query.access, &other.query.max_rows, &other.query.max_bytes);
        (sql, access, max_rows, max_bytes) == of_other
            && (name, interval, timeout, min, max)
                == (&other.name, &other.interval, &other.timeout, &other.min, &other.max)
    }
}

const KEYS: &[&str] = &["interval", "max", "max_bytes", "max_rows", "min", "sql", "timeout"];

/// A query is a load of its own: it is not run more often than this.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// Reads the block `queries` of a target whose probes take at most `timeout`.
pub(crate) fn read(field: Field<'_>, timeout: Duration, findings: &mut Findings) -> Vec<QuerySettings> {
    let entries = entries("`queries`", field.node, findings);
    entries.iter().filter_map(|(key, node)| read_one(key, node, timeout, findings)).collect()
}

fn read_one(key: &Key, node: &Node, timeout: Duration, findings: &mut Findings) -> Option<QuerySettings> {
    let name = name::query(key, findings);
    let fields = Fields::read("a query", node, &[KEYS], findings);
    let sql = match fields.field("sql") {
        Some(sql) => sql.filled(findings),
        None => {
            findings.add(key.place, "this query has no `sql`").advise("write `sql: SELECT count(*) FROM …`");
            None
        }
    };
    let mut query = Query { max_rows: 100, max_bytes: 64 << 10, ..Query::read_only("") };
    fields.set("max_bytes", &mut query.max_bytes, findings, Field::bytes);
    let rows = |field: Field<'_>, findings: &mut Findings| Some(field.count(1, 10_000, findings)? as usize);
    fields.set("max_rows", &mut query.max_rows, findings, rows);
    let mut settings =
        QuerySettings { name: String::new(), query, interval: Duration::from_secs(60), timeout, min: None, max: None };
    let interval = |field: Field<'_>, findings: &mut Findings| field.duration_from(SHORTEST_INTERVAL, findings);
    fields.set("interval", &mut settings.interval, findings, interval);
    fields.set("timeout", &mut settings.timeout, findings, Field::positive_duration);
    fields.set_some("min", &mut settings.min, findings, Field::number);
    fields.set_some("max", &mut settings.max, findings, Field::number);
    if let (Some(min), Some(max)) = (settings.min, settings.max)
        && min > max
    {
        findings.add(key.place, "this query's `min` is greater than its `max`: no value could be right");
    }
    settings.name = name?.to_owned();
    settings.query.sql = sql?;
    Some(settings)
}
