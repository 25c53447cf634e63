//! An error whose type has to be found out.

use std::any::Any;
use std::error::Error;

/// An error whose type has to be found out: as a program handed it over, or as a cause in a chain. Rust knows no way
/// from the one to the other.
#[derive(Clone, Copy)]
pub(super) enum Erased<'e> {
    Any(&'e dyn Any),
    Error(&'e (dyn Error + 'static)),
}

impl<'e> Erased<'e> {
    /// The error, where it is a `T`.
    pub(super) fn is<T: Error + 'static>(self) -> Option<&'e T> {
        match self {
            Self::Any(error) => error.downcast_ref(),
            Self::Error(error) => error.downcast_ref(),
        }
    }
}
