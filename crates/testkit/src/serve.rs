//! `dbprobe serve` as a process: started with a configuration, asked over HTTP, stopped by signals.

mod exposition;
mod http;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::binary::dbprobe;
use crate::secrecy::find_secret;

pub use exposition::{Exposition, Series};
pub use http::{Answer, Request};

/// What it logs for each address, with the address behind it.
const LISTENING: &str = "listening on http";
/// A machine under load needs its time to start a process with ten thousand targets.
const START: Duration = Duration::from_secs(60);
/// Whatever is waited for without a promise of the contract's.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// A running `dbprobe serve`, killed when it is dropped.
pub struct Serve {
    child: Child,
    addresses: Vec<SocketAddr>,
    file: PathBuf,
    stderr: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    _directory: TempDir,
}

/// How it ended.
#[derive(Debug)]
pub struct Stopped {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// From the signal to the end.
    pub took: Duration,
    /// All that it wrote to its standard error.
    pub stderr: String,
}

impl Serve {
    /// Starts the built binary with `config`, which should have `listen: ["127.0.0.1:0"]`, and waits until it listens.
    ///
    /// # Panics
    /// With what it wrote when it ends, or does not listen within a minute.
    #[track_caller]
    pub fn start(config: &str) -> Self {
        Self::start_with(dbprobe(), config)
    }

    /// The same with another command, to which `serve -c FILE` is added.
    ///
    /// # Panics
    /// See [`Serve::start`].
    #[track_caller]
    pub fn start_with(mut command: Command, config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("dbprobe.yaml");
        fs::write(&file, config).expect("a file");
        command.args(["serve".as_ref(), "-c".as_ref(), file.as_os_str()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary can be started");
        let stderr = Arc::new(Mutex::new(String::new()));
        let reader = child.stderr.take().map(|pipe| read(pipe, Arc::clone(&stderr)));
        let mut serve = Self { child, addresses: Vec::new(), file, stderr, reader, _directory: directory };
        serve.until_it_listens(expected_addresses(config));
        serve
    }

    #[track_caller]
    fn until_it_listens(&mut self, expected: usize) {
        let end = Instant::now() + START;
        loop {
            // First whether it is over: what it logged before that is read afterwards.
            let over = self.child.try_wait().expect("the state of a child");
            self.addresses = addresses(&self.stderr());
            if self.addresses.len() >= expected {
                return;
            }
            if let Some(status) = over {
                self.join();
                panic!("serve has ended: {status}\n{}", self.stderr());
            }
            assert!(Instant::now() < end, "serve does not listen within {START:?}\n{}", self.stderr());
            std::thread::sleep(PAUSE);
        }
    }

    /// The first address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// All of them, in the order of its log.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its configuration file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_none())
    }

    /// Writes another configuration, as an editor does: beside the file, then in its place.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write_config(&self, config: &str) {
        let beside = self.file.with_extension("new");
        fs::write(&beside, config).and_then(|()| fs::rename(&beside, &self.file)).expect("a file");
    }

