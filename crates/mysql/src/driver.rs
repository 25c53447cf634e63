//! From a configured target to an open session, each step on the clock.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{Driver, Failure, Phase, Session, Setup, SetupOptions, Steps, Target};
use dbprobe_net::{dial, io_failure, resolve};
use tokio::time::Instant;

use crate::cancel::{Encryption, KillQuery};
use crate::config::{Address, Config};
use crate::conversation::Who;
use crate::greeting::{Greeting, Hello, greet};
use crate::login::{Credentials, log_in};
use crate::look::look;
use crate::opening::{Asked, Clock, Demand, greet_and_leave, secure};
use crate::place::Place;
use crate::session::MysqlSession;
use crate::socket::Socket;
use crate::sql;
use crate::tls::{Security, SslMode, security};
use crate::wire::Wire;

/// A MySQL or MariaDB target, configured.
#[derive(Debug)]
pub(crate) struct MysqlDriver {
    config: Config,
    credentials: Arc<Credentials>,
    /// Made at the first connection that needs it; it also keeps what a resumed handshake needs.
    security: OnceLock<Security>,
}

impl MysqlDriver {
    pub(crate) fn new(config: Config) -> Self {
        Self { credentials: Arc::new(config.credentials.clone()), config, security: OnceLock::new() }
    }

    /// Whether TLS is asked for. A Unix socket needs none unless the DSN demands it, as with MySQL's own client.
    fn demand(&self) -> Option<Demand> {
        match (&self.config.address, self.config.tls.mode) {
            (_, SslMode::Disabled) | (Address::Socket(_), SslMode::Preferred) => None,
            (_, SslMode::Preferred) => Some(Demand::IfOffered),
            (_, SslMode::Required | SslMode::VerifyCa | SslMode::VerifyIdentity) => Some(Demand::Always),
        }
    }

    fn security(&self) -> Result<Security, Failure> {
        if let Some(security) = self.security.get() {
            return Ok(security.clone());
        }
        let made = security(&self.config.tls)?;
        Ok(self.security.get_or_init(|| made).clone())
    }

    /// What the certificate must carry.
    fn name(&self) -> &str {
        match &self.config.address {
            Address::Socket(_) => "localhost",
            Address::Tcp { host, .. } => host,
        }
    }

    async fn dial(&self, steps: &mut Steps) -> Result<(Wire, Place), Failure> {
        let (host, port) = match &self.config.address {
            Address::Socket(path) => {
                let place = Place::Socket(path.clone());
                let wire = steps.run(Phase::Tcp, async { place.dial().await.map(Wire::new) }).await?;
                steps.connected_to(path.display().to_string());
                return Ok((wire, place));
            }
            Address::Tcp { host, port } => (host, *port),
        };
        let addresses = steps.run(Phase::Resolve, resolve(host, port)).await?;
        let connect = async {
            let stream = dial(&addresses).await?;
            let peer = stream.peer_addr().map_err(|error| io_failure(&error, "connecting"))?;
            Ok((Wire::new(Socket::tcp(stream)), peer))
        };
        let (wire, peer) = steps.run(Phase::Tcp, connect).await?;
        steps.connected_to(peer.to_string());
        Ok((wire, Place::Tcp(peer)))
    }

    /// Puts TLS round the connection where the DSN and the server want it. The greeting is there where TLS was asked for.
    async fn secure(
        &self,
        wire: Wire,
        (place, clock): (&Place, Clock),
        steps: &mut Steps,
    ) -> Result<(Wire, Option<Greeting>, Option<Encryption>), Failure> {
        let Some(demand) = self.demand() else { return Ok((wire, None, None)) };
        let security = self.security()?;
        let second = look(place, wire.heard(), steps);
        let mut seen = None;
        let work = secure(wire, (&security, self.name()), demand, clock, &self.credentials, &mut seen);
        let asked = steps.run_or_look(Phase::Tls, work, second).await;
        if let Some(tls) = seen {
            steps.secured(tls);
        }
        match asked? {
            Asked::Secured(wire, greeting) => {
                let encryption = Encryption { security, name: self.name().to_owned() };
                Ok((wire, Some(greeting), Some(encryption)))
            }
            Asked::Plain(wire, greeting) => {
                steps.retract("the server does not offer TLS");
                Ok((wire, Some(greeting), None))
            }
            Asked::Refused(failure) => {
                // The greeting comes before TLS, so a refusal in its place belongs to the login.
                steps.retract("the server refused the connection before it");
                steps.run(Phase::Auth, async { Err(failure) }).await
            }
        }
    }

    async fn open(&self, steps: &mut Steps) -> Result<MysqlSession, Failure> {
        if self.demand().is_some() {
            self.security()?; // a file that is missing is found out before anybody is asked
        }
        let clock = Clock { began: Instant::now(), limit: steps.remaining() };
        let (wire, place) = self.dial(steps).await?;
        let (mut wire, greeting, encryption) = self.secure(wire, (&place, clock), steps).await?;
        let second = look(&place, wire.heard(), steps);
        let greeted = greeting.is_some();
        let work = async {
            let greeting = match greeting {
                Some(greeting) => greeting,
                None => match greet(&mut wire).await? {
                    Hello::Greeting(greeting) => greeting,
                    Hello::Refused(failure) => return Err(failure),
                },
            };
            log_in(&mut wire, &greeting, &self.credentials).await?;
            Ok((wire, greeting))
        };
        let second = async { if greeted { None } else { second.await } };
        let (wire, greeting) = steps.run_or_look(Phase::Auth, work, second).await?;
        let cancel =
            KillQuery { place: place.clone(), encryption, credentials: self.credentials.clone(), who: Who::default() };
        // Stopping a statement takes another login and one question.
        let lead = (clock.began.elapsed() * 2).max(Duration::from_millis(10));
        let database = self.credentials.database.clone();
        Ok(MysqlSession::new(wire, greeting, database, cancel, (lead, steps.timeout())))
    }
}

#[async_trait]
impl Driver for MysqlDriver {
    fn target(&self) -> &Target {
        &self.config.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        steps.begin_attempt(1, self.config.connect_timeout);
        let (wire, _) = self.dial(steps).await?;
        // Nothing of what follows is part of the answer: the server must not be left in the middle of its greeting.
        let security = self.demand().and_then(|_| self.security().ok());
        let security = security.as_ref().map(|security| (security, self.name()));
        greet_and_leave(wire, security, &self.credentials).await;
        Ok(())
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        steps.begin_attempt(1, self.config.connect_timeout);
        Ok(Box::new(self.open(steps).await?))
    }

    fn setup(&self, options: &SetupOptions) -> Option<Setup> {
        Some(sql::setup(options, self.credentials.database.as_deref()))
    }
}
