//! Redis and Valkey: one server, with a replica, with TLS, on a Unix socket, or as the node of a cluster.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::certificates::Certificates;
use super::node::{Node, Paused};
use super::recipe::Recipe;
use crate::environment;
use crate::fixture::Missing;

const PORT: u16 = 6379;
/// A machine under load needs its time to start a container.
const START: Duration = Duration::from_secs(60);

/// A test server saves nothing by itself, lets its directory be changed, and has commands that break it.
const SETTINGS: [&str; 8] =
    ["--save", "", "--enable-protected-configs", "yes", "--enable-debug-command", "yes", "--maxclients", "200"];

/// The ordinary user has the rights that `dbprobe init` gives, and no more.
const USER: &str = "app on >s3cret resetkeys resetchannels -@all ~_health_check:* +ping +info +client|setname +select \
     +multi +exec +hincrby +hset +expire +hmget +readonly +cluster|nodes";

/// The default user's password is the administrator's.
const ADMINISTRATOR: [&str; 4] = ["--requirepass", Redis::ADMIN_PASSWORD, "--masterauth", Redis::ADMIN_PASSWORD];

/// The stock way: clients have to show a certificate, too.
const TLS: [&str; 10] = [
    "--port",
    "0",
    "--tls-port",
    "6379",
    "--tls-cert-file",
    "/tls/server.crt",
    "--tls-key-file",
    "/tls/server.key",
    "--tls-ca-cert-file",
    "/tls/ca.crt",
];

/// What a client needs for TLS.
pub struct Identity {
    certificates: Certificates,
    directory: TempDir,
}

impl Identity {
    fn new() -> Self {
        let (certificates, directory) = (Certificates::new(), tempfile::tempdir().expect("a directory"));
        for (name, pem) in certificates.files() {
            std::fs::write(directory.path().join(name), pem).expect("a file");
        }
        Self { certificates, directory }
    }

    /// The authorities.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// A client's certificate, which is the server's, too.
    pub fn certificate(&self) -> PathBuf {
        self.directory.path().join("server.crt")
    }

    /// Its key.
    pub fn key(&self) -> PathBuf {
        self.directory.path().join("server.key")
    }

    /// The DSN's parameters with which both sides are verified.
    pub fn parameters(&self) -> String {
        let (ca, certificate, key) = (self.certificates.ca_file(), self.certificate(), self.key());
        format!("cacert={}&cert={}&key={}", ca.display(), certificate.display(), key.display())
    }
}

/// Containers that make up one server of Redis or Valkey.
///
/// User [`Redis::USER`] may do what a check does; the default user may do everything.
pub struct Redis {
    /// What stands behind the version.
    what: &'static str,
    server: Node,
    /// The replica, or the cluster's other node.
    second: Option<Node>,
    identity: Option<Identity>,
    socket: Option<TempDir>,
}

impl Redis {
    /// The ordinary user.
    pub const USER: &str = "app";
    /// Its password.
    pub const PASSWORD: &str = "s3cret";
    /// The default user's password.
    pub const ADMIN_PASSWORD: &str = "sup3ruser";

    /// One server; `image` is `redis` or `valkey`.
    ///
    /// # Errors
    /// As for all constructors here: when there is no Docker or no image, or when the server lets nobody in.
    pub async fn alone(image: &str, version: &str) -> Result<Self, Missing> {
        let server = Node::start(recipe(image, version, &[])).await?;
        Self { what: "", server, second: None, identity: None, socket: None }.ready().await
    }

    /// A server and a replica that follows it.
    ///
    /// # Errors
    /// See [`Redis::alone`].
    pub async fn with_replica(image: &str, version: &str) -> Result<Self, Missing> {
        let server = Node::start(recipe(image, version, &[])).await?;
        let primary = server.address_for_containers().await?;
        let replica = Node::start(recipe(image, version, &["--replicaof", &primary, &PORT.to_string()])).await?;
        until_told(&replica, image, "info replication", "master_link_status:up").await?;
        let second = Some(replica);
        Self { what: " with a replica", server, second, identity: None, socket: None }.ready().await
    }

