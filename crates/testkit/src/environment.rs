//! What the environment tells the suites.

use std::path::PathBuf;

/// Whether a missing server is a failure: `CI` is set to anything but nothing, `0` or `false`.
pub fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// `DBPROBE_TEST_<ENGINE>_DSN`: a server that is already there, to be used instead of a container.
pub fn given_dsn(engine: &str) -> Option<String> {
    variable(&format!("DBPROBE_TEST_{}_DSN", engine.to_uppercase()))
}

/// The image of `engine` in `version`: `DBPROBE_TEST_<ENGINE>_<VERSION>_IMAGE`, else `DBPROBE_TEST_<ENGINE>_IMAGE`,
/// else `official`. In the variable's name the dots of a version are underscores.
pub fn image(engine: &str, version: Option<&str>, official: &str) -> String {
    let engine = engine.to_uppercase();
    let versioned = version
        .map(|version| version.replace('.', "_"))
        .and_then(|version| variable(&format!("DBPROBE_TEST_{engine}_{version}_IMAGE")));
    versioned.or_else(|| variable(&format!("DBPROBE_TEST_{engine}_IMAGE"))).unwrap_or_else(|| official.to_owned())
}

/// `DBPROBE_TEST_RUN`: the label by which `cargo xtask test` finds what a run left behind.
pub fn run() -> String {
    variable("DBPROBE_TEST_RUN").unwrap_or_else(|| "by-hand".to_owned())
}

/// `DBPROBE_TEST_RESULTS`: the directory in which every suite leaves its numbers.
pub fn results_directory() -> Option<PathBuf> {
    variable("DBPROBE_TEST_RESULTS").map(PathBuf::from)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// How many writes one prober makes where the suite looks at what many of them leave; 200 unless
/// `DBPROBE_TEST_WRITES` says another number.
pub(crate) fn writes() -> usize {
    std::env::var("DBPROBE_TEST_WRITES").ok().and_then(|count| count.parse().ok()).unwrap_or(200)
}
