//! From a DSN's scheme to its engine.

use std::fmt;
use std::sync::Arc;

use crate::driver::Driver;
use crate::dsn::{Dsn, DsnError};
use crate::engine::Engine;

/// An engine that exists but is not part of this build.
#[derive(Clone, Copy, Debug)]
pub struct Absent {
    /// The feature that would bring it.
    pub feature: &'static str,
    /// The schemes it would answer to.
    pub schemes: &'static [&'static str],
}

/// The engines of a program. It is a value: two registries in one process do not know each other.
#[derive(Clone, Default)]
pub struct Registry {
    engines: Vec<&'static Engine>,
    absent: Vec<Absent>,
}

impl Registry {
    /// A registry of `engines`.
    pub fn new(engines: &[&'static Engine]) -> Self {
        Self { engines: engines.to_vec(), absent: Vec::new() }
    }

    /// With engines that are not part of this build, so that errors can name the feature.
    #[must_use]
    pub fn with_absent(mut self, absent: &[Absent]) -> Self {
        self.absent.extend_from_slice(absent);
        self
    }

    /// With one more engine: bring your own.
    #[must_use]
    pub fn with(mut self, engine: &'static Engine) -> Self {
        self.engines.push(engine);
        self
    }

    /// The engines, in the order they were given.
    pub fn engines(&self) -> &[&'static Engine] {
        &self.engines
    }

    /// The engine that `dsn`'s scheme chooses.
    ///
    /// # Errors
    /// A scheme whose feature is off names the feature; an unknown scheme lists those there are.
    pub fn engine(&self, dsn: &Dsn) -> Result<&'static Engine, DsnError> {
        let scheme = dsn.scheme();
        let place = |error: DsnError| error.at(dsn.expose(), 0..scheme.len());
        if let Some(engine) = self.engines.iter().find(|engine| engine.schemes.contains(&scheme)) {
            return Ok(engine);
        }
        if let Some(absent) = self.absent.iter().find(|absent| absent.schemes.contains(&scheme)) {
            let message =
                format!("scheme `{scheme}` needs the feature `{}`, which is not part of this build", absent.feature);
            return Err(place(DsnError::unsupported(message)));
        }
        let known = self.engines.iter().flat_map(|engine| engine.schemes).copied().collect::<Vec<_>>().join(", ");
        Err(place(DsnError::unsupported("unknown scheme").advise(format!("the schemes of this build are {known}"))))
    }

    /// Whether an engine answers to `dsn`'s scheme, be it part of this build or not. Only such a scheme may be shown:
    /// what stands before the first colon of anything else could be a user's name.
    pub fn knows(&self, dsn: &Dsn) -> bool {
        let absent = || self.absent.iter().any(|absent| absent.schemes.contains(&dsn.scheme()));
        self.engines.iter().any(|engine| engine.schemes.contains(&dsn.scheme())) || absent()
    }

    /// Configures the engine that `dsn`'s scheme chooses. Nothing is sent.
    ///
    /// # Errors
    /// Those of [`Registry::engine`] and those of the engine's own reading of the DSN.
    pub fn open(&self, dsn: &Dsn) -> Result<Arc<dyn Driver>, DsnError> {
        (self.engine(dsn)?.open)(dsn)
    }
}

/// The names alone: what the engines know of their codes would fill pages, also in the `Debug` of every check.
impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engines: Vec<&str> = self.engines.iter().map(|engine| engine.name).collect();
        let absent: Vec<&str> = self.absent.iter().map(|absent| absent.feature).collect();
        f.debug_struct("Registry").field("engines", &engines).field("absent", &absent).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_by_its_names() {
        let registry = Registry::default().with_absent(&[Absent { feature: "sqlite", schemes: &["file"] }]);
        assert_eq!(format!("{registry:?}"), r#"Registry { engines: [], absent: ["sqlite"] }"#);
    }

    #[test]
    fn a_scheme_is_known_also_where_its_feature_is_off() {
        let registry = Registry::default().with_absent(&[Absent { feature: "sqlite", schemes: &["file"] }]);
        let knows = |text: &str| registry.knows(&Dsn::parse(text).expect("a DSN"));
        assert!(knows("file:demo.db") && knows("FILE:demo.db") && !knows("hunter2:x"));
    }
}
