//! From an origin to a connection.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use dbprobe_core::{Class, Failure};
use dbprobe_net::{client_config, dial, handshake, resolve};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;

use crate::config::Config;
use crate::line::Line;
use crate::origin::Origin;
use crate::wire::Wire;

/// A target's settings, and what a handshake needs: made at the first one and kept with the sessions to resume.
pub(crate) struct Dialer {
    pub(crate) config: Config,
    security: OnceLock<Arc<ClientConfig>>,
}

/// A TLS configuration may hold a private key.
impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.config.fmt(f)
    }
}

impl Dialer {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, security: OnceLock::new() }
    }

    pub(crate) fn security(&self) -> Result<Arc<ClientConfig>, Failure> {
        if let Some(security) = self.security.get() {
            return Ok(security.clone());
        }
        let made = client_config(&self.config.tls)?;
        Ok(self.security.get_or_init(|| made).clone())
    }

    pub(crate) async fn resolve(&self, origin: &Origin) -> Result<Vec<SocketAddr>, Failure> {
        resolve(&origin.host, origin.port).await
    }

    pub(crate) async fn dial(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
        dial(addresses).await
    }

    pub(crate) async fn secure(&self, stream: TcpStream, origin: &Origin) -> Result<TlsStream<TcpStream>, Failure> {
        let secured = handshake(self.security()?, &origin.host, stream).await;
        secured.map_err(|failure| match failure.class {
            Class::Protocol => failure.advise("if the server speaks plain HTTP on this port, write `http://`"),
            _ => failure,
        })
    }

    /// All of it at once: for where a redirect leads, which is part of the ping.
    pub(crate) async fn open(&self, origin: &Origin) -> Result<Line, Failure> {
        let addresses = self.resolve(origin).await?;
        let stream = self.dial(&addresses).await?;
        let wire = match origin.is_https {
            true => Wire::secure(self.secure(stream, origin).await?),
            false => Wire::plain(stream),
        };
        Line::open(wire, origin.clone()).await
    }
}
