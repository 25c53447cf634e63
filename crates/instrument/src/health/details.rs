//! Who sees the details.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::StatusCode;
use http::request::Parts;

/// Says of a request's head whether it may see the details.
type Predicate = Box<dyn Fn(&Parts) -> bool + Send + Sync>;

/// Who sees the details.
pub(super) enum Details {
    /// Nobody: there is no such page.
    Never,
    /// Those whose request's head is allowed to.
    Where(Predicate),
    /// Everybody.
    Always,
}

impl Details {
    /// Whether this request may see them; else the status of the refusal.
    pub(super) fn allow(&self, head: &Parts) -> Result<(), StatusCode> {
        match self {
            Self::Never => Err(StatusCode::NOT_FOUND),
            Self::Always => Ok(()),
            // One that panics has not allowed it.
            Self::Where(allows) => match catch_unwind(AssertUnwindSafe(|| allows(head))) {
                Ok(true) => Ok(()),
                Ok(false) | Err(_) => Err(StatusCode::FORBIDDEN),
            },
        }
    }
}
