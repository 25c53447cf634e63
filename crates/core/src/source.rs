//! Where a DSN comes from: written out, or by reference to an environment variable or a file.

use std::fmt;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::class::Class;
use crate::driver::{Driver, Session};
use crate::dsn::Dsn;
use crate::failure::Failure;
use crate::file::{is_missing, read_file};
use crate::phase::Phase;
use crate::registry::Registry;
use crate::setup::{Setup, SetupOptions};
use crate::steps::Steps;
use crate::target::Target;
use crate::template::Template;

/// The longest DSN that is read from a file, in bytes. A larger file is not a DSN.
const LONGEST: u64 = 64 * 1024;

/// Where a DSN comes from.
// Exhaustive on purpose: it is the grammar of the contract's section 3.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// `@env:NAME`: the value of an environment variable.
    Environment(String),
    /// `@file:PATH`: the content of a file, without its final line break.
    File(PathBuf),
    /// The DSN itself.
    Literal(Dsn),
    /// A DSN with references in it, as configuration files have it.
    Template(Template),
}

impl Source {
    /// Reads `@env:NAME`, `@file:PATH` or a DSN.
    ///
    /// # Errors
    /// Class `config` when it is none of them.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let refused = |what: &str| Failure::new(Class::Config, what).in_phase(Phase::Configure);
        if let Some(name) = text.strip_prefix("@env:") {
            // The shell has put the DSN there: the name of a reference is shown in outputs, so this is none.
            let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
            let mistake = || refused("what follows `@env:` is not the name of a variable");
            return named
                .then(|| Self::Environment(name.to_owned()))
                .ok_or_else(|| mistake().advise("write the name itself, without `$`: @env:ORDERS_DSN"));
        }
        if let Some(path) = text.strip_prefix("@file:") {
            let named = !path.is_empty() && !path.contains("://");
            let mistake = || refused("what follows `@file:` is not a path");
            return named
                .then(|| Self::File(PathBuf::from(path)))
                .ok_or_else(|| mistake().advise("write where the file is: @file:/run/secrets/orders_dsn"));
        }
        if text.starts_with('@') {
            return Err(refused("a reference starts with `@env:` or `@file:`"));
        }
        Ok(Self::Literal(Dsn::parse(text)?))
    }

    /// The DSN as it stands there now.
    ///
    /// # Errors
    /// Class `config` when the variable is not set, the file cannot be read, or what stands there is not a DSN.
    pub fn load(&self) -> Result<Dsn, Failure> {
        let text = match self {
            Self::Literal(dsn) => return Ok(dsn.clone()),
            Self::Environment(name) => std::env::var(name).map_err(|error| match error {
                std::env::VarError::NotPresent => "is not set".to_owned(),
                std::env::VarError::NotUnicode(_) => "is not UTF-8".to_owned(),
            }),
            Self::File(path) => read(path),
            Self::Template(template) => {
                let text = template.expand_dsn()?;
                return Dsn::parse(text.expose()).map_err(Failure::from);
            }
        };
        let text = text.map_err(|why| self.failure(&why).advise(self.remedy()))?;
        let text = text.trim_end_matches(['\r', '\n']);
        Dsn::parse(text).map_err(|error| Failure { message: format!("{self}: {error}"), ..Failure::from(error) })
    }

    /// Configures the engine that the DSN chooses. A reference is read again at every new connection.
    ///
    /// # Errors
    /// Those of [`Source::load`] and [`Registry::open`].
    pub fn open(&self, registry: &Registry) -> Result<Arc<dyn Driver>, Failure> {
        let dsn = self.load()?;
        let driver = self.configure(registry, &dsn)?;
        if self.is_fixed() {
            return Ok(driver);
        }
        let current = Mutex::new((dsn, Arc::clone(&driver)));
        Ok(Arc::new(Referred { source: self.clone(), registry: registry.clone(), first: driver, current }))
    }

    /// The file that it refers to and that is not there, or still empty. Waiting may help: secrets are mounted, and
    /// written, while programs start.
    pub fn missing_file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path.as_path()).filter(|path| is_missing(path)),
            Self::Template(template) => template.missing_file(),
            Self::Environment(_) | Self::Literal(_) => None,
        }
    }

    /// Whether it is the same DSN at every reading.
    fn is_fixed(&self) -> bool {
        match self {
            Self::Literal(_) => true,
            Self::Template(template) => !template.has_references(),
            Self::Environment(_) | Self::File(_) => false,
        }
    }

    fn configure(&self, registry: &Registry, dsn: &Dsn) -> Result<Arc<dyn Driver>, Failure> {
        // An engine reads a DSN in a plain function, which the guard of a probe's steps does not cover.
        let opened = catch_unwind(AssertUnwindSafe(|| registry.open(dsn))).map_err(|_| panicked())?;
        opened.map_err(|error| {
            let failure = Failure::from(error);
            match self {
                Self::Literal(_) | Self::Template(_) => failure,
                _ => Failure { message: format!("{self}: {}", failure.message), ..failure },
            }
        })
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Environment(_) => "set the variable in the environment that dbprobe is started in",
            _ => "check the path, and that the user that dbprobe runs as may read the file",
        }
    }

    fn failure(&self, why: &str) -> Failure {
        Failure::new(Class::Config, format!("{self} {why}")).in_phase(Phase::Configure)
    }
}

