//! From a configured target to an open session: hosts in turn, each step on the clock.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use dbprobe_core::{Class, Driver, Failure, Phase, Session, Setup, SetupOptions, Steps, Target};
use dbprobe_net::{describe, dial, handshake, resolve};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_postgres::config::{SslMode as DriverSslMode, SslNegotiation};

use crate::cancel::{CancelRequest, Encryption};
use crate::classify::login_error;
use crate::config::{Config, Host, SessionAttributes, SslMode};
use crate::opening::{request_tls, second_look};
use crate::passfile;
use crate::place::Place;
use crate::session::PostgresSession;
use crate::sql;
use crate::tls::{Security, security};
use crate::wire::{AsItIs, Heard, Socket, Wire};

/// How a connection is to be secured in one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encrypt {
    Never,
    IfOffered,
    Always,
}

/// A PostgreSQL target, configured.
#[derive(Debug)]
pub(crate) struct PostgresDriver {
    config: Config,
    /// Made at the first connection that needs it; it also keeps what a resumed handshake needs.
    security: OnceLock<Security>,
}

impl PostgresDriver {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, security: OnceLock::new() }
    }

    /// The hosts in the order they are tried.
    fn hosts(&self) -> Vec<&Host> {
        let mut hosts: Vec<&Host> = self.config.hosts.iter().collect();
        if self.config.shuffle {
            shuffle(&mut hosts);
        }
        hosts
    }

    /// The kinds of session that are acceptable, the best first; each means one round over the hosts.
    fn wanted(&self) -> Vec<SessionAttributes> {
        match self.config.session {
            SessionAttributes::PreferStandby => vec![SessionAttributes::Standby, SessionAttributes::Any],
            other => vec![other],
        }
    }

    /// What to try with one host, as libpq does it. A Unix socket is never encrypted.
    fn encryptions(&self, host: &Host) -> Vec<Encrypt> {
        match self.config.tls.mode {
            _ if host.socket().is_some() => vec![Encrypt::Never],
            SslMode::Disable => vec![Encrypt::Never],
            SslMode::Allow => vec![Encrypt::Never, Encrypt::Always],
            SslMode::Prefer => vec![Encrypt::IfOffered, Encrypt::Never],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => vec![Encrypt::Always],
        }
    }

    fn security(&self) -> Result<Security, Failure> {
        if let Some(security) = self.security.get() {
            return Ok(security.clone());
        }
        let made = security(&self.config.tls)?;
        Ok(self.security.get_or_init(|| made).clone())
    }

    async fn dial(&self, host: &Host, steps: &mut Steps) -> Result<(Socket, Place), Failure> {
        if let Some(path) = host.socket() {
            let place = Place::Socket(path.clone());
            let socket = steps.run(Phase::Tcp, place.dial()).await?;
            steps.connected_to(path.display().to_string());
            return Ok((socket, place));
        }
        let name = host.address.map_or_else(|| host.name.clone(), |address| address.to_string());
        let addresses = steps.run(Phase::Resolve, resolve(&name, host.port)).await?;
        let stream = steps.run(Phase::Tcp, dial(&addresses)).await?;
        self.tune(&stream);
        let peer = stream.peer_addr().map_err(|error| dbprobe_net::io_failure(&error, "connecting"))?;
        steps.connected_to(peer.to_string());
        Ok((Socket::Tcp(stream), Place::Tcp(peer)))
    }

    /// Sets what the DSN says of the socket. A kernel that refuses an option leaves its default in force.
    fn tune(&self, stream: &TcpStream) {
        let wanted = self.config.socket;
        let socket = SockRef::from(stream);
        if wanted.keepalives_off {
            let _ = socket.set_keepalive(false);
        }
        let mut keepalive = TcpKeepalive::new();
        keepalive = wanted.idle.map_or(keepalive.clone(), |idle| keepalive.with_time(idle));
        keepalive = wanted.interval.map_or(keepalive.clone(), |interval| keepalive.with_interval(interval));
        keepalive = wanted.count.map_or(keepalive.clone(), |count| keepalive.with_retries(count));
        if !wanted.keepalives_off && (wanted.idle.is_some() || wanted.interval.is_some() || wanted.count.is_some()) {
            let _ = socket.set_tcp_keepalive(&keepalive);
        }
        #[cfg(target_os = "linux")]
        if wanted.user_timeout.is_some() {
            let _ = socket.set_tcp_user_timeout(wanted.user_timeout);
        }
    }

    /// Puts TLS round `socket` where `encrypt` says so.
    async fn secure(
        &self,
        (mut socket, place): (Socket, &Place),
        host: &Host,
        encrypt: Encrypt,
        steps: &mut Steps,
    ) -> Result<(Wire, Option<Encryption>), Failure> {
        if encrypt == Encrypt::Never {
            return Ok((Wire::plain(socket), None));
        }
        let security = self.security()?;
        let name = if host.name.is_empty() { host.endpoint().host } else { host.name.clone() };
        let direct = self.config.tls.direct;
        let heard = Heard::default();
        let work = async {
            if !direct && !request_tls(&mut socket, &heard).await? {
                return if encrypt == Encrypt::IfOffered { Ok(Err(socket)) } else { Err(not_offered()) };
            }
            handshake(security.config.clone(), &name, socket).await.map(Ok)
        };
        let look = look(place, Some(heard.clone()), steps);
        match steps.run_or_look(Phase::Tls, work, look).await? {
            Ok(stream) => {
                steps.secured(describe(&stream, security.verify));
                Ok((Wire::secure(stream), Some(Encryption { security, name, direct })))
            }
            Err(socket) => {
                steps.retract("the server does not offer TLS");
                Ok((Wire::plain(socket), None))
            }
        }
    }

    /// One attempt at one host.
    async fn open(
        &self,
        host: &Host,
        encrypt: Encrypt,
        wanted: SessionAttributes,
        steps: &mut Steps,
    ) -> Result<PostgresSession, Failure> {
        if encrypt != Encrypt::Never {
            self.security()?; // a file that is missing is found out before anybody is asked
        }
        let dialled = Instant::now();
        let (socket, place) = self.dial(host, steps).await?;
        let trip = dialled.elapsed();
        let (wire, encryption) = self.secure((socket, &place), host, encrypt, steps).await?;
        let password = passfile::password(&self.config, host);
        let login = self.login(password.as_ref().map(dbprobe_core::Secret::expose));
        // Dialling, the request for TLS, its two trips at the most, and the way of the request itself.
        let lead = (trip * 5).max(Duration::from_millis(10));
        let (allowance, timeout) = (wire.allowance(), steps.timeout());
        let process = wire.process();
        // Whoever answered the request for TLS is known already.
        let heard = wire.heard().filter(|_| encrypt == Encrypt::Never);
        let cancelled_at = place.clone();
        let work = async {
            let opened = tokio_postgres::Config::connect_raw(&login, wire, AsItIs).await;
            let (client, connection) = opened.map_err(|error| login_error(error, password.is_some()))?;
            let cancel = CancelRequest { token: client.cancel_token(), place: cancelled_at, encryption };
            let mut session = PostgresSession::new((client, connection), allowance, process, cancel, (lead, timeout));
            if wanted != SessionAttributes::Any {
                acceptable(&mut session, wanted).await?;
            }
            Ok(session)
        };
        let look = look(&place, heard, steps);
        steps.run_or_look(Phase::Auth, work, look).await
    }

    fn login(&self, password: Option<&str>) -> tokio_postgres::Config {
        let mut login = tokio_postgres::Config::new();
        login
            .user(&self.config.user)
            .dbname(&self.config.database)
            .application_name(&self.config.application)
            .channel_binding(self.config.channel_binding)
            // The stream comes ready made: the driver is told to use it as it is.
            .ssl_mode(DriverSslMode::Require)
            .ssl_negotiation(SslNegotiation::Direct);
        if let Some(options) = &self.config.options {
            login.options(options);
        }
        if let Some(password) = password {
            login.password(password);
        }
        login
    }

    /// Opens one host, with and without TLS as the DSN allows, and checks that the session is of the wanted kind.
    async fn try_host(
        &self,
        host: &Host,
        wanted: SessionAttributes,
        steps: &mut Steps,
    ) -> Result<PostgresSession, Failure> {
        let ways = self.encryptions(host);
        for (at, encrypt) in ways.iter().enumerate() {
            let failure = match self.open(host, *encrypt, wanted, steps).await {
                Ok(session) => return Ok(session),
                Err(failure) => failure,
            };
            let encrypted = steps.is_secured();
            if at + 1 == ways.len() || !another_way_may_help(&failure, *encrypt, encrypted) {
                return Err(failure);
            }
            let how = if encrypted || failure.phase == Some(Phase::Tls) { "with TLS" } else { "without TLS" };
            steps.give_up(format!("{} {how}", host.endpoint().authority()), failure);
        }
        Err(Failure::new(Class::Internal, "no way to connect was tried"))
    }
}

