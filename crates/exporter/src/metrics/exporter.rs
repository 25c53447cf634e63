//! What the exporter's own families are made of.

use super::process::Process;
use crate::service::{Reload, Service};

/// What the exporter tells of itself. What is not known is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exporter {
    pub(crate) reload: Option<Reload>,
    pub(crate) targets: Option<usize>,
    pub(crate) late: Option<usize>,
    pub(crate) process: Process,
}

impl Exporter {
    /// As it is now, with `targets` targets.
    pub(crate) fn now(service: &Service, targets: usize) -> Self {
        Self {
            reload: Some(service.last_reload()),
            targets: Some(targets),
            late: Some(service.fleet.late().len()),
            process: Process::now(),
        }
    }
}
