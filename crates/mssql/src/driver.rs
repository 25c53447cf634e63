//! From a configured target to an open session, each step on the clock.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use dbprobe_core::{Class, Driver, Endpoint, Failure, Phase, Session, Setup, SetupOptions, Steps, Target};
use dbprobe_net::{describe, dial, handshake, io_failure, look_into, resolve};
use socket2::{SockRef, TcpKeepalive};
use tiberius::error::Error;
use tiberius::{AuthMethod, Client, EncryptionLevel};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::browser;
use crate::classify::not_tds;
use crate::config::{Config, Encrypt, PORT};
use crate::facts::Learned;
use crate::frame::ANSWER;
use crate::line::{Handle, Stream, Version, Wire, line};
use crate::peer::whose;
use crate::prelogin::{Agreed, negotiate};
use crate::session::{MssqlSession, driven};
use crate::sql;
use crate::tls::{Security, advised, security};
use crate::tunnel::Tunnel;

/// How often a server may send a client on to another one. One gateway does it once.
const REDIRECTIONS: usize = 3;

/// Where to go in one attempt.
#[derive(Clone, Debug)]
struct Place {
    host: String,
    port: Option<u16>,
    instance: Option<String>,
}

impl Place {
    fn endpoint(&self) -> Endpoint {
        Endpoint { host: self.host.clone(), port: self.port.or_else(|| self.instance.is_none().then_some(PORT)) }
    }
}

/// What came of one attempt.
enum Opened {
    Session(Box<MssqlSession>),
    /// The server wants the client to go there.
    Elsewhere(Place),
}

/// A SQL Server target, configured.
#[derive(Debug)]
pub(crate) struct MssqlDriver {
    config: Config,
    /// Made at the first connection that needs it; it also keeps what a resumed handshake needs.
    security: OnceLock<Security>,
    learned: Arc<Learned>,
}

