//! The one table of all families.

mod compat;
mod exporter;
mod target;

use super::family::Family;

/// Every family, in the order of the exposition.
pub(crate) fn families() -> impl Iterator<Item = &'static Family> {
    [exporter::PROBE, target::FAMILIES, compat::FAMILIES, exporter::FAMILIES].into_iter().flatten()
}
