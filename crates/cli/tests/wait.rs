//! `dbprobe wait` without a server: SQLite files, closed ports, and ports where nobody answers.

#![cfg(all(feature = "all", unix))]
#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test may fail as the test itself does")]

mod started;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use started::started;
use tempfile::TempDir;

fn program(arguments: &[&str]) -> Command {
    let mut command = started(env!("CARGO_BIN_EXE_dbprobe"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DBPROBE_")) {
        command.env_remove(name);
    }
    command.arg("wait").args(arguments).env_remove("NO_COLOR");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn wait(arguments: &[&str]) -> Output {
    program(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn send(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("it is ours");
}

/// A directory with a database that is usable.
fn directory() -> (TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let dsn = format!("file:{}/orders.db?mode=rwc", directory.path().display());
    (directory, dsn)
}

/// A DSN whose port refuses.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("tcp://{}", listener.local_addr().expect("an address"))
}

#[test]
fn ready_is_one_line_and_exit_code_0() {
    let (_directory, dsn) = directory();
    let output = wait(&[&dsn, "-i", "10ms"]);
    let out = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("orders.db: ready after ") && out.ends_with(" (2 attempts)\n"), "{out}");
    let output = wait(&[&dsn, "--stable", "1", "-v"]);
    let out = text(&output.stdout);
    assert!(out.contains(" (1 attempt)\n") && out.contains("orders.db: version 3."), "{out}");
    let output = wait(&[&dsn, "-q", "-i", "10ms"]);
    assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0), "{output:?}");
}

#[test]
fn a_port_where_nothing_comes_is_124_with_the_reason() {
    let dsn = closed();
    let output = wait(&[&dsn, "-t", "300ms", "-i", "20ms"]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(124), "{out}{err}");
    assert!(out.contains(": not ready after ") && out.contains("nobody listens there (ECONNREFUSED)"), "{out}");
    assert!(out.contains(": advice: check that the server runs"), "{out}");
    assert_eq!(err.lines().count(), 1, "a line when the reason changes, and not for every attempt: {err}");
    assert!(err.contains(": waiting: tcp: "), "{err}");
    let output = wait(&[&dsn, "-t", "200ms", "-q"]);
    assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(124), 0, 0), "{output:?}");
}

