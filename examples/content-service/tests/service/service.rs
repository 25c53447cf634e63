//! The service as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use dbprobe_testkit::secrecy::assert_no_secret;
use dbprobe_testkit::serve::Exposition;

use crate::client::{Answer, get, post};
use crate::database::PASSWORD;

/// A machine under load needs its time to start a process.
const START: Duration = Duration::from_secs(60);
const LISTENING: &str = "listening on http://";

/// A running service, killed when it is dropped.
pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

pub(crate) fn command(dsn: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_content-service"));
    command.env_clear().env("DATABASE_URL", dsn).env("LISTEN", "127.0.0.1:0").env("NO_COLOR", "1");
    command
}

impl Service {
    pub(crate) fn start(dsn: &str) -> Self {
        let mut child = command(dsn).stderr(Stdio::piped()).spawn().expect("the service can be started");
        let stderr = child.stderr.take().expect("a pipe");
        let (log, (sender, receiver)) = (Arc::new(Mutex::new(String::new())), channel());
        let reader = std::thread::spawn({
            let log = Arc::clone(&log);
            move || read(stderr, &log, &sender)
        });
        let address = receiver.recv_timeout(START);
        let told = log.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let address = address.unwrap_or_else(|_| panic!("it does not listen: {told}"));
        Self { child, address, log, reader: Some(reader) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// No answer holds the password.
    pub(crate) fn get(&self, path: &str) -> Answer {
        silent(get(self.address, path))
    }

    pub(crate) fn post(&self, path: &str, json: &str) -> Answer {
        silent(post(self.address, path, json))
    }

    pub(crate) fn metrics(&self) -> Exposition {
        let answer = self.get("/metrics");
        assert_eq!(answer.status, 200, "{}", answer.text);
        Exposition::parse(answer.body()).expect("what a scraper reads")
    }

    /// The end of it, and all that it has logged.
    pub(crate) fn stop(mut self) -> String {
        self.end();
        let log = std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner));
        assert_no_secret(&log, PASSWORD);
        log
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

fn silent(answer: Answer) -> Answer {
    assert_no_secret(&answer.text, PASSWORD);
    answer
}

fn read(stderr: ChildStderr, log: &Mutex<String>, listening: &Sender<SocketAddr>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if let Some(address) = line.split_once(LISTENING).and_then(|(_, address)| address.trim().parse().ok()) {
            let _ = listening.send(address);
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
        log.push('\n');
    }
}