impl MssqlDriver {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, security: OnceLock::new(), learned: Arc::default() }
    }

    fn security(&self) -> Result<Security, Failure> {
        if let Some(security) = self.security.get() {
            return Ok(security.clone());
        }
        let made = security(&self.config.tls)?;
        Ok(self.security.get_or_init(|| made).clone())
    }

    fn version(&self) -> Version {
        if self.config.tls.encrypt == Encrypt::Strict { Version::Tds8 } else { Version::Tds7 }
    }

    fn place(&self) -> Place {
        let Config { host, port, instance, .. } = &self.config;
        Place { host: host.clone(), port: *port, instance: instance.clone() }
    }

    /// Name to addresses, instance to port, and the connection.
    async fn dial(&self, place: &Place, steps: &mut Steps) -> Result<TcpStream, Failure> {
        let left = steps.remaining();
        let addresses = steps
            .run(Phase::Resolve, async {
                match (&place.instance, place.port) {
                    (Some(instance), None) => {
                        let mut addresses = resolve(&place.host, browser::PORT).await?;
                        let port = browser::port_of(instance, &addresses, left).await?;
                        addresses.iter_mut().for_each(|address| address.set_port(port));
                        Ok(addresses)
                    }
                    (_, port) => resolve(&place.host, port.unwrap_or(PORT)).await,
                }
            })
            .await?;
        let stream = steps.run(Phase::Tcp, dial(&addresses)).await?;
        self.tune(&stream);
        let peer = stream.peer_addr().map_err(|error| io_failure(&error, "connecting"))?;
        steps.connected_to(peer.to_string());
        Ok(stream)
    }

    /// Sets what the DSN says of the socket. A kernel that refuses an option leaves its default in force.
    fn tune(&self, stream: &TcpStream) {
        let socket = SockRef::from(stream);
        match self.config.keepalive {
            Some(Duration::ZERO) => drop(socket.set_keepalive(false)),
            Some(time) => drop(socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(time))),
            None => {}
        }
    }

    /// Asks for encryption and puts TLS round `socket` as both sides want it.
    async fn secure(&self, socket: TcpStream, place: &Place, steps: &mut Steps) -> Result<Stream, Failure> {
        let encrypt = self.config.tls.encrypt;
        let mut tunnel = Tunnel::new(socket);
        if encrypt == Encrypt::Nothing {
            return Ok(Stream::Plain(tunnel)); // the question belongs to the login
        }
        let security = self.security()?;
        let name = self.config.tls.name.as_deref().unwrap_or(&place.host);
        let heard = AtomicBool::new(encrypt == Encrypt::Strict);
        let (look, patience) = (self.look(place, &heard, steps), patience(steps));
        let work = async {
            let mut agreed = Agreed::Session;
            if encrypt != Encrypt::Strict {
                agreed = self.negotiate(&mut tunnel, place, &heard, patience).await?;
                if agreed == Agreed::Nothing {
                    return Ok((agreed, Err(tunnel)));
                }
                tunnel.begin_handshake();
            }
            let mut stream =
                handshake(security.config.clone(), name, tunnel).await.map_err(|error| advised(error, encrypt))?;
            stream.get_mut().0.end_handshake();
            Ok((agreed, Ok(Box::new(stream))))
        };
        match steps.run_or_look(Phase::Tls, work, look).await? {
            (_, Err(tunnel)) => {
                steps.retract("the server does not offer encryption");
                Ok(Stream::Plain(tunnel))
            }
            (agreed, Ok(stream)) => {
                steps.secured(describe(&stream, security.verify));
                Ok(if agreed == Agreed::Login { Stream::Login(stream) } else { Stream::Secure(stream) })
            }
        }
    }

    /// Where to look into a hang-up; nothing where that cannot be found out again.
    async fn addresses(&self, place: &Place) -> Vec<SocketAddr> {
        resolve(&place.host, place.port.unwrap_or(PORT)).await.unwrap_or_default()
    }

    async fn negotiate<S>(
        &self,
        stream: &mut S,
        place: &Place,
        heard: &AtomicBool,
        patience: Duration,
    ) -> Result<Agreed, Failure>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        let instance = place.instance.as_deref().unwrap_or_default();
        let agreed = negotiate(stream, self.config.tls.encrypt, instance).await;
        heard.store(true, Ordering::Relaxed);
        let Err(failure) = agreed else { return agreed };
        let addresses = if failure.class == Class::Reset { self.addresses(place).await } else { Vec::new() };
        match addresses.first() {
            Some(peer) => Err(look_into(failure, *peer, "SQL Server", patience).await),
            None => Err(failure),
        }
    }

    /// A second look at a peer that has not said a word, and only where there is time to be patient first.
    fn look<'a>(
        &'a self,
        place: &'a Place,
        heard: &'a AtomicBool,
        steps: &Steps,
    ) -> impl Future<Output = Option<Failure>> + 'a {
        let patient = steps.remaining() >= Duration::from_secs(1);
        async move { if patient && !heard.load(Ordering::Relaxed) { second_look(place).await } else { None } }
    }

    /// One attempt at one place.
    async fn open(&self, place: &Place, steps: &mut Steps) -> Result<Opened, Failure> {
        if self.config.tls.encrypt != Encrypt::Nothing {
            self.security()?; // a file that is missing is found out before anybody is asked
        }
        let login = self.login(place)?;
        let dialled = Instant::now();
        let socket = self.dial(place, steps).await?;
        // The way of an attention, and some.
        let lead = (dialled.elapsed() * 3).max(Duration::from_millis(10));
        let stream = self.secure(socket, place, steps).await?;
        let timeout = steps.timeout();
        let heard = AtomicBool::new(self.config.tls.encrypt != Encrypt::Nothing);
        let (look, patience) = (self.look(place, &heard, steps), patience(steps));
        let work = async {
            let stream = self.announce(stream, place, &heard, patience).await?;
            let (wire, handle) = line(stream, self.version());
            match enter(login, wire, &handle).await? {
                Ok(client) => {
                    let learned = Arc::clone(&self.learned);
                    Ok(Opened::Session(Box::new(MssqlSession::new(client, handle, learned, (lead, timeout)))))
                }
                Err(elsewhere) => Ok(Opened::Elsewhere(elsewhere)),
            }
        };
        steps.run_or_look(Phase::Auth, work, look).await
    }

    /// PRELOGIN where it did not come before TLS.
    async fn announce(
        &self,
        stream: Stream,
        place: &Place,
        heard: &AtomicBool,
        patience: Duration,
    ) -> Result<Stream, Failure> {
        match (stream, self.config.tls.encrypt) {
            (Stream::Plain(mut tunnel), Encrypt::Nothing) => {
                self.negotiate(&mut tunnel, place, heard, patience).await?;
                Ok(Stream::Plain(tunnel))
            }
            (Stream::Secure(mut stream), Encrypt::Strict) => {
                self.negotiate(&mut stream, place, heard, patience).await?;
                Ok(Stream::Secure(stream))
            }
            (stream, _) => Ok(stream),
        }
    }

    fn login(&self, place: &Place) -> Result<tiberius::Config, Failure> {
        let Some(user) = &self.config.user else {
            return Err(Failure::new(Class::Config, "no user is given")
                .advise("write sqlserver://user@host: dbprobe logs in by name and password")
                .in_phase(Phase::Configure));
        };
        let mut login = tiberius::Config::new();
        login.host(&place.host);
        login.port(place.port.unwrap_or(PORT));
        login.authentication(AuthMethod::sql_server(user, self.config.password.expose()));
        login.application_name(&self.config.application);
        // The stream comes as secure as it gets, and the core keeps the time.
        login.encryption(EncryptionLevel::NotSupported);
        login.handshake_timeout(None);
        login.command_timeout(None);
        login.lossy_utf16_decoding(true);
        login.readonly(self.config.read_only_intent);
        if let Some(database) = &self.config.database {
            login.database(database);
        }
        if let Some(workstation) = &self.config.workstation {
            login.client_name(workstation);
        }
        if let Some(size) = self.config.packet_size {
            login.packet_size(size);
        }
        Ok(login)
    }
}