    /// Asks for a path.
    ///
    /// # Panics
    /// When there is no answer within half a minute.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send(&Request::get(path))
    }

    /// Sends a request.
    ///
    /// # Panics
    /// When there is no answer in time.
    #[track_caller]
    pub fn send(&self, request: &Request) -> Answer {
        match request.send(self.address()) {
            Ok(answer) => answer,
            Err(error) => panic!("no answer to {request:?}: {error}\n{}", self.stderr()),
        }
    }

    /// `/metrics`, read strictly.
    ///
    /// # Panics
    /// When the answer is not 200 or not in the text format.
    #[track_caller]
    pub fn metrics(&self) -> Exposition {
        exposition(&self.get("/metrics"))
    }

    /// Waits until `/metrics` is as wanted, and returns that scrape.
    ///
    /// # Panics
    /// After a minute, with the lines of the last scrape that hold one of the `shown` words.
    #[track_caller]
    pub fn until(&self, what: &str, shown: &[&str], wanted: impl Fn(&Exposition) -> bool) -> Exposition {
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = self.get("/metrics");
            let metrics = exposition(&answer);
            if wanted(&metrics) {
                return metrics;
            }
            if Instant::now() > end {
                let text = answer.text();
                let lines = text.lines().filter(|line| shown.iter().any(|word| line.contains(word)));
                let lines: Vec<_> = lines.collect();
                panic!("not within {PATIENCE:?}: {what}\n{}\n{}", lines.join("\n"), self.stderr());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// What it has written to its standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a signal, such as `HUP` or `TERM`.
    ///
    /// # Panics
    /// When it cannot be sent.
    #[track_caller]
    pub fn signal(&self, signal: &str) {
        let kill = Command::new("kill").args(["-s", signal, &self.pid().to_string()]).status();
        assert!(kill.is_ok_and(|status| status.success()), "SIG{signal} cannot be sent");
    }

    /// Ends it by SIGTERM and says how that went.
    ///
    /// # Panics
    /// When it runs on for a minute.
    #[track_caller]
    pub fn stop(mut self) -> Stopped {
        let began = Instant::now();
        self.signal("TERM");
        let status = self.wait();
        let took = began.elapsed();
        self.join();
        Stopped { code: status.code(), took, stderr: self.stderr() }
    }

    #[track_caller]
    fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the state of a child") {
                return status;
            }
            assert!(Instant::now() < end, "serve does not stop within {PATIENCE:?}\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Fails when its standard error holds `secret` in any form; for what it answers see [`Answer`].
    ///
    /// # Panics
    /// With the form in which it was found.
    #[track_caller]
    pub fn assert_no_secret(&self, secret: &str) {
        if let Some(form) = find_secret(&self.stderr(), secret) {
            panic!("the log of serve holds the planted secret {form}");
        }
    }

    /// Waits for the end of its standard error.
    fn join(&mut self) {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.join();
    }
}

#[track_caller]
fn exposition(answer: &Answer) -> Exposition {
    assert_eq!(answer.status, 200, "{}", answer.text());
    match Exposition::parse(&answer.text()) {
        Ok(metrics) => metrics,
        Err(error) => panic!("a scraper would refuse this: {error}"),
    }
}

/// How many addresses the configuration names: one for each port behind `listen` and `api_listen`.
fn expected_addresses(config: &str) -> usize {
    let lists = config.lines().filter(|line| line.starts_with("listen:") || line.starts_with("api_listen:"));
    lists.map(|line| line.matches('"').count() / 2).sum::<usize>().max(1)
}

fn read(pipe: ChildStderr, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            into.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

/// The addresses that complete lines of the log name.
fn addresses(log: &str) -> Vec<SocketAddr> {
    let complete = log.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let address = |line: &str| {
        let (_, url) = line.split_once(LISTENING)?;
        let host = url.split_once("://")?.1;
        host.split(|c: char| !(c.is_ascii_hexdigit() || "[].:".contains(c))).next()?.parse().ok()
    };
    complete.lines().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_lines_that_say_so() {
        let log = "INFO 9 targets\nINFO listening on http://127.0.0.1:9091\n\
                   {\"message\":\"listening on https://[::1]:80\"}\nlistening on http://1.2.3.4:9";
        assert_eq!(addresses(log), ["127.0.0.1:9091".parse().unwrap(), "[::1]:80".parse().unwrap()]);
    }

    #[test]
    fn every_address_of_the_configuration_is_waited_for() {
        assert_eq!(expected_addresses("listen: [\"127.0.0.1:0\", \"172.17.0.1:0\"]\ntargets: {}\n"), 2);
        assert_eq!(expected_addresses("targets: {}\n"), 1);
    }

    #[test]
    #[should_panic(expected = "serve has ended")]
    fn a_command_that_ends_is_told_with_its_words() {
        Serve::start_with(Command::new("false"), "");
    }
}