    /// A server that speaks TLS only, and wants a certificate of its clients.
    ///
    /// # Errors
    /// See [`Redis::alone`].
    pub async fn with_tls(image: &str, version: &str) -> Result<Self, Missing> {
        let identity = Identity::new();
        let authority = std::fs::read(identity.certificates.ca_file()).expect("a file");
        let mut recipe = recipe(image, version, &TLS).file("/tls/ca.crt", authority);
        for (name, pem) in identity.certificates.files() {
            recipe = recipe.file(&format!("/tls/{name}"), pem);
        }
        let server = Node::start(recipe).await?;
        let identity = Some(identity);
        Self { what: " with TLS", server, second: None, identity, socket: None }.ready().await
    }

    /// A server on a Unix socket, too.
    ///
    /// # Errors
    /// See [`Redis::alone`].
    pub async fn with_socket(image: &str, version: &str) -> Result<Self, Missing> {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a directory");
        let all = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(directory.path(), all).expect("permissions");
        let options = ["--unixsocket", "/socket/redis.sock", "--unixsocketperm", "777"];
        let recipe = recipe(image, version, &options).mount(directory.path(), "/socket");
        let server = Node::start(recipe).await?;
        let socket = Some(directory);
        Self { what: " on a Unix socket", server, second: None, identity: None, socket }.ready().await
    }

