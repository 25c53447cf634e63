//! The Docker engine, through its command line.

use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// A label on every container that testcontainers starts.
const MANAGED: &str = "org.testcontainers.managed-by=testcontainers";
/// Our label on every container of a suite; its value is the run's name.
const RUN: &str = "dbprobe.test";

/// The engine's version, or an error that says what to do.
pub(crate) fn find() -> Result<String> {
    process::output(docker().args(["version", "--format", "{{.Server.Version}}"])).context(
        "Docker cannot be reached; start it, or point DOCKER_HOST at it, \
         or name running servers with DBPROBE_TEST_<ENGINE>_DSN",
    )
}

/// Whether the engine already has the image.
pub(crate) fn has_image(reference: &str) -> bool {
    process::succeeds(docker().args(["image", "inspect", reference]))
}

/// The value of a label of an image; empty without the label or the image.
pub(crate) fn image_label(reference: &str, label: &str) -> String {
    let format = format!("{{{{index .Config.Labels {label:?}}}}}");
    process::output(docker().args(["image", "inspect", "--format", &format, reference])).unwrap_or_default()
}

/// Removes the containers of one run with their volumes and says how many there were.
pub(crate) fn remove_run(run: &str) -> Result<usize> {
    let own = format!("label={RUN}={run}");
    let listed = process::output(docker().args(["ps", "--all", "--quiet", "--filter", &managed(), "--filter", &own]))?;
    let containers: Vec<&str> = listed.lines().collect();
    if !containers.is_empty() {
        process::output(docker().args(["rm", "--force", "--volumes"]).args(&containers))?;
    }
    Ok(containers.len())
}

/// The names of the runs that have containers.
pub(crate) fn runs() -> Result<Vec<String>> {
    let format = format!("{{{{.Label {RUN:?}}}}}");
    let label = format!("label={RUN}");
    let listed = process::output(docker().args([
        "ps",
        "--all",
        "--format",
        &format,
        "--filter",
        &managed(),
        "--filter",
        &label,
    ]))?;
    let mut runs: Vec<String> = listed.lines().map(str::to_owned).collect();
    runs.sort();
    runs.dedup();
    Ok(runs)
}

/// A `docker` command to add arguments to.
pub(crate) fn docker() -> Command {
    Command::new("docker")
}

fn managed() -> String {
    format!("label={MANAGED}")
}
