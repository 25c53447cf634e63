//! What SIGTERM and SIGINT do to the program.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

fn program(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dbprobe"));
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
