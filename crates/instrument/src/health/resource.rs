//! A figure of the database, and how far it may go.

use std::borrow::Cow;

/// A figure of the database, such as its size, and how far it may go.
///
/// Names and figures are shown to whoever sees the details. Let the name end in the unit: `size_bytes`.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub(super) name: Cow<'static, str>,
    pub(super) value: f64,
    pub(super) limit: Option<f64>,
}

impl Resource {
    /// A figure. One that is not finite is not known, and left out.
    pub fn new(name: impl Into<Cow<'static, str>>, value: f64) -> Self {
        Self { name: name.into(), value, limit: None }
    }

    /// With the greatest value that is in order; a greater one is degraded.
    #[must_use]
    pub fn limit(self, limit: f64) -> Self {
        Self { limit: Some(limit), ..self }
    }

    pub(super) fn exceeds(&self) -> bool {
        self.limit.is_some_and(|limit| self.value > limit)
    }
}