#[test]
fn the_json_says_how_each_target_ended() {
    let ((_directory, dsn), closed) = (directory(), closed());
    let output = wait(&[&dsn, &closed, "-t", "500ms", "-i", "10ms", "-o", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((output.status.code(), &json["outcome"]), (Some(124), &Value::from("timed_out")), "{json}");
    assert_eq!(json["schema"], "dbprobe.wait/v1");
    assert_eq!((&json["targets"][0]["state"], &json["targets"][0]["attempts"]), (&"ready".into(), &2.into()));
    assert!(json["targets"][0].get("failure").is_none(), "{json}");
    assert_eq!(json["targets"][1]["failure"]["class"], "refused", "{json}");
}

#[test]
fn a_failure_that_waiting_does_not_help_against_is_2_at_once() {
    let (directory, _) = directory();
    let missing = format!("file:{}/missing.db", directory.path().display());
    let output = wait(&[&missing]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{out}");
    assert!(out.contains("missing.db: failed after ") && out.contains("(1 attempt)"), "{out}");
    assert!(out.contains("missing.db: advice: "), "{out}");
    let output = wait(&[&missing, "--keep-going", "-t", "200ms"]);
    assert_eq!(output.status.code(), Some(124), "{output:?}");
}

#[test]
fn one_of_any_is_enough() {
    let ((directory, dsn), closed) = (directory(), closed());
    let missing = format!("file:{}/missing.db", directory.path().display());
    let output = wait(&[&closed, &missing, &dsn, "--any", "-i", "10ms"]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}");
    assert!(out.contains("orders.db: ready after") && out.contains("missing.db: failed after"), "{out}");
    assert!(out.contains(": given up after"), "{out}");
    let output = wait(&[&missing, &missing, "--any"]);
    assert_eq!(output.status.code(), Some(2), "all have failed: {output:?}");
}

#[test]
fn invert_waits_until_it_is_gone() {
    let (_directory, dsn) = directory();
    let output = wait(&[&closed(), "--invert", "-i", "10ms"]);
    assert!(output.status.code() == Some(0) && text(&output.stdout).contains(": down after "), "{output:?}");
    let output = wait(&[&dsn, "--invert", "-i", "10ms", "-t", "200ms"]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(124), "{out}");
    assert!(out.contains(": not down after ") && out.contains(": it still answers"), "{out}");
}

#[test]
fn what_cannot_be_read_is_a_usage_error_before_anything_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("set");
    let here = format!("tcp://{}", listener.local_addr().expect("an address"));
    for (bad, said) in [
        ("nowhere://u:hunter2@h", "nowhere:***: configure: unknown scheme"),
        ("@env:DBPROBE_TEST_NOT_SET", "is not set"),
        ("orders", "has no scheme"),
        ("postgres://u:hunter2@h/db?sslmod=x", "sslmode"),
    ] {
        let output = wait(&[&here, bad]);
        let err = text(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{bad}: {err}");
        assert!(err.starts_with("dbprobe: ") && err.contains(said) && !err.contains("hunter2"), "{bad}: {err}");
    }
    assert!(listener.accept().is_err(), "nobody was asked");
    for arguments in
        [&["-t", "0s"][..], &["--stable", "0"], &["-o", "junit"], &["--level", "tcp", "--expect-role", "primary"]]
    {
        assert_eq!(wait(&[&[here.as_str()], arguments].concat()).status.code(), Some(3), "{arguments:?}");
    }
    assert_eq!(wait(&[]).status.code(), Some(3));
}

#[test]
fn a_file_that_is_not_there_yet_is_waited_for() {
    let (directory, dsn) = directory();
    let file = directory.path().join("dsn");
    let reference = format!("@file:{}", file.display());
    let mut child = program(&[&reference, "-i", "10ms"]).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let line = lines.next().expect("a line").expect("text");
    assert!(
        line.starts_with(&format!("{reference}: waiting: configure: ")) && line.contains("not there yet"),
        "{line}"
    );
    std::fs::write(&file, dsn).expect("written");
    assert_eq!(child.wait().expect("ends").code(), Some(0));
    std::fs::write(&file, "nonsense").expect("written");
    assert_eq!(wait(&[&reference]).status.code(), Some(3), "what stands there is read at once");
}

#[test]
fn a_secret_of_the_configuration_that_is_not_there_yet_is_waited_for() {
    let (directory, _) = directory();
    let (secret, config) = (directory.path().join("name"), directory.path().join("dbprobe.yaml"));
    let dsn = format!("file:{}/${{file:{}}}?mode=rwc", directory.path().display(), secret.display());
    std::fs::write(&config, format!("targets:\n  orders: {{dsn: \"{dsn}\"}}\n")).expect("written");
    let config = config.display().to_string();
    let mut child = program(&["orders", "-c", &config, "-i", "10ms"]).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let line = lines.next().expect("a line").expect("text");
    assert!(line.starts_with("orders: waiting: configure: ") && line.contains("not there yet"), "{line}");
    std::fs::write(&secret, "shop.db").expect("written");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.code() == Some(0) && text(&output.stdout).starts_with("orders: ready after"), "{output:?}");
}

#[test]
fn a_signal_ends_it_in_the_middle_of_an_attempt_and_of_a_pause() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("postgres://u@{}/d?sslmode=disable", listener.local_addr().expect("an address"));
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let child = program(&[&silent, "-o", "json"]).spawn().expect("starts");
        let _held = listener.accept().expect("it connects");
        send(&child, signal);
        let output = child.wait_with_output().expect("ends");
        let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((output.status.code(), &json["outcome"]), (Some(code), &Value::from("interrupted")), "{output:?}");
    }
    let mut child = program(&[&closed(), "-i", "50s"]).spawn().expect("starts");
    let mut first = String::new();
    BufReader::new(child.stderr.as_mut().expect("a pipe")).read_line(&mut first).expect("a line");
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("ends").code(), Some(143), "after {first}");
}

#[test]
fn the_command_gets_its_arguments_its_environment_and_its_exit_code() {
    let (_directory, dsn) = directory();
    let script = r#"printf '%s|' "$@" "$MARK"; exit 42"#;
    let arguments = [&dsn, "--stable", "1", "--", "sh", "-c", script, "sh", "a b", "--any", "$HOME"];
    let output = program(&arguments).env("MARK", "ü").output().expect("starts");
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(42), "a b|--any|$HOME|ü|"), "{output:?}");
    assert!(text(&output.stderr).contains("orders.db: ready after "), "standard output is the command's: {output:?}");
    let output = wait(&[&dsn, "--stable", "1", "-o", "json", "--", "true"]);
    let json: Value = serde_json::from_slice(&output.stderr).expect("nothing but JSON");
    assert_eq!((output.stdout.len(), &json["outcome"]), (0, &Value::from("ready")), "{output:?}");
    let output = wait(&[&closed(), "-t", "100ms", "--", "echo", "started"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(124), 0), "{output:?}");
}