/// A second look at a peer that has not said a word, and only where there is time to be patient first: a server that is
/// merely slow, or that is busy with a password, must not be bothered.
fn look<'a>(place: &'a Place, heard: Option<Heard>, steps: &Steps) -> impl Future<Output = Option<Failure>> + 'a {
    let patient = steps.remaining() >= Duration::from_secs(1);
    async move {
        match heard {
            Some(heard) if patient && !heard.anything() => second_look(place).await,
            _ => None,
        }
    }
}

fn not_offered() -> Failure {
    Failure::new(Class::Tls, "the server does not offer TLS")
        .advise("turn `ssl` on in postgresql.conf, or say sslmode=prefer or disable where the network is trusted")
}

/// Whether libpq would try the same host with the other kind of encryption: after `pg_hba.conf` refused this one, and
/// in `prefer` after a handshake that failed.
fn another_way_may_help(failure: &Failure, tried: Encrypt, encrypted: bool) -> bool {
    let refused = failure.code.as_deref() == Some("28000");
    match tried {
        Encrypt::Never => refused,
        Encrypt::IfOffered => (refused && encrypted) || matches!(failure.class, Class::Certificate | Class::Tls),
        Encrypt::Always => false,
    }
}

/// Whether the next host is worth trying, as libpq sees it: not after the server refused who we are.
fn another_host_may_help(failure: &Failure) -> bool {
    if matches!(failure.phase, Some(Phase::Resolve | Phase::Tcp)) {
        return true;
    }
    !matches!(failure.class, Class::Auth | Class::Certificate | Class::Config | Class::NotFound | Class::Permission)
}

