//! The examples as programs.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The example `name`, with nothing of this process's environment that would change what it does.
///
/// # Panics
/// When the examples cannot be built.
pub(crate) fn example(name: &str) -> Command {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let built = cargo("build").arg("--examples").status().expect("cargo can be started");
        assert!(built.success(), "the examples do not build");
        let test = std::env::current_exe().expect("the path of this test");
        // target/debug/deps/test-123 -> target/debug/examples
        test.ancestors().nth(2).expect("a test lies in target/<profile>/deps").join("examples")
    });
    let mut command = Command::new(directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)));
    command.env_remove("ORDERS_DSN").env_remove("LISTEN");
    command
}

/// A command of cargo's for this package with all its features, as it was already built for this test: in a run of all
/// suites together with the rest of the workspace, whose features would otherwise differ and all be compiled again.
pub(crate) fn cargo(command: &str) -> Command {
    let together = std::env::var_os("DBPROBE_TEST_RUN").is_some();
    let packages: &[&str] = if together { &["--workspace"] } else { &["--package", "dbprobe"] };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([command, "--quiet", "--locked", "--all-features"]).args(packages);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo
}
