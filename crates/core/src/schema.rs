//! The JSON Schema of every output, generated from the types.

use schemars::{Schema, SchemaGenerator, schema_for};

use crate::reading::Reading;
use crate::wire;

/// Every output's file name and schema (JSON Schema, draft 2020-12).
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![("report.v1.json", schema_for!(wire::Report)), ("dsn.v1.json", schema_for!(Reading<'_>))]
}

/// The schema of a failure as a report has it, for outputs of others that hold one.
pub fn failure(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Option<wire::Failure>>()
}