/// Asks what kind of session it is: one round trip, only where the DSN cares.
async fn acceptable(session: &mut PostgresSession, wanted: SessionAttributes) -> Result<(), Failure> {
    let facts = session.ask(sql::PING).await?;
    let (standby, read_only) = (facts.flag(0)?, facts.flag(1)?);
    let fits = match wanted {
        SessionAttributes::Any | SessionAttributes::PreferStandby => true,
        SessionAttributes::Primary => !standby,
        SessionAttributes::Standby => standby,
        SessionAttributes::ReadOnly => read_only,
        SessionAttributes::ReadWrite => !read_only,
    };
    if fits {
        return Ok(());
    }
    let is = match (standby, read_only) {
        (true, _) => "a standby",
        (false, true) => "a read-only primary",
        (false, false) => "a primary",
    };
    Err(Failure::new(Class::RoleMismatch, format!("the server is {is}, which target_session_attrs does not accept"))
        .advise("check whether a failover took place, or whether the list of hosts is complete"))
}

/// Fisher and Yates, with the hash keys that the standard library draws at random for each state.
fn shuffle(hosts: &mut [&Host]) {
    use std::hash::{BuildHasher, RandomState};
    for last in (1..hosts.len()).rev() {
        let draw = RandomState::new().hash_one(last);
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is an index of this list")]
        hosts.swap(last, (draw % (last as u64 + 1)) as usize);
    }
}

#[async_trait]
impl Driver for PostgresDriver {
    fn target(&self) -> &Target {
        &self.config.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        let hosts = self.hosts();
        for (at, host) in hosts.iter().enumerate() {
            steps.begin_attempt(hosts.len() - at, self.config.connect_timeout);
            match self.dial(host, steps).await {
                Ok(_) => return Ok(()),
                Err(failure) if at + 1 == hosts.len() => return Err(failure),
                Err(failure) => steps.give_up(host.endpoint().authority(), failure),
            }
        }
        Err(Failure::new(Class::Internal, "no host was tried"))
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let rounds: Vec<(SessionAttributes, &Host)> = self
            .wanted()
            .into_iter()
            .flat_map(|wanted| self.hosts().into_iter().map(move |host| (wanted, host)))
            .collect();
        for (at, (wanted, host)) in rounds.iter().enumerate() {
            steps.begin_attempt(rounds.len() - at, self.config.connect_timeout);
            match self.try_host(host, *wanted, steps).await {
                Ok(session) => return Ok(Box::new(session)),
                Err(failure) if at + 1 == rounds.len() || !another_host_may_help(&failure) => return Err(failure),
                Err(failure) => steps.give_up(host.endpoint().authority(), failure),
            }
        }
        Err(Failure::new(Class::Internal, "no host was tried"))
    }

    fn setup(&self, options: &SetupOptions) -> Option<Setup> {
        Some(sql::setup(options, &self.config.database))
    }
}
