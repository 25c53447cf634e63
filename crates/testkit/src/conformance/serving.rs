//! The first server of a suite, for tests of another kind.

use super::suite::{House, Suite};
use crate::fixture::{Fixture, Missing};

/// A server that runs until this is dropped.
pub struct Serving {
    dsn: String,
    engine: &'static str,
    /// Lets the server go. It is `Some` until it is dropped.
    stop: Option<Box<dyn FnOnce() + Send>>,
}

impl Serving {
    /// A DSN that works.
    pub fn dsn(&self) -> &str {
        &self.dsn
    }

    /// The engine's name.
    pub fn engine(&self) -> &'static str {
        self.engine
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

impl<F: Fixture> Suite<F> {
    /// Starts the first server that is there.
    ///
    /// # Errors
    /// When none is.
    pub fn serve(self) -> Result<Serving, Missing> {
        let house: House = self.house();
        let dsn = match self.first(&house) {
            Ok(fixture) => fixture.dsn(),
            Err(missing) => {
                self.stop(&house);
                return Err(missing);
            }
        };
        let engine = self.engine.name;
        Ok(Serving { dsn, engine, stop: Some(Box::new(move || self.stop(&house))) })
    }
}
