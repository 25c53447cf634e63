//! Pulling official images, where there is a registry.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::docker;

/// A registry that can be reached names the image within this time; the download may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What this run knows about the registries.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// The hosts from which a pull got no answer: the next would only wait as long.
    unreachable: Vec<String>,
}

/// How a pull ended.
#[derive(Debug, PartialEq, Eq)]
enum Pull {
    Done,
    /// The registry answered, but does not give this image.
    Refused(String),
    Unreachable(String),
}

impl Registry {
    /// Pulls an image; `false` says that it cannot be had, and the reason was printed.
    pub(crate) fn pull(&mut self, reference: &str) -> bool {
        let host = host(reference);
        if self.unreachable.iter().any(|known| known == host) {
            return false;
        }
        match pull(reference) {
            Pull::Done => true,
            Pull::Refused(reason) => {
                eprintln!("images: {reference} was refused: {reason}");
                false
            }
            Pull::Unreachable(reason) => {
                eprintln!("images: no registry {host}: {reason}");
                self.unreachable.push(host.to_owned());
                false
            }
        }
    }
}

/// The registry of a reference: its first part where that is a host, else Docker Hub.
fn host(reference: &str) -> &str {
    match reference.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

fn pull(reference: &str) -> Pull {
    eprintln!("images: pulling {reference}");
    let child = docker::docker()
        .args(["pull", reference])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Pull::Unreachable(error.to_string()),
    };
    if !answers(child.stdout.take()) {
        // It may have ended with an error already: then there is nothing to kill.
        let _ = child.kill();
    }
    match child.wait_with_output() {
        Ok(output) if output.status.success() => Pull::Done,
        Ok(output) => classify(String::from_utf8_lossy(&output.stderr).trim()),
        Err(error) => Pull::Unreachable(error.to_string()),
    }
}

/// Whether the pull names the image in time. The rest of its output is read, so that it never blocks.
fn answers(output: Option<impl Read + Send + 'static>) -> bool {
    let Some(output) = output else { return false };
    let (sender, first_line) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // After the first line nobody listens.
            let _ = sender.send(line);
        }
    });
    first_line.recv_timeout(PATIENCE).is_ok()
}

/// Docker gives no codes here, so the words have to do; a wrong guess costs one needless wait.
fn classify(error: &str) -> Pull {
    let refusals = ["manifest", "denied", "toomanyrequests", "unauthorized", "not found"];
    if error.is_empty() {
        Pull::Unreachable(format!("no answer within {} s", PATIENCE.as_secs()))
    } else if refusals.iter().any(|word| error.contains(word)) {
        Pull::Refused(error.to_owned())
    } else {
        Pull::Unreachable(error.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_its_registry_or_means_docker_hub() {
        assert_eq!(host("postgres:15"), "docker.io");
        assert_eq!(host("valkey/valkey:8"), "docker.io");
        assert_eq!(host("mcr.microsoft.com/mssql/server:2022-latest"), "mcr.microsoft.com");
        assert_eq!(host("localhost:5000/mysql:9"), "localhost:5000");
    }

    #[test]
    fn a_missing_tag_does_not_mean_that_there_is_no_registry() {
        let missing = "Error response from daemon: manifest for postgres:99 not found: manifest unknown";
        assert_eq!(classify(missing), Pull::Refused(missing.to_owned()));
        let offline = "Error response from daemon: Get \"https://registry.example/v2/\": dial tcp: no such host";
        assert_eq!(classify(offline), Pull::Unreachable(offline.to_owned()));
    }
}
