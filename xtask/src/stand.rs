//! What `load`, `peers` and `soak` share: servers in containers, the binary, and how to look at its process.

mod figures;
mod scrape;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::server::ServerSettings;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::images::{self, Choice, IMAGES, Rebuild};
use crate::{docker, process, test, workspace};

pub(crate) use figures::Figures;
pub(crate) use scrape::{Scrape, Target};
pub(crate) use table::{Table, median, milliseconds, percentile};

/// Every server's password.
pub(crate) const PASSWORD: &str = "s3cret";

/// What all three commands take.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Another binary than the release build.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

impl Options {
    /// The binary: the release build, which is made now, or the one that was named.
    pub(crate) fn binary(&self) -> Result<PathBuf> {
        if let Some(binary) = &self.binary {
            return Ok(binary.clone());
        }
        process::run(process::cargo().current_dir(workspace::root()).args([
            "build",
            "--release",
            "-p",
            "dbprobe-cli",
        ]))?;
        Ok(workspace::target().join("release/dbprobe"))
    }
}

/// A command of the binary with nothing of this process's environment that would change what it does.
pub(crate) fn command(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("DBPROBE_") || name.starts_with("PG") {
            command.env_remove(&*name);
        }
    }
    command
}

/// The images of a run, and the name by which its containers are known.
#[derive(Debug)]
pub(crate) struct Stand {
    choices: Vec<Choice>,
    run: String,
}

impl Stand {
    /// Gets the images of these titles in the table.
    pub(crate) fn new(titles: &[&str]) -> Result<Self> {
        docker::find()?;
        let rows = IMAGES.iter().filter(|row| titles.contains(&row.title)).collect::<Vec<_>>();
        if rows.len() != titles.len() {
            bail!("not all of {titles:?} are in the table of images");
        }
        Ok(Self { choices: images::get(rows, Rebuild::WhenChanged)?, run: test::run_name::new() })
    }

    /// Removes the containers of dead runs now, and what this one left when it is dropped.
    pub(crate) fn cleanup(&self) -> test::Cleanup<'_> {
        test::Cleanup::new(&self.run)
    }

    /// The settings of a server, made by one of the constructors of [`ServerSettings`] from its image.
    pub(crate) fn settings(&self, title: &str, make: impl FnOnce(&str) -> ServerSettings) -> Result<ServerSettings> {
        let choice = self.choices.iter().find(|choice| choice.image.title == title);
        let image = &choice.with_context(|| format!("there is no image of {title}"))?.reference;
        Ok(make(image).run(&self.run))
    }

    /// The same for an image that is not in the table.
    pub(crate) fn own(&self, settings: ServerSettings) -> ServerSettings {
        settings.run(&self.run)
    }
}

/// The testkit's reason as an error of ours.
pub(crate) fn missing(missing: Missing) -> anyhow::Error {
    anyhow!(missing.why)
}

/// Raises the limit of open files as far as it goes, for this process and those it starts; returns it.
pub(crate) fn raise_open_files() -> u64 {
    let Rlimit { maximum, current } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(_) => current.unwrap_or(u64::MAX),
    }
}