#[test]
fn the_command_is_the_same_process_and_as_fresh_as_ever() {
    let (_directory, dsn) = directory();
    // What a process started by hand has, and what one in the place of dbprobe has: signals, limits, descriptors.
    // Signals 32 and 33 are the C library's own: only the last eight digits less one bit are the 31 of everybody.
    let script = "for set in Blk Ign Cgt; do
            printf '%s %x\\n' $set $((0x$(sed -n \"s/^Sig$set:.//p\" /proc/self/status) & 0x7fffffff))
        done
        ulimit -Sn; ls /proc/self/fd | tr '\\n' ' '; echo $$";
    let limited = |words: &[&str]| {
        let mut command = started("sh");
        command.args(["-c", "ulimit -Sn 200; exec \"$@\"", "sh"]).args(words).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("starts");
        let id = child.id();
        let output = child.wait_with_output().expect("ends");
        assert!(output.status.success(), "{output:?}");
        (id, text(&output.stdout))
    };
    let (id, usual) = limited(&["sh", "-c", script]);
    let usual = usual.replace(&id.to_string(), "ID");
    let mut words = vec![env!("CARGO_BIN_EXE_dbprobe"), "wait", "-q", "--stable", "1"];
    words.extend(vec![dsn.as_str(); 100]); // so many need more descriptors than there are
    words.extend(["--", "sh", "-c", script]);
    let (id, replaced) = limited(&words);
    assert_eq!(replaced.replace(&id.to_string(), "ID"), usual);
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_script_has_the_command_ignore_it_ignores() {
    let (_directory, dsn) = directory();
    let script = "sed -n 's/^SigIgn:.//p' /proc/self/status";
    let mut command = started("sh");
    command.args(["-c", "trap '' INT HUP; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_dbprobe")]);
    command.args(["wait", "-q", "--stable", "1", &dsn, "--", "sh", "-c", script]);
    let ignored = text(&command.output().expect("it starts").stdout);
    let ignored = u64::from_str_radix(ignored.trim(), 16).expect("a mask");
    assert_eq!(ignored & 0b11, 0b11, "SIGHUP is 1 and SIGINT 2: {ignored:b}");
}

#[test]
fn the_command_gets_its_signals() {
    let (_directory, dsn) = directory();
    for (signal, name) in [(Signal::TERM, "TERM"), (Signal::INT, "INT"), (Signal::HUP, "HUP"), (Signal::USR1, "USR1")] {
        let script = format!("trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.05; done");
        let mut child = program(&[&dsn, "--stable", "1", "--", "sh", "-c", &script]).spawn().expect("starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n");
        send(&child, signal);
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("text");
        assert_eq!((child.wait().expect("ends").code(), rest), (Some(9), format!("got {name}\n")));
    }
    // One that does not care dies of it, as it would without us.
    let mut child =
        program(&[&dsn, "--stable", "1", "--", "sh", "-c", "echo ready; exec sleep 60"]).spawn().expect("starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("ends").signal(), Some(15));
}

#[test]
fn a_command_that_cannot_be_run_is_126_or_127_with_the_reason() {
    let (directory, dsn) = directory();
    let file = |name: &str, content: &str, mode: u32| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        path.display().to_string()
    };
    let cases = [
        ("dbprobe-test-no-such-program".to_owned(), 127, "PATH"),
        (Path::new("/no/such/program").display().to_string(), 127, "there is no such file"),
        (file("plain", "#!/bin/sh\n", 0o644), 126, "may not be executed"),
        (file("orphan", "#!/no/such/interpreter\n", 0o755), 126, "interpreter"),
    ];
    for (command, code, said) in cases {
        let output = wait(&[&dsn, "--stable", "1", "--", &command]);
        let err = text(&output.stderr);
        assert!(output.status.code() == Some(code) && err.contains(said), "{command}: {:?} {err}", output.status);
    }
}
