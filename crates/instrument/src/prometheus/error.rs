//! Why metrics cannot be registered.

use std::error::Error;
use std::fmt;

/// Why [`PrometheusMetrics`](crate::PrometheusMetrics) cannot be registered.
#[derive(Debug)]
#[non_exhaustive]
pub enum PrometheusError {
    /// The service's name has nothing that a metric's name can be made of; the name follows.
    Service(String),
    /// The bounds of the buckets are not one or more positive, ascending numbers.
    Buckets,
    /// A constant label's name is not legal, is given twice or is one that the families use; the name follows.
    Label(String),
    /// These families are in the registry already; what their names begin with follows.
    Registered(String),
    /// The registry refused for another reason.
    Registry(prometheus::Error),
}

impl fmt::Display for PrometheusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name) => {
                write!(f, "no name of a metric can be made of the service {name:?}: it needs an ASCII letter or digit")
            }
            Self::Buckets => write!(f, "the buckets are not positive, ascending numbers: give one or more, in seconds"),
            Self::Label(name) => {
                write!(f, "the label {name:?} is not legal, given twice or used by the families: choose another name")
            }
            Self::Registered(prefix) => write!(
                f,
                "the families {prefix}… are in this registry already: clone the first PrometheusMetrics or its tracker, \
                 or give this one a registry of its own"
            ),
            Self::Registry(_) => write!(f, "the registry refused the families: give them a registry of their own"),
        }
    }
}

impl Error for PrometheusError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Registry(error) => Some(error),
            _ => None,
        }
    }
}
