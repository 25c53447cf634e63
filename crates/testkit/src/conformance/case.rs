//! One case of the suite.

use futures_util::future::LocalBoxFuture;

use super::outcome::Verdict;
use super::stage::Stage;

/// What a case does.
pub(crate) type Run = for<'a> fn(&'a Stage) -> LocalBoxFuture<'a, Verdict>;

/// One case of the suite.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// `<group>::<rule>`.
    pub(crate) name: &'static str,
    pub(crate) run: Run,
    /// Whether it counts what belongs to the whole process, so that no other case may run.
    pub(crate) alone: bool,
}

impl Case {
    pub(crate) const fn new(name: &'static str, run: Run) -> Self {
        Self { name, run, alone: false }
    }

    pub(crate) const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }
}

/// The cases of a group, each named after its function.
macro_rules! cases {
    ($group:literal: $($name:ident $(($alone:ident))?),+ $(,)?) => {
        pub(super) const CASES: &[$crate::conformance::case::Case] = &[$(
            $crate::conformance::case::Case::new(
                concat!($group, "::", stringify!($name)),
                |stage| Box::pin($name(stage)),
            )$(.$alone())?,
        )+];
    };
}
pub(crate) use cases;
