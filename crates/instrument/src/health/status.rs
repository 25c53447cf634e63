//! How a service is.

use serde::Serialize;

/// How a service, or one of its checks, is: the better before the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Healthy,
    Degraded,
    Unhealthy,
}
