//! Targets whose DSN stands in a file that is not there yet.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use dbprobe_core::{Class, Driver, Failure, Phase, Registry, Session, Source, Steps, Target};

use crate::database::{Database, UNKNOWN};

impl Database {
    /// The target of `source`, which refers to a file that may still have to appear: secrets are mounted while programs
    /// start. Until then a connect fails with class `starting`; from then on it is the target that the file names.
    ///
    /// ```
    /// use dbprobe_core::{Registry, Source};
    /// use dbprobe_tasks::Database;
    ///
    /// # fn main() -> Result<(), dbprobe_core::Failure> {
    /// let source = Source::parse("@file:/run/secrets/orders_dsn")?;
    /// let orders = Database::awaited(source, Registry::new(&[&dbprobe_sqlite::ENGINE]));
    /// assert_eq!(orders.name, "@file:/run/secrets/orders_dsn");
    /// # Ok(())
    /// # }
    /// ```
    pub fn awaited(source: Source, registry: Registry) -> Self {
        let name = source.to_string();
        let driver = Arc::new(Awaited { source, registry, nowhere: nowhere(), opened: OnceLock::new() });
        Self::new(driver).named(name)
    }
}

#[derive(Debug)]
struct Awaited {
    source: Source,
    registry: Registry,
    nowhere: Target,
    opened: OnceLock<Arc<dyn Driver>>,
}

impl Awaited {
    fn driver(&self) -> Result<&Arc<dyn Driver>, Failure> {
        if let Some(driver) = self.opened.get() {
            return Ok(driver);
        }
        if let Some(path) = self.source.missing_file() {
            let message = format!("the file {} is not there yet, or empty", path.display());
            return Err(Failure::new(Class::Starting, message)
                .advise("check the path, and what mounts or writes the file")
                .in_phase(Phase::Configure));
        }
        let driver = self.source.open(&self.registry)?;
        Ok(self.opened.get_or_init(|| driver))
    }
}

#[async_trait]
impl Driver for Awaited {
    /// The file is looked for here, too: whoever asks wants to know before it connects.
    fn target(&self) -> &Target {
        self.driver().map_or(&self.nowhere, |driver| driver.target())
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        self.driver()?.reach(steps).await
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        self.driver()?.connect(steps).await
    }
}

fn nowhere() -> Target {
    Target {
        engine: UNKNOWN,
        endpoints: Vec::new(),
        user: None,
        has_password: false,
        database: None,
        parameters: BTreeMap::new(),
        redacted: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use dbprobe_core::{Plan, Status, probe};

    use super::*;

    #[tokio::test]
    async fn it_is_the_target_of_the_file_once_that_is_there() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("dsn");
        let source = Source::parse(&format!("@file:{}", file.display())).expect("a reference");
        let database = Database::awaited(source, Registry::new(&[&dbprobe_sqlite::ENGINE]));
        let ask = async || {
            let report = probe(database.driver.as_ref(), &Plan::default()).await;
            (report.status(), report.failure().map(|failure| (failure.phase, failure.class)))
        };
        let not_yet = (Status::Unknown, Some((Some(Phase::Configure), Class::Starting)));
        assert_eq!((ask().await, database.engine()), (not_yet, "unknown"));
        std::fs::write(&file, "").expect("a file");
        assert_eq!(ask().await, not_yet, "an empty file is about to be written");
        std::fs::write(&file, "file::memory:\n").expect("a file");
        assert_eq!((ask().await, database.engine()), ((Status::Up, None), "sqlite"));
    }
}