    /// A node of a cluster of two, each of which has half of the slots.
    ///
    /// # Errors
    /// See [`Redis::alone`].
    pub async fn in_cluster(image: &str, version: &str) -> Result<Self, Missing> {
        let options = ["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"];
        let server = Node::start(recipe(image, version, &options)).await?;
        let other = Node::start(recipe(image, version, &options)).await?;
        let there = other.address_for_containers().await?;
        let node = Self { what: " as a cluster's node", server, second: Some(other), identity: None, socket: None };
        let node = node.ready().await?;
        let second = node.second.as_ref().unwrap_or(&node.server);
        for (at, slots) in [(&node.server, ["0", "8191"]), (second, ["8192", "16383"])] {
            node.command_at(at, &["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]]).await.map_err(Missing::new)?;
        }
        node.command(&["CLUSTER", "MEET", &there, &PORT.to_string()]).await.map_err(Missing::new)?;
        until_told(&node.server, image, "cluster info", "cluster_slots_ok:16384").await?;
        // A primary takes no writes in the two seconds after its start (`CLUSTER_WRITABLE_DELAY`).
        until_told(&node.server, image, "cluster info", "cluster_state:ok").await?;
        Ok(node)
    }

    /// A Sentinel that watches nobody.
    ///
    /// # Errors
    /// See [`Redis::alone`].
    pub async fn sentinel(image: &str, version: &str) -> Result<Self, Missing> {
        let port = PORT.to_string();
        let words = ["/data/sentinel.conf", "--sentinel", "--port", &port];
        let recipe = Recipe::new(&image_of(image, version), PORT);
        let server = Node::start(recipe.file("/data/sentinel.conf", "daemonize no\n").command(words)).await?;
        Self { what: " as a Sentinel", server, second: None, identity: None, socket: None }.ready().await
    }

    async fn ready(self) -> Result<Self, Missing> {
        for node in [Some(&self.server), self.second.as_ref()].into_iter().flatten() {
            let words = self.words(&["PING"]);
            node.until(&words.iter().map(String::as_str).collect::<Vec<_>>(), START).await?;
        }
        Ok(self)
    }

    fn words(&self, command: &[&str]) -> Vec<String> {
        let mut words = vec!["sh".to_owned(), "-c".to_owned()];
        let cli = r#"cli=$(command -v redis-cli || command -v valkey-cli); exec "$cli" -e "$@""#;
        words.extend([cli.to_owned(), "cli".to_owned()]);
        words.extend(["--no-auth-warning", "-a", Self::ADMIN_PASSWORD].map(str::to_owned));
        if self.identity.is_some() {
            let tls = ["--tls", "--cacert", "/tls/ca.crt", "--cert", "/tls/server.crt", "--key", "/tls/server.key"];
            words.extend(tls.map(str::to_owned));
        }
        words.extend(command.iter().map(|word| (*word).to_owned()));
        words
    }

    /// Carries out a command as the default user, from within the server's container.
    ///
    /// # Errors
    /// What the server says.
    pub async fn command(&self, command: &[&str]) -> Result<String, String> {
        self.command_at(&self.server, command).await
    }

    /// The same at the replica, or at the cluster's other node.
    ///
    /// # Errors
    /// What the server says.
    pub async fn command_at_second(&self, command: &[&str]) -> Result<String, String> {
        self.command_at(self.second.as_ref().unwrap_or(&self.server), command).await
    }

    async fn command_at(&self, node: &Node, command: &[&str]) -> Result<String, String> {
        node.exec(self.words(command).iter().map(String::as_str)).await
    }

    /// The server as it names itself: `Redis 7.0.15`.
    pub async fn label(&self) -> String {
        let info = self.command(&["INFO", "server"]).await.unwrap_or_default();
        let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let (product, version) = match field("valkey_version:") {
            Some(version) => ("Valkey", version),
            None => ("Redis", field("redis_version:").unwrap_or_default()),
        };
        format!("{product} {version}{}", self.what)
    }

    /// A DSN that works.
    pub fn dsn(&self) -> String {
        let (user, password) = (Self::USER, Self::PASSWORD);
        match self.socket() {
            Some(path) => format!("redis+unix://{user}:{password}@{}", path.display()),
            None => self.dsn_of(user, password),
        }
    }

    /// A DSN over TCP. Its parts have to be percent-encoded.
    pub fn dsn_of(&self, user: &str, password: &str) -> String {
        let address = self.address();
        match &self.identity {
            Some(identity) => format!("rediss://{user}:{password}@{address}/0?{}", identity.parameters()),
            None => format!("redis://{user}:{password}@{address}/0"),
        }
    }

    /// A DSN of the replica, or of the cluster's other node.
    pub fn second_dsn(&self) -> Option<String> {
        let address = self.second.as_ref()?.address();
        Some(format!("redis://{}:{}@{address}/0", Self::USER, Self::PASSWORD))
    }

    /// Where clients go over TCP.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The Unix socket, where there is one.
    pub fn socket(&self) -> Option<PathBuf> {
        self.socket.as_ref().map(|directory| directory.path().join("redis.sock"))
    }

    /// What a client needs for TLS, where the server speaks it.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Freezes the server until what the future returns is dropped.
    pub fn pause(&self) -> impl Future<Output = Paused> + Send + 'static {
        self.server.pause()
    }
}

fn image_of(image: &str, version: &str) -> String {
    let official = if image == "valkey" { format!("valkey/valkey:{version}") } else { format!("{image}:{version}") };
    environment::image(image, Some(version), &official)
}

fn recipe(image: &str, version: &str, options: &[&str]) -> Recipe {
    let user = std::iter::once("--user").chain(USER.split(' '));
    let all = SETTINGS.into_iter().chain(ADMINISTRATOR).chain(user).chain(options.iter().copied());
    Recipe::new(&image_of(image, version), PORT).command(all)
}

/// Waits until the answer to `command` holds `told`.
async fn until_told(node: &Node, image: &str, command: &str, told: &str) -> Result<(), Missing> {
    let look = format!("REDISCLI_AUTH={} {image}-cli {command} | grep -q {told}", Redis::ADMIN_PASSWORD);
    node.until(&["sh", "-c", &look], START).await
}
