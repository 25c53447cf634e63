//! A running `dbprobe wait`.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

use dbprobe_testkit::binary;

/// A running `dbprobe wait`.
pub(crate) struct Waiting {
    child: Child,
    errors: BufReader<ChildStderr>,
    seen: String,
}

/// What is left of one.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Waiting {
    /// Starts one, and returns when it has asked in vain for the first time.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut waiting = Self::start_unseen(arguments);
        waiting.until("waiting: ");
        waiting
    }

    pub(crate) fn start_unseen(arguments: &[&str]) -> Self {
        let mut command: Command = binary::dbprobe();
        command.arg("wait").args(arguments);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let errors = BufReader::new(child.stderr.take().expect("a pipe"));
        Self { child, errors, seen: String::new() }
    }

    /// Reads what it says until a line has `words`.
    #[track_caller]
    pub(crate) fn until(&mut self, words: &str) {
        loop {
            let mut line = String::new();
            let length = self.errors.read_line(&mut line).expect("text");
            self.seen.push_str(&line);
            if line.contains(words) {
                return;
            }
            assert!(length > 0, "it never said {words:?}:\n{}", self.seen);
        }
    }

    pub(crate) fn end(mut self) -> Ended {
        while self.errors.read_line(&mut self.seen).is_ok_and(|length| length > 0) {}
        let output = self.child.wait_with_output().expect("its end");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        Ended { code: output.status.code(), stdout, stderr: self.seen }
    }
}
