//! The program itself: its streams, its environment, its exit codes.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

use std::fs::OpenOptions;
use std::process::{Command, Output, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dbprobe"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DBPROBE_")) {
        command.env_remove(name);
    }
    command.args(arguments).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [&["--help"][..], &["check", "--help"], &["engines"], &["check", "x", "-o", "ndjson"]] {
        let mut child = program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        drop(child.stdout.take()); // nobody reads, before or while it writes
        let output = child.wait_with_output().expect("ends");
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
        assert!(matches!(output.status.code(), Some(0 | 3)), "{arguments:?}: {:?}", output.status);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_is_exit_code_3() {
    for arguments in [&["--help"][..], &["engines"], &["check", "x", "-o", "ndjson"], &["check", "x"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let output = run(program(arguments).stdout(full));
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(text(&output.stderr).contains("the output cannot be written"), "{arguments:?}: {output:?}");
    }
}

#[test]
fn each_option_has_its_twin_in_the_environment() {
    let output = run(program(&["check", "x"]).env("DBPROBE_OUTPUT", "nagios"));
    assert!(text(&output.stdout).starts_with("DBPROBE UNKNOWN - "), "{output:?}");
    let output = run(program(&["engines"]).env("DBPROBE_OUTPUT", "nagios"));
    assert_eq!(output.status.code(), Some(0), "a format for check does not stop engines: {output:?}");
    let output = run(program(&["check", "x"]).env("DBPROBE_QUIET", "1").env("DBPROBE_OUTPUT", ""));
    assert!(text(&output.stdout).starts_with("argument 1: unknown configure"), "an empty one is as good as none");
    let output = run(program(&["check", "x"]).env("DBPROBE_QUIET", "false"));
    assert!(text(&output.stdout).starts_with("argument 1: unknown\n"), "{output:?}");
}

#[test]
fn a_bad_value_from_the_environment_names_the_variable_and_not_the_value() {
    let output = run(program(&["check", "x"]).env("DBPROBE_TIMEOUT", "postgres://u:hunter2@h"));
    let error = text(&output.stderr);
    assert!(output.status.code() == Some(3) && error.contains("(from DBPROBE_TIMEOUT)"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn help_shows_no_value_of_the_environment() {
    for arguments in [&["--help"][..], &["-h"], &["check", "--help"], &["init", "--help"], &["help", "check"]] {
        let mut command = program(arguments);
        for name in ["TIMEOUT", "PROBER", "OUTPUT", "ROLE", "LEVEL", "RETRIES"] {
            command.env(format!("DBPROBE_{name}"), "hunter2");
        }
        let output = run(&mut command);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!text(&output.stdout).contains("hunter2"), "{arguments:?}");
    }
}

#[test]
fn references_are_read_from_the_environment_and_from_files() {
    let file = std::env::temp_dir().join(format!("dbprobe-cli-{}.dsn", std::process::id()));
    std::fs::write(&file, "nowhere://u:hunter2@h/db\n").expect("a file");
    let reference = format!("@file:{}", file.display());
    let output = run(program(&["check", "@env:ORDERS_DSN", &reference, "@env:NOT_SET", "-v"])
        .env("ORDERS_DSN", "nowhere://u:hunter2@h"));
    std::fs::remove_file(&file).expect("removed");
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{out}");
    for expected in
        ["@env:ORDERS_DSN: configure failed", &format!("{reference}: configure failed"), "@env:NOT_SET is not set"]
    {
        assert!(out.contains(expected), "{expected} in\n{out}");
    }
    assert!(!out.contains("hunter2"), "{out}");
}

#[test]
fn an_argument_that_is_not_utf8_is_a_usage_error() {
    use std::os::unix::ffi::OsStrExt;
    let output = run(program(&["check"]).arg(std::ffi::OsStr::from_bytes(b"fake://\xff")));
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(3), ""), "{output:?}");
}

/// A directory that is removed at the end of its test.
#[cfg(feature = "all")]
struct Directory(std::path::PathBuf);

#[cfg(feature = "all")]
impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dbprobe-cli-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }
}

#[cfg(feature = "all")]
impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(feature = "all")]
#[test]
fn the_first_command_of_the_readme_is_up() {
    let directory = Directory::new("first");
    let arguments = ["check", "file:demo.db?mode=rwc", "--create-health-table"];
    let output = run(program(&arguments).current_dir(&directory.0));
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}");
    assert!(out.starts_with("demo.db: up sqlite 3.") && out.contains("demo.db: write passed"), "{out}");
    assert_eq!(text(&output.stderr), "");
}

#[cfg(all(feature = "all", target_os = "linux"))]
#[test]
fn few_descriptors_are_enough_for_many_targets() {
    let directory = Directory::new("descriptors");
    assert_eq!(run(program(&["check", "file:demo.db?mode=rwc"]).current_dir(&directory.0)).status.code(), Some(0));
    let targets = vec!["file:demo.db?mode=ro"; 200];
    let script = "ulimit -n 40; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_dbprobe"), "check", "-o", "ndjson", "--concurrency", "200"]);
    let output = run(command.args(&targets).current_dir(&directory.0).stdin(Stdio::null()));
    let out = text(&output.stdout);
    let up = out.lines().filter(|line| line.contains(r#""status":"up""#)).count();
    assert_eq!((output.status.code(), up), (Some(0), 200), "{out}");
}
