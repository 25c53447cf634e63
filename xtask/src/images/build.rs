//! Building stand-ins: a base image for each Debian suite, and a server on top of it. The base is
//! Debian's own image where it can be pulled: then the build needs no root.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::fingerprint::Fingerprint;
use super::pull::Registry;
use super::table::{Image, StandIn};
use crate::{docker, process, workspace};

/// The label that holds the fingerprint of what an image was made of.
const HASH: &str = "dbprobe.hash";
/// Builds wait for the network most of the time; more at once do not help.
const AT_ONCE: usize = 2;

/// Whether the stand-in is here and made of the sources as they are now.
pub(super) fn is_current(image: &Image) -> Result<bool> {
    let Some(stand_in) = &image.stand_in else { return Ok(false) };
    Ok(docker::image_label(&image.tag(), HASH) == image_hash(stand_in)?)
}

/// Builds the stand-ins of these rows and the bases that they need.
pub(super) fn all(images: &[&Image], registry: &mut Registry) -> Result<()> {
    let mut suites: Vec<&str> = images.iter().filter_map(|image| Some(image.stand_in.as_ref()?.suite)).collect();
    suites.sort_unstable();
    suites.dedup();
    let mut bases = BTreeMap::new();
    let mut stale = Vec::new();
    for suite in suites {
        let debian = format!("debian:{suite}-slim");
        if docker::image_label(&base_tag(suite), HASH) == base_hash(suite)? {
            bases.insert(suite, base_tag(suite));
        } else if docker::has_image(&debian) || registry.pull(&debian) {
            bases.insert(suite, debian);
        } else {
            bases.insert(suite, base_tag(suite));
            stale.push(suite);
        }
    }
    if !stale.is_empty() {
        need_debootstrap()?;
    }
    several(&stale, |suite| build_base(suite))?;
    several(images, |image| match &image.stand_in {
        Some(stand_in) => build_image(&image.tag(), stand_in, bases.get(stand_in.suite).map_or("", String::as_str)),
        None => Ok(()),
    })
}

fn build_base(suite: &str) -> Result<()> {
    let mut command = Command::new(directory().join("base/build"));
    command.args([suite, &base_tag(suite), &base_hash(suite)?]);
    logged(&mut command, &format!("base-{suite}"))
}

fn build_image(tag: &str, stand_in: &StandIn, base: &str) -> Result<()> {
    let mut command = docker::docker();
    command.args(["build", "--force-rm", "--tag", tag]);
    command.args(["--label", &format!("{HASH}={}", image_hash(stand_in)?)]);
    command.args(["--build-arg", &format!("BASE={base}")]);
    for (name, value) in stand_in.arguments {
        command.args(["--build-arg", &format!("{name}={value}")]);
    }
    command.arg(directory().join(stand_in.directory));
    logged(&mut command, &tag.replace(['/', ':'], "-"))
}

/// Runs a build with its output in a file, and says in one line how it went.
fn logged(command: &mut Command, name: &str) -> Result<()> {
    let log = workspace::target().join("images").join(format!("{name}.log"));
    fs::create_dir_all(log.parent().unwrap_or(Path::new(".")))?;
    let file = fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    eprintln!("images: building {name}");
    let started = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).status();
    if !status.with_context(|| format!("cannot build {name}"))?.success() {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n");
        bail!("building {name} failed; the end of {}:\n{tail}", log.display());
    }
    eprintln!("images: built {name} in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// debootstrap is Debian's own; on Debian as root it is installed when it is missing.
fn need_debootstrap() -> Result<()> {
    let root = process::output(Command::new("id").arg("-u"))? == "0";
    if !root {
        bail!(
            "no registry and no stand-in images: to build them from Debian packages, \
             run `cargo xtask images` as root once, or name images with DBPROBE_TEST_<ENGINE>_<VERSION>_IMAGE"
        );
    }
    if process::succeeds(Command::new("debootstrap").arg("--version")) {
        return Ok(());
    }
    process::output(Command::new("apt-get").arg("update"))
        .and_then(|_| process::output(Command::new("apt-get").args(["install", "--yes", "debootstrap"])))
        .context("no registry, and debootstrap, which builds stand-in images, cannot be installed")?;
    Ok(())
}

/// Does the work of every item, two at a time; the first error ends it once running work is done.
fn several<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = work(item) {
                        next.store(items.len(), Ordering::Relaxed);
                        failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(error);
                    }
                }
            });
        }
    });
    failure.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).map_or(Ok(()), Err)
}

fn base_hash(suite: &str) -> Result<String> {
    Ok(Fingerprint::new().add(suite.as_bytes()).add_directory(&directory().join("base"))?.text())
}

fn image_hash(stand_in: &StandIn) -> Result<String> {
    let mut print = Fingerprint::new().add(base_hash(stand_in.suite)?.as_bytes());
    for (name, value) in stand_in.arguments {
        print = print.add(name.as_bytes()).add(value.as_bytes());
    }
    Ok(print.add_directory(&directory().join(stand_in.directory))?.text())
}

fn base_tag(suite: &str) -> String {
    format!("dbprobe-base:{suite}")
}

fn directory() -> PathBuf {
    workspace::root().join("tests/images")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stops_the_work_that_has_not_begun() {
        let done = AtomicUsize::new(0);
        let result = several(&[0; 100], |_| {
            done.fetch_add(1, Ordering::Relaxed);
            bail!("broken")
        });
        assert_eq!(result.map_err(|error| error.to_string()), Err("broken".to_owned()));
        assert!(done.into_inner() <= AT_ONCE);
    }
}
