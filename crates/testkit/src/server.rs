//! A server in a container that keeps its port when it is killed and started again.
//!
//! By Docker's command line, for tests that break a server and bring it back, and for the commands of `xtask`, which need no
//! library of Docker's for that. The servers of the suites are in `containers`.

mod settings;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::fixture::Missing;

pub use settings::ServerSettings;

/// MySQL initialises its directory for half a minute on a machine under load.
const START: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(100);
/// Somebody else may take the port that was free a moment ago.
const ATTEMPTS: usize = 5;

/// A container, removed when this is dropped.
#[derive(Debug)]
pub struct Server {
    id: String,
    settings: ServerSettings,
    address: SocketAddr,
}

impl Server {
    /// Starts a container and waits until its server lets clients in.
    ///
    /// # Errors
    /// When there is no Docker or no image, or when the server lets nobody in.
    pub fn start(settings: ServerSettings) -> Result<Self, Missing> {
        let server = Self::start_unready(settings)?;
        server.until_ready()?;
        Ok(server)
    }

    /// The same without waiting, to start several at once; see [`Server::until_ready`].
    ///
    /// # Errors
    /// When there is no Docker or no image.
    pub fn start_unready(settings: ServerSettings) -> Result<Self, Missing> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let port = free_port();
            let id = docker(&settings.create(port)).map_err(Missing::new)?;
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            // From here on its drop removes the container.
            let server = Self { id, settings: settings.clone(), address };
            server.copy_files()?;
            match docker(&["start", &server.id]) {
                Ok(_) => return Ok(server),
                Err(error) if error.contains("already") => why = error,
                Err(error) => return Err(Missing::new(error)),
            }
        }
        Err(Missing::new(why))
    }

    fn copy_files(&self) -> Result<(), Missing> {
        for (path, content) in &self.settings.files {
            // A tar archive on the standard input would keep owner and mode; a file of this machine does as well.
            let file = tempfile::NamedTempFile::new().map_err(|error| Missing::new(error.to_string()))?;
            std::fs::write(file.path(), content).expect("a file");
            readable(file.path());
            let from = file.path().display().to_string();
            docker(&["cp", &from, &format!("{}:{path}", self.id)]).map_err(Missing::new)?;
        }
        Ok(())
    }

    /// Waits until the server lets clients in.
    ///
    /// # Errors
    /// Its last complaint when three minutes are over.
    pub fn until_ready(&self) -> Result<(), Missing> {
        if self.settings.hello.is_empty() {
            return Ok(());
        }
        let end = Instant::now() + START;
        let hello: Vec<&str> = self.settings.hello.iter().map(String::as_str).collect();
        while let Err(why) = self.ask(&hello) {
            if Instant::now() > end {
                return Err(Missing::new(format!("{} let nobody in within {START:?}: {why}", self.settings.image)));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Where it is reached from this machine, also after it was started again.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is reached from other containers, and from this machine past Docker's own proxy, which costs two
    /// descriptors and two goroutines a connection.
    ///
    /// # Panics
    /// When Docker does not know the container's address.
    pub fn container_address(&self) -> SocketAddr {
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        let told = docker(&["inspect", "--format", format, &self.id]).expect("the container");
        SocketAddr::new(told.trim().parse().expect("a container's address"), self.settings.port)
    }

    /// A DSN that works, for the published port.
    pub fn dsn(&self) -> String {
        self.dsn_at(self.address)
    }

    /// The same for another place, such as a proxy's.
    pub fn dsn_at(&self, address: SocketAddr) -> String {
        self.settings.dsn.replace("{address}", &address.to_string())
    }

    /// Asks the server as its administrator, by the client in its image.
    ///
    /// # Errors
    /// What the client complains about.
    pub fn ask(&self, words: &[&str]) -> Result<String, String> {
        let client = self.settings.client.iter().map(String::as_str);
        self.exec(&client.chain(words.iter().copied()).collect::<Vec<_>>())
    }

    /// Runs a command in the container and returns its standard output.
    ///
    /// # Errors
    /// What it wrote to its standard error when it did not exit with 0.
    pub fn exec(&self, words: &[&str]) -> Result<String, String> {
        docker(&["exec", &self.id].into_iter().chain(words.iter().copied()).collect::<Vec<_>>())
    }

    /// Runs a command with `input`, and returns both of its outputs: the second where it fails.
    ///
    /// # Errors
    /// Both outputs when it did not exit with 0.
    pub fn exec_with_input(&self, words: &[&str], input: &[u8]) -> Result<String, String> {
        let mut command = Command::new("docker");
        command.args(["exec", "--interactive", &self.id]).args(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let stdin = child.stdin.take();
        let input = input.to_vec();
        // On a thread: it may write before it has read all.
        let writer = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let _ = writer.join();
        let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let both = String::from_utf8_lossy(&both).trim_end().to_owned();
        if output.status.success() { Ok(both) } else { Err(both) }
    }

    /// Freezes every process in the container, as SIGSTOP does. The kernel goes on accepting connections.
    pub fn pause(&self) {
        must(&["pause", &self.id]);
    }

    /// Lets them go on.
    pub fn unpause(&self) {
        must(&["unpause", &self.id]);
    }

    /// Kills the server by SIGKILL. Its port refuses connections from then on, and stays its own.
    pub fn kill(&self) {
        must(&["kill", &self.id]);
    }

    /// Starts it again, with the data that it had; see [`Server::until_ready`].
    pub fn start_again(&self) {
        must(&["start", &self.id]);
    }

    /// The last lines of its log.
    pub fn log(&self) -> String {
        let output = Command::new("docker").args(["logs", "--tail", "20", &self.id]).output();
        output.map(|output| text(&[output.stdout, output.stderr].concat())).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A panic here may be the second one, which would end the process.
        let _ = docker(&["rm", "--force", "--volumes", &self.id]);
    }
}

/// The address of this machine as containers on Docker's default bridge see it, where something can listen for them.
///
/// It is the gateway of a container's default route, so it is asked for inside `server`: Docker leaves the gateway out of
/// the network's description where it chose it itself.
///
/// # Panics
/// When the container has no default route.
pub fn host_for_containers(server: &Server) -> Ipv4Addr {
    // `proc_net_route`: the destination 0.0.0.0, and the gateway in hexadecimal in this machine's byte order.
    let route = server.exec(&["awk", "$2 == \"00000000\" { print $3; exit }", "/proc/net/route"]).expect("its routes");
    let gateway = u32::from_str_radix(route.trim(), 16).expect("a default route");
    Ipv4Addr::from(gateway.to_ne_bytes())
}

/// A port of 127.0.0.1 that nobody has at this moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn docker(words: &[impl AsRef<std::ffi::OsStr>]) -> Result<String, String> {
    let run = Command::new("docker").args(words).stdin(Stdio::null()).output();
    let Output { status, stdout, stderr } = run.map_err(|error| format!("no docker: {error}"))?;
    if status.success() { Ok(text(&stdout)) } else { Err(text(&stderr)) }
}

fn must(words: &[&str]) {
    if let Err(error) = docker(words) {
        panic!("docker {}: {error}", words.join(" "));
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

#[cfg(unix)]
fn readable(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).expect("permissions");
}

#[cfg(not(unix))]
fn readable(_file: &std::path::Path) {}
