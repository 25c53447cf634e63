//! The error of r2d2.

use std::borrow::Cow;

use super::erased::Erased;

/// There is one error only, and it says that nothing was there in time; why is a text.
pub(super) fn code(error: Erased<'_>) -> Option<Cow<'_, str>> {
    error.is::<r2d2::Error>().map(|_| Cow::Borrowed("pool_timeout"))
}
