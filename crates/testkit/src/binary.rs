//! Running the built binary as a user does.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::secrecy::find_secret;

/// What a run of the binary came to.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
    /// How long it ran.
    pub took: Duration,
}

impl Finished {
    /// Fails when either output holds `secret` in any form.
    ///
    /// # Panics
    /// With the form in which it was found, and without the outputs.
    #[track_caller]
    pub fn assert_no_secret(&self, secret: &str) {
        for (name, output) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if let Some(form) = find_secret(output, secret) {
                panic!("{name} holds the planted secret {form}");
            }
        }
    }

    /// The standard output as JSON.
    ///
    /// # Panics
    /// With both outputs when it is not JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("stdout is not JSON: {error}\n{self:#?}"),
        }
    }
}

/// The binary `dbprobe`, with nothing of this process's environment that would change what it does.
///
/// # Panics
/// When it cannot be built.
pub fn dbprobe() -> Command {
    let mut command = Command::new(built());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("DBPROBE_") || name.starts_with("PG") || name == "NO_COLOR" {
            command.env_remove(&*name);
        }
    }
    command
}

/// Runs `command` to its end.
///
/// # Panics
/// When it cannot be started.
pub fn run(command: &mut Command) -> Finished {
    run_with_input(command, "")
}

/// Runs `command` to its end with `input` on its standard input.
///
/// # Panics
/// When it cannot be started.
pub fn run_with_input(command: &mut Command, input: &str) -> Finished {
    let began = Instant::now();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary can be started");
    let mut stdin = child.stdin.take().expect("a pipe");
    // It may end without reading its input.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("the binary's end");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Finished { code: status.code(), stdout: text(stdout), stderr: text(stderr), took: began.elapsed() }
}

/// The path of the binary, built once a process. Cargo tells only the package that owns a binary where it is, so it
/// is built here and looked for beside the running test.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--locked", "--package", "dbprobe-cli", "--bin", "dbprobe"]);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(build.status().expect("cargo can be started").success(), "dbprobe-cli does not build");
        let test = std::env::current_exe().expect("the path of this test");
        // target/debug/deps/test-123 -> target/debug/dbprobe
        let directory = test.ancestors().nth(2).expect("a test lies in target/<profile>/deps");
        directory.join(format!("dbprobe{}", std::env::consts::EXE_SUFFIX))
    })
}
