//! The JSON Schema of the outputs that only the command has, generated from the types.

use schemars::{Schema, schema_for};

use crate::{dsn, engines, init};

/// Every output's file name and schema (JSON Schema, draft 2020-12).
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("dsn-error.v1.json", schema_for!(dsn::Refused<'_>)),
        ("engines.v1.json", schema_for!(engines::List)),
        ("init.v1.json", schema_for!(init::Done<'_>)),
        ("init-print.v1.json", schema_for!(init::Printed<'_>)),
    ]
}
