//! One running container.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::Duration;

use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, TestcontainersError};
use tokio::runtime::{Builder, Handle};
use tokio::time::{Instant, sleep};

use super::recipe::Recipe;
use crate::fixture::Missing;

/// One running container, removed when it is dropped.
pub struct Node {
    /// `None` only while it is dropped.
    container: Option<ContainerAsync<GenericImage>>,
    port: u16,
}

/// How often a server is asked whether it lets anybody in.
const PAUSE: Duration = Duration::from_millis(100);

impl Node {
    /// Starts a container. Its server may need some time more; see [`Node::until`].
    ///
    /// # Errors
    /// When there is no Docker or no image.
    pub async fn start(recipe: Recipe) -> Result<Self, Missing> {
        let container = recipe.request.start().await.map_err(|error| missing(&error))?;
        let port = container.get_host_port_ipv4(recipe.port.tcp()).await.map_err(|error| missing(&error))?;
        Ok(Self { container: Some(container), port })
    }

    /// Where its server is reached from this process.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Where its server is reached from another container, without a port.
    ///
    /// # Errors
    /// When Docker does not know its address.
    pub async fn address_for_containers(&self) -> Result<String, Missing> {
        // By the command: the library takes Docker's network mode `default` for a network's name, which some engines refuse.
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        let asked = Command::new("docker").args(["inspect", "--format", format, self.container().id()]).output();
        let address = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
        if address.is_empty() { Err(Missing::new("Docker does not tell a container's address")) } else { Ok(address) }
    }

    /// Runs a command in the container, as the image's user, and returns its standard output.
    ///
    /// # Errors
    /// What the command wrote to its standard error when it did not exit with 0.
    pub async fn exec<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
        let id = self.container().id();
        let mut command = vec!["exec".to_owned(), id.to_owned()];
        command.extend(words.into_iter().map(str::to_owned));
        // By the command: the library's answer cannot be held in a future that moves between threads.
        let run = tokio::task::spawn_blocking(move || Command::new("docker").args(command).output());
        let output = run.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Waits until a command in the container succeeds. Let it log in over TCP: the official images initialise with a
    /// temporary server that listens on a Unix socket only.
    ///
    /// # Errors
    /// The command's last complaint when `limit` is over.
    pub async fn until(&self, words: &[&str], limit: Duration) -> Result<(), Missing> {
        let end = Instant::now() + limit;
        loop {
            let Err(why) = self.exec(words.iter().copied()).await else { return Ok(()) };
            if Instant::now() > end {
                let log = self.container().stderr_to_vec().await.unwrap_or_default();
                let log = String::from_utf8_lossy(&log);
                let last = log.lines().next_back().unwrap_or_default();
                return Err(Missing::new(format!("the server let nobody in within {limit:?}: {why}; its log: {last}")));
            }
            sleep(PAUSE).await;
        }
    }

    /// Freezes every process in the container, as SIGSTOP does, until what the future returns is dropped.
    pub fn pause(&self) -> impl Future<Output = Paused> + Send + 'static {
        let id = self.container().id().to_owned();
        async move {
            docker(&["pause", &id]);
            Paused { id }
        }
    }

    /// Sends a signal to the container's first process, such as `KILL`, `STOP` or `INT`.
    pub fn signal(&self, signal: &str) {
        docker(&["kill", "--signal", signal, self.container().id()]);
    }

    /// Docker's name for it.
    pub(super) fn id(&self) -> &str {
        self.container().id()
    }

    fn container(&self) -> &ContainerAsync<GenericImage> {
        self.container.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let container = self.container.take();
        if Handle::try_current().is_ok() {
            return; // The library removes it here.
        }
        // It needs a runtime to do so.
        let remove = std::thread::spawn(move || {
            if let Ok(runtime) = Builder::new_current_thread().enable_all().build() {
                runtime.block_on(async { drop(container) });
            }
        });
        let _ = remove.join();
    }
}

/// A frozen container, which goes on when this is dropped.
#[derive(Debug)]
pub struct Paused {
    id: String,
}

impl Drop for Paused {
    fn drop(&mut self) {
        docker(&["unpause", &self.id]);
    }
}

/// By the command and not by the library: it is also called where no runtime may be blocked on.
fn docker(words: &[&str]) {
    let done = Command::new("docker").args(words).stdout(Stdio::null()).status();
    // In a drop a panic may be the second one, which would end the process.
    assert!(std::thread::panicking() || done.is_ok_and(|done| done.success()), "docker {} failed", words.join(" "));
}

/// The whole chain of causes: the last of them says whether it was Docker or the image that was not there.
fn missing(error: &TestcontainersError) -> Missing {
    let mut why = format!("no container: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !why.contains(&text) {
            why.push_str(&format!(": {text}"));
        }
        cause = error.source();
    }
    Missing::new(why)
}
