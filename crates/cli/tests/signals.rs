//! What SIGTERM and SIGINT do to the program.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

mod started;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use started::started;

fn program(arguments: &[&str]) -> Child {
    let mut command = started(env!("CARGO_BIN_EXE_dbprobe"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DBPROBE_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

fn send(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("it is ours");
}

#[cfg(feature = "all")]
#[test]
fn a_signal_ends_a_command_with_its_own_exit_code_and_no_half_of_a_document() {
    for (command, signal, code) in [
        (&["check", "-o", "json"][..], Signal::TERM, 143),
        (&["check"], Signal::INT, 130),
        (&["init", "-o", "json"], Signal::TERM, 143),
        (&["validate", "-o", "json"], Signal::TERM, 143),
        (&["validate", "file::memory:"], Signal::INT, 130),
        (&["perf", "--duration", "60s"], Signal::INT, 130),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let dsn = format!("postgres://u@127.0.0.1:{port}/d?sslmode=disable");
        let child = program(&[command, &["-t", "60s", &dsn]].concat());
        let _silent = listener.accept().expect("it connects");
        send(&child, signal);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{command:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("dbprobe: interrupted by SIG"), "{output:?}");
    }
}

#[test]
fn a_program_that_nobody_reads_from_is_not_deaf() {
    let mut child = program(&[&["check"][..], &["x"; 5_000]].concat());
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut [0]).expect("it has begun to print more than a pipe holds");
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("it ends").signal(), Some(15));
}

#[test]
fn serve_goes_on_when_nobody_reads_its_log() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("dbprobe.yaml");
    std::fs::write(&file, "listen: [\"127.0.0.1:0\"]\n").expect("a file");
    let mut child = program(&["serve", "-c", file.to_str().expect("a path")]);
    let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    log.read_line(&mut line).expect("a line");
    let address = line.trim().rsplit("http://").next().expect("an address").to_owned();
    drop(log);
    for _ in 0..2 {
        let mut connection = TcpStream::connect(&address).expect("it listens");
        let request = format!("POST /-/reload HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).expect("it takes the request");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
