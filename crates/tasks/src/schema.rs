//! The JSON Schema of every result, generated from the types.

use schemars::{Schema, schema_for};

/// Every result's file name and schema (JSON Schema, draft 2020-12).
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("diagnose.v1.json", schema_for!(crate::Diagnosis)),
        ("health.v1.json", schema_for!(crate::Health)),
        ("perf.v1.json", schema_for!(crate::Perf)),
        ("pool.v1.json", schema_for!(crate::Pool)),
        ("summary.v1.json", schema_for!(crate::Summary)),
        ("validate.v1.json", schema_for!(crate::Validation)),
        ("wait.v1.json", schema_for!(crate::Wait)),
    ]
}
