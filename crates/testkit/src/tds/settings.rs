//! How a peer behaves: encryption, identity, limits, and what it does wrong on purpose.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What the server says about encryption ([MS-TDS] 2.2.6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// It has no certificate: `ENCRYPT_NOT_SUP`. A client that needs encryption is refused.
    NotSupported,
    /// It encrypts the login, and the rest where the client wants it: `ENCRYPT_OFF`, the default of SQL Server.
    Off,
    /// It encrypts everything: `ENCRYPT_ON`.
    On,
    /// It encrypts everything and refuses who cannot: `ENCRYPT_REQ`, "Force Encryption".
    Required,
    /// TLS before everything else, with ALPN `tds/8.0`: TDS 8.0, "Force Strict Encryption".
    Strict,
}

/// The certificate that the server shows.
#[derive(Clone)]
pub struct Identity {
    /// The certificate and those between it and its authority, as PEM.
    pub chain: String,
    /// The private key, as PEM.
    pub key: String,
}

impl Identity {
    /// A certificate chain and its key, both as PEM.
    pub fn new(chain: impl Into<String>, key: impl Into<String>) -> Self {
        Self { chain: chain.into(), key: key.into() }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("chain", &self.chain).finish_non_exhaustive()
    }
}

/// How a peer behaves from its start on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What it says about encryption.
    pub encryption: Encryption,
    /// Its certificate. `None`: one made for this peer alone, signed by itself, for `localhost` and 127.0.0.1.
    pub identity: Option<Identity>,
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// The server's name, as in `@@SERVERNAME` and in error messages.
    pub server: String,
    /// The program's name in LOGINACK.
    pub program: String,
    /// Major, minor and build: 16.0.4135 is SQL Server 2022.
    pub version: (u8, u8, u16),
    /// The name of the instance; a client that asks PRELOGIN for another one is told so.
    pub instance: String,
    /// More logins than this are refused with error 17809, and the connection is closed.
    pub max_sessions: Option<usize>,
    /// The largest packet it agrees to, 512 to 32,767 bytes.
    pub max_packet_size: u16,
    /// How long a client may take until it is logged in.
    pub login_limit: Duration,
    /// What it does wrong.
    pub fault: Option<Fault>,
}

impl Settings {
    /// SQL Server 2022 on any port of 127.0.0.1, without limits or faults.
    pub fn new(encryption: Encryption) -> Self {
        Self {
            encryption,
            identity: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            server: "PEER".to_owned(),
            program: "Microsoft SQL Server".to_owned(),
            version: (16, 0, 4135),
            instance: "MSSQLSERVER".to_owned(),
            max_sessions: None,
            max_packet_size: 32_767,
            login_limit: Duration::from_secs(60),
            fault: None,
        }
    }

    /// With this certificate.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// With at most `count` sessions.
    #[must_use]
    pub fn max_sessions(mut self, count: usize) -> Self {
        self.max_sessions = Some(count);
        self
    }

    /// With something wrong.
    #[must_use]
    pub fn fault(mut self, stage: Stage, damage: Damage) -> Self {
        self.fault = Some(Fault { stage, damage });
        self
    }
}

/// What a peer does wrong, and when.
#[derive(Clone, Debug)]
pub struct Fault {
    /// When.
    pub stage: Stage,
    /// What.
    pub damage: Damage,
}

/// Where on a connection's way a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before the client has said anything.
    Accept,
    /// In the place of the answer to PRELOGIN.
    Prelogin,
    /// In the place of the TLS handshake.
    Tls,
    /// In the place of the answer to LOGIN7.
    Login,
    /// In the place of the answer to a request.
    Request,
}

/// How an answer is broken. At the stages `Accept` and `Tls` there is no answer yet: what needs one closes there.
#[derive(Clone)]
pub enum Damage {
    /// The connection is closed.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing is sent, and what the client sends is not read.
    Silence,
    /// These bytes instead, as another protocol would send them; what follows is read and dropped.
    Bytes(Vec<u8>),
    /// The packets of the answer have this type.
    PacketType(u8),
    /// The header of the first packet of the answer says this length, whatever it has.
    PacketLength(u16),
    /// The answer ends after so many bytes, properly framed, in the middle of whatever stands there.
    Truncate(usize),
    /// So many bytes of the answer's bytes on the wire are sent, then the connection is closed.
    Cut(usize),
    /// The last packet does not say that it is the last, and nothing follows.
    NoEnd,
    /// The answer's packets are sent over and over, and none says that it is the last.
    Flood,
    /// The tokens of the answer, as this makes them.
    Tamper(Tamper),
}

/// Makes another answer of an answer; both without packet headers.
pub type Tamper = Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;

impl fmt::Debug for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Close => f.write_str("Close"),
            Self::Reset => f.write_str("Reset"),
            Self::Silence => f.write_str("Silence"),
            Self::Bytes(bytes) => f.debug_tuple("Bytes").field(bytes).finish(),
            Self::PacketType(kind) => f.debug_tuple("PacketType").field(kind).finish(),
            Self::PacketLength(length) => f.debug_tuple("PacketLength").field(length).finish(),
            Self::Truncate(count) => f.debug_tuple("Truncate").field(count).finish(),
            Self::Cut(count) => f.debug_tuple("Cut").field(count).finish(),
            Self::NoEnd => f.write_str("NoEnd"),
            Self::Flood => f.write_str("Flood"),
            Self::Tamper(_) => f.write_str("Tamper"),
        }
    }
}