/// The reference as written; a literal DSN is not shown.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "@env:{name}"),
            Self::File(path) => write!(f, "@file:{}", path.display()),
            Self::Literal(dsn) => write!(f, "{}:***", dsn.scheme()),
            Self::Template(template) => template.fmt(f),
        }
    }
}

/// The panic's message is left out: it may quote the DSN, as those of the standard library on slicing a text do.
fn panicked() -> Failure {
    Failure::new(Class::Internal, "the driver panicked while it read the DSN")
        .in_phase(Phase::Configure)
        .advise("this is a defect of the engine: please report it with the form of the DSN, without its password")
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = read_file(path, LONGEST).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::FileTooLarge => format!("{error}: it is not a DSN"),
        _ => format!("cannot be read: {error}"),
    })?;
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())
}

/// A driver whose DSN is read again at every new connection, so that a rotated password needs no restart.
#[derive(Debug)]
struct Referred {
    source: Source,
    registry: Registry,
    first: Arc<dyn Driver>,
    current: Mutex<(Dsn, Arc<dyn Driver>)>,
}

impl Referred {
    fn current(&self) -> Result<Arc<dyn Driver>, Failure> {
        let dsn = self.source.load()?;
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0.expose() != dsn.expose() {
            let driver = self.source.configure(&self.registry, &dsn)?;
            let (now, before) = (driver.target().engine, self.first.target().engine);
            if now != before {
                // Whoever holds this driver has the plan and the labels of the other engine.
                let why = format!("{} names a target of {now} now, and one of {before} before", self.source);
                return Err(Failure::new(Class::Config, why).in_phase(Phase::Configure));
            }
            *current = (dsn, driver);
        }
        Ok(Arc::clone(&current.1))
    }
}

#[async_trait]
impl Driver for Referred {
    fn target(&self) -> &Target {
        self.first.target()
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        self.current()?.reach(steps).await
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        self.current()?.connect(steps).await
    }

    fn setup(&self, options: &SetupOptions) -> Option<Setup> {
        self.first.setup(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_in_the_place_of_a_name_is_not_shown() {
        for text in ["@env:postgres://u:hunter2@h/db", "@env:", "@file:postgres://u:hunter2@h/db", "@file:", "@hunter2"]
        {
            let failure = Source::parse(text).expect_err(text);
            assert_eq!((failure.class, failure.phase), (Class::Config, Some(Phase::Configure)), "{text}");
            assert!(!format!("{failure:?}").contains("hunter2"), "{failure}");
        }
    }

    #[test]
    fn references_say_what_is_missing_and_where() {
        let missing = Source::parse("@env:DBPROBE_TEST_NOT_SET").and_then(|source| source.load()).err();
        assert_eq!(
            missing.map(|failure| failure.to_string()).as_deref(),
            Some("configure: @env:DBPROBE_TEST_NOT_SET is not set")
        );
        for text in ["@file:/does/not/exist", "@file:/", "@other:x", "no-scheme"] {
            let failure = Source::parse(text).and_then(|source| source.load()).expect_err(text);
            assert_eq!((failure.class, failure.phase), (Class::Config, Some(Phase::Configure)), "{text}: {failure}");
        }
    }

    #[test]
    fn only_files_can_be_waited_for() {
        for (text, missing) in [
            ("@file:/does/not/exist", true),
            ("@file:Cargo.toml", false),
            ("@env:DBPROBE_TEST_NOT_SET", false),
            ("postgres://h/db", false),
        ] {
            let source = Source::parse(text).expect(text);
            assert_eq!(source.missing_file().is_some(), missing, "{text}");
        }
        let template = Template::parse("postgres://u:${file:/does/not/exist}@h/db").expect("a template");
        assert!(Source::Template(template).missing_file().is_some());
    }
}
