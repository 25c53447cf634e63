//! The plan that the suite's cases share.

use std::time::Duration;

use dbprobe_core::{Plan, Prober, WriteMode};

/// The plan of every case that does not need another: everything, within 10 s, in the health table.
pub fn plan() -> Plan {
    Plan {
        timeout: Duration::from_secs(10),
        write: WriteMode::Table,
        create_health_table: true,
        prober: prober("conformance"),
        ..Plan::default()
    }
}

/// The prober named `name`.
pub(crate) fn prober(name: &str) -> Prober {
    name.parse().expect("a name of this suite")
}
