//! Postfix: plain, with STARTTLS, or with TLS from the first byte, and a user who can log in under TLS.

use std::net::SocketAddr;
use std::time::Duration;

use super::certificates::Certificates;
use super::node::{Node, Paused};
use super::recipe::Recipe;
use crate::environment;
use crate::fixture::Missing;

/// A machine under load needs its time to start a dozen processes.
const START: Duration = Duration::from_secs(60);

/// A server process reads its settings once. It is known by its name in the kernel's list.
const KILL: &str = "for p in /proc/[0-9]*; do \
    if [ \"$(cat $p/comm 2>/dev/null)\" = smtpd ]; then kill ${p#/proc/}; fi; done";
/// The state of a connection in the kernel's table (`proc(5)`, `include/net/tcp_states.h`).
const ESTABLISHED: &str = "01";

/// One Postfix. It takes mail for itself only, and throws it away.
pub struct Postfix {
    product: &'static str,
    port: u16,
    node: Node,
    certificates: Option<Certificates>,
}

impl Postfix {
    /// Who can log in, where TLS is offered.
    pub const USER: &str = "app@dbprobe.test";
    /// The password.
    pub const PASSWORD: &str = "s3cret";

    /// A server without TLS and without logins, on port 25.
    ///
    /// # Errors
    /// As for all constructors here: when there is no Docker or no image, or when the server does not start.
    pub async fn plain() -> Result<Self, Missing> {
        let node = Node::start(recipe(25)).await?;
        Self { product: "", port: 25, node, certificates: None }.ready().await
    }

    /// A server that offers STARTTLS, on port 25.
    ///
    /// # Errors
    /// See [`Postfix::plain`].
    pub async fn with_starttls() -> Result<Self, Missing> {
        Self::secured(25, " with STARTTLS").await
    }

    /// A server that speaks TLS from the first byte, on port 465.
    ///
    /// # Errors
    /// See [`Postfix::plain`].
    pub async fn with_tls() -> Result<Self, Missing> {
        Self::secured(465, " with TLS").await
    }

    async fn secured(port: u16, product: &'static str) -> Result<Self, Missing> {
        let certificates = Certificates::new();
        let mut recipe = recipe(port)
            .variable("SMTPD_SASL_USERS", "app:s3cret")
            .variable("TLS_CERTIFICATE", "/tls/server.crt")
            .variable("TLS_KEY", "/tls/server.key")
            // A password is asked for only where it is protected.
            .variable("POSTFIX_smtpd_tls_auth_only", "yes");
        for (name, pem) in certificates.files() {
            recipe = recipe.file(&format!("/tls/{name}"), pem);
        }
        let node = Node::start(recipe).await?;
        Self { product, port, node, certificates: Some(certificates) }.ready().await
    }

    async fn ready(self) -> Result<Self, Missing> {
        // The master has a lock for as long as it runs; it listens before it has it.
        self.node.until(&["postfix", "status"], START).await?;
        Ok(self)
    }

    /// Changes settings of `main.cf`, each `name=value`, for every client from now on; those that are served are cut off.
    ///
    /// # Errors
    /// What the command says.
    pub async fn configure(&self, settings: &[&str]) -> Result<(), String> {
        self.node.exec(["postconf", "-e"].into_iter().chain(settings.iter().copied())).await?;
        self.cut_off().await
    }

    /// Ends every process that serves a client; the next client gets a new one.
    ///
    /// # Errors
    /// What the command says.
    pub async fn cut_off(&self) -> Result<(), String> {
        self.node.exec(["sh", "-c", KILL]).await.map(|_| ())
    }

    /// Clients that are connected.
    pub async fn clients(&self) -> usize {
        let table = self.node.exec(["cat", "/proc/net/tcp"]).await.unwrap_or_default();
        let ours = format!(":{:04X}", self.port);
        let is_client = |line: &&str| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            columns.get(1).is_some_and(|local| local.ends_with(&ours)) && columns.get(3) == Some(&ESTABLISHED)
        };
        table.lines().filter(is_client).count()
    }

    /// The server as it names itself: `Postfix 3.7.11`.
    pub async fn label(&self) -> String {
        let version = self.node.exec(["postconf", "-hd", "mail_version"]).await.unwrap_or_default();
        format!("Postfix {version}{}", self.product)
    }

    /// Where it is reached from this process.
    pub fn address(&self) -> SocketAddr {
        self.node.address()
    }

    /// The certificates of a server with TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// Freezes the server until what the future returns is dropped.
    pub fn pause(&self) -> impl Future<Output = Paused> + Send + 'static {
        self.node.pause()
    }
}

fn recipe(port: u16) -> Recipe {
    // There is no official image. The master waits a minute before it replaces a process that was ended with its first
    // client, which is what cutting clients off may do.
    let image = environment::image("postfix", None, "dbprobe-test/postfix");
    Recipe::new(&image, port).variable("POSTFIX_service_throttle_time", "1s")
}
