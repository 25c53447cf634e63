//! A container whose port is known before it is there.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use dbprobe_testkit::environment;
use dbprobe_testkit::fixture::Missing;

/// A container, removed when this is dropped.
pub(crate) struct Container {
    id: String,
}

/// A port of 127.0.0.1 that nobody has at this moment.
pub(crate) fn free_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address")
}

impl Container {
    /// Creates a container of `image` with further words of `docker create`, and does not start it.
    pub(crate) fn create(image: &str, options: &[String], command: &[&str]) -> Result<Self, Missing> {
        let labels = [
            format!("--label=dbprobe.test={}", environment::run()),
            "--label=org.testcontainers.managed-by=testcontainers".to_owned(),
        ];
        let words = ["create".to_owned()].into_iter().chain(labels).chain(options.iter().cloned());
        let words: Vec<String> =
            words.chain([image.to_owned()]).chain(command.iter().map(|word| (*word).to_owned())).collect();
        docker(&words).map(|id| Self { id }).map_err(Missing::new)
    }

    /// Puts a file into it that everybody may execute.
    pub(crate) fn copy(&self, path: &str, content: &str) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("written");
        executable(file.path());
        self.must(&["cp", &file.path().display().to_string(), &format!("{}:{path}", self.id)]);
    }

    pub(crate) fn start(&self) {
        self.must(&["start", &self.id]);
    }

    pub(crate) fn restart(&self) {
        self.must(&["restart", "--time", "10", &self.id]);
    }

    pub(crate) fn stop(&self) {
        self.must(&["stop", "--time", "10", &self.id]);
    }

    /// All that it has written so far.
    pub(crate) fn log(&self) -> String {
        let output = Command::new("docker").args(["logs", &self.id]).output().expect("docker");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    fn must(&self, words: &[&str]) {
        if let Err(error) = docker(words) {
            panic!("docker {}: {error}", words.join(" "));
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // A panic here may be the second one, which would end the process.
        let _ = docker(&["rm", "--force", "--volumes", &self.id]);
    }
}

fn docker(words: &[impl AsRef<std::ffi::OsStr>]) -> Result<String, String> {
    let output = Command::new("docker").args(words).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("no docker: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[cfg(unix)]
fn executable(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}

#[cfg(not(unix))]
fn executable(_file: &std::path::Path) {}
