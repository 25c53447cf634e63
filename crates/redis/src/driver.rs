//! From a configured target to an open session, each step on the clock.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{Class, Driver, Failure, Phase, Session, Setup, SetupOptions, Steps, Target};
use dbprobe_net::{Roots, TlsOptions, Verify, client_config, describe, dial, handshake, look_into, resolve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::classify::{speaks_no_tls, wants_tls};
use crate::config::{Address, Config, TlsSettings};
use crate::login::log_in;
use crate::session::RedisSession;
use crate::setup;
use crate::tls::{Security, security};
use crate::wire::{Socket, Wire};

/// How long a second look may take at the most.
const PATIENCE: Duration = Duration::from_secs(1);

/// A Redis target, configured.
#[derive(Debug)]
pub(crate) struct RedisDriver {
    config: Config,
    /// Made at the first connection that needs it.
    security: OnceLock<Security>,
}

impl RedisDriver {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, security: OnceLock::new() }
    }

    fn security(&self, settings: &TlsSettings) -> Result<Security, Failure> {
        if let Some(security) = self.security.get() {
            return Ok(security.clone());
        }
        let made = security(settings)?;
        Ok(self.security.get_or_init(|| made).clone())
    }

    /// The socket, and its address where it has one.
    async fn dial(&self, steps: &mut Steps) -> Result<(Socket, Option<SocketAddr>), Failure> {
        match &self.config.address {
            #[cfg(unix)]
            Address::Socket(path) => {
                let stream = steps.run(Phase::Tcp, dbprobe_net::dial_unix(path)).await?;
                steps.connected_to(path.display().to_string());
                Ok((Socket::Unix(stream), None))
            }
            #[cfg(not(unix))]
            Address::Socket(_) => Err(Failure::new(Class::Unsupported, "Unix sockets need a Unix system")),
            Address::Tcp { host, port } => {
                let addresses = steps.run(Phase::Resolve, resolve(host, *port)).await?;
                let stream = steps.run(Phase::Tcp, dial(&addresses)).await?;
                let peer = stream.peer_addr().map_err(|error| dbprobe_net::io_failure(&error, "connecting"))?;
                steps.connected_to(peer.to_string());
                Ok((Socket::Tcp(stream), Some(peer)))
            }
        }
    }

    /// Puts TLS round `socket` where the DSN asks for it.
    async fn secure(&self, socket: Socket, peer: Option<SocketAddr>, steps: &mut Steps) -> Result<Wire, Failure> {
        let (Some(settings), Address::Tcp { host, .. }) = (&self.config.tls, &self.config.address) else {
            return Ok(Wire::plain(socket));
        };
        let security = self.security(settings)?;
        let name = settings.name.as_ref().unwrap_or(host);
        let (patient, patience) = (steps.remaining() >= Duration::from_secs(1), (steps.remaining() / 2).min(PATIENCE));
        let work = async {
            match (handshake(security.config.clone(), name, socket).await, peer) {
                (Err(failure), Some(peer)) => Err(look_into(failure, peer, "Redis with TLS", patience).await),
                (done, _) => done,
            }
        };
        let look = async {
            match peer {
                Some(peer) if patient => second_look(peer).await,
                _ => None,
            }
        };
        let stream = steps.run_or_look(Phase::Tls, work, look).await?;
        steps.secured(describe(&stream, security.verify));
        Ok(Wire::secure(stream))
    }
}

/// Looks on a second connection whether a server that does not answer a handshake speaks Redis' protocol as it is: it
/// waits for the end of a line, which the beginning of a handshake need not have.
async fn second_look(peer: SocketAddr) -> Option<Failure> {
    let mut stream = dial(&[peer]).await.ok()?;
    stream.write_all(b"PING\r\n").await.ok()?;
    let mut first = [0];
    stream.read_exact(&mut first).await.ok()?;
    matches!(first, [b'+' | b'-']).then(speaks_no_tls)
}

/// Looks on a second connection whether a server that hung up without a word wants TLS: OpenSSL does not say so.
async fn wants_tls_there(peer: SocketAddr, patience: Duration) -> bool {
    let looked = async {
        let options = TlsOptions {
            verify: Verify::None,
            roots: Roots::System,
            identity: None,
            alpn: Vec::new(),
            p256_first: false,
        };
        let (config, stream) = (client_config(&options)?, dial(&[peer]).await?);
        handshake(config, &peer.ip().to_string(), stream).await.map(drop)
    };
    match tokio::time::timeout(patience, looked).await {
        Ok(Ok(())) => true,
        // An alert is TLS, too: it may want a certificate, or offer something that is not spoken here.
        Ok(Err(failure)) => matches!(failure.class, Class::Auth | Class::Certificate | Class::Tls),
        Err(_) => false,
    }
}

#[async_trait]
impl Driver for RedisDriver {
    fn target(&self) -> &Target {
        &self.config.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        self.dial(steps).await.map(drop)
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        if let Some(settings) = &self.config.tls {
            self.security(settings)?; // a file that is missing is found out before anybody is asked
        }
        let (socket, peer) = self.dial(steps).await?;
        let mut wire = self.secure(socket, peer, steps).await?;
        // What was found out first must be told, whatever the second look meets.
        let (timeout, patience) = (steps.timeout(), (steps.remaining() / 2).min(PATIENCE));
        let work = async {
            match (log_in(&mut wire, &self.config).await, peer) {
                (Ok(greeting), _) => Ok(RedisSession::new(wire, greeting, timeout)),
                (Err(failure), Some(peer)) if failure.class == Class::Reset && wire.is_plain() && !wire.has_heard() => {
                    Err(match wants_tls_there(peer, patience).await {
                        true => wants_tls(),
                        false => look_into(failure, peer, "Redis", patience).await,
                    })
                }
                (Err(failure), _) => Err(failure),
            }
        };
        Ok(Box::new(steps.run(Phase::Auth, work).await?))
    }

    fn setup(&self, options: &SetupOptions) -> Option<Setup> {
        Some(setup::setup(options))
    }
}