/// How long a hang-up may be looked into: what was found out first must be told, whatever comes of it.
fn patience(steps: &Steps) -> Duration {
    (steps.remaining() / 2).min(Duration::from_secs(1))
}

/// Logs in, or is sent elsewhere.
async fn enter(login: tiberius::Config, wire: Wire, handle: &Handle) -> Result<Result<Client<Wire>, Place>, Failure> {
    let work = async {
        match Client::connect(login, wire).await {
            Ok(client) => Ok(Ok(client)),
            Err(Error::Routing { host, port }) => Ok(Err((host, port))),
            Err(error) => Err(error),
        }
    };
    match driven(handle, work).await? {
        Ok(client) => Ok(Ok(client)),
        Err((host, port)) => {
            // Azure writes `host\instance` where the port is enough.
            let host = host.split('\\').next().unwrap_or_default().to_owned();
            Ok(Err(Place { host, port: Some(port), instance: None }))
        }
    }
}

/// Looks on a second connection who it is that says nothing: an HTTP or Redis server waits for the end of a line, which
/// PRELOGIN does not have. SQL Server notes an invalid packet in its log and hangs up.
async fn second_look(place: &Place) -> Option<Failure> {
    let addresses = resolve(&place.host, place.port.unwrap_or(PORT)).await.ok()?;
    let mut socket = dial(&addresses).await.ok()?;
    socket.write_all(b"OPTIONS * HTTP/1.0\r\n\r\n").await.ok()?;
    let mut beginning = [0; 64];
    let count = socket.read(&mut beginning).await.ok()?;
    let known = !matches!(beginning[..count].first(), None | Some(&ANSWER));
    known.then(|| not_tds(whose(&beginning[..count])))
}

#[async_trait]
impl Driver for MssqlDriver {
    fn target(&self) -> &Target {
        &self.config.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        steps.begin_attempt(1, self.config.connect_timeout);
        self.dial(&self.place(), steps).await.map(drop)
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let mut place = self.place();
        for _ in 0..=REDIRECTIONS {
            steps.begin_attempt(1, self.config.connect_timeout);
            match self.open(&place, steps).await? {
                Opened::Session(session) => return Ok(session),
                Opened::Elsewhere(next) => {
                    let message = format!("the server sends this client on to {}", next.endpoint().authority());
                    let failure = Failure::new(Class::RoleMismatch, message).in_phase(Phase::Auth);
                    steps.give_up(
                        place.endpoint().authority(),
                        failure.advise("no harm: a gateway or a listener does that"),
                    );
                    place = next;
                }
            }
        }
        let message = format!("the server has sent this client on more than {REDIRECTIONS} times");
        Err(Failure::new(Class::Protocol, message)
            .advise("the routing of the gateway or of the availability group goes in a circle: check its list")
            .in_phase(Phase::Auth))
    }

    fn setup(&self, options: &SetupOptions) -> Option<Setup> {
        Some(sql::setup(options))
    }
}
