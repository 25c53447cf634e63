//! What stands behind a peer: a test's own idea of a database.

use std::net::SocketAddr;

use async_trait::async_trait;

use super::reply::{Cell, Reply, ServerError};

/// What a client asks for with LOGIN7 ([MS-TDS] 2.2.6.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name of the login.
    pub user: String,
    /// Its password, in the clear: the protocol only scrambles it.
    pub password: String,
    /// The database that it wants; empty for its default.
    pub database: String,
    /// The application's name, as in `program_name`.
    pub application: String,
    /// The client's host, as in `host_name`.
    pub host: String,
    /// The name by which the client knows this server.
    pub server: String,
    /// The client's library.
    pub library: String,
    /// The language it wants; empty for the login's own.
    pub language: String,
    /// A new password, from a client whose password had to be changed.
    pub new_password: String,
    /// `ApplicationIntent=ReadOnly`.
    pub read_only_intent: bool,
    /// Whether it logs in by SSPI; [`Login::user`] is empty then.
    pub integrated: bool,
    /// The identifiers of the features that it asked for ([MS-TDS] 2.2.6.4, FeatureExt).
    pub features: Vec<u8>,
    /// The version of the protocol, as the client wrote it: 0x74000004 is TDS 7.4, 0x08000000 is 8.0.
    pub tds_version: u32,
    /// The packet size that it wants, in bytes.
    pub packet_size: u32,
    /// Whether the connection is encrypted beyond this login.
    pub encrypted: bool,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .field("database", &self.database)
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

/// How a login went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedIn {
    /// The database that is current now.
    pub database: String,
    /// Where the client shall go instead, as Azure and availability groups say it: a host and a port. The connection
    /// ends with it.
    pub routing: Option<(String, u16)>,
    /// What is said besides 5701 and 5703.
    pub messages: Vec<ServerError>,
}

impl LoggedIn {
    /// Logged in to `database`.
    pub fn to(database: impl Into<String>) -> Self {
        Self { database: database.into(), routing: None, messages: Vec::new() }
    }

    /// With another place to go to.
    #[must_use]
    pub fn routed(mut self, host: impl Into<String>, port: u16) -> Self {
        self.routing = Some((host.into(), port));
        self
    }
}

/// One session that is logged in.
#[derive(Clone, Debug)]
pub struct SessionContext {
    /// Its number on this peer, from 51 on, never used twice.
    pub id: u64,
    /// How it logged in.
    pub login: Login,
    /// The client's end.
    pub client: SocketAddr,
}

/// The procedure that a client calls ([MS-TDS] 2.2.6.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Procedure {
    /// One of the well-known ones: 10 is `sp_executesql`.
    Id(u16),
    /// Any other.
    Name(String),
}

/// A parameter of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name with `@`, or nothing.
    pub name: String,
    /// Its value.
    pub value: Cell,
    /// Whether the client wants it back.
    pub output: bool,
}

/// A call of a procedure.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Which.
    pub procedure: Procedure,
    /// With what.
    pub parameters: Vec<Parameter>,
}

/// What a peer's sessions talk to.
///
/// One call at a time is under way for a session; sessions run beside each other.
#[async_trait]
pub trait Database: Send + Sync + 'static {
    /// Lets a client in or says why not. The peer closes the connection after an error.
    ///
    /// Everyone gets in by default, to `master` or to the database that was asked for.
    fn login(&self, login: &Login) -> Result<LoggedIn, Vec<ServerError>> {
        Ok(LoggedIn::to(if login.database.is_empty() { "master" } else { &login.database }))
    }

    /// A session is logged in.
    fn began(&self, session: &SessionContext) {
        let _ = session;
    }

    /// Runs a batch ([MS-TDS] 2.2.6.7). The future is dropped when the client sends an attention or goes.
    async fn batch(&self, session: &SessionContext, sql: &str) -> Vec<Reply>;

    /// Runs a procedure ([MS-TDS] 2.2.6.6). By default `sp_executesql` is [`Database::batch`] with its parameters put
    /// into the text as literals, and there is no other procedure (error 2812).
    async fn rpc(&self, session: &SessionContext, call: &Call) -> Vec<Reply> {
        match call.rendered() {
            Some(sql) => self.batch(session, &sql).await,
            None => vec![Reply::error(2812, 16, "Could not find the stored procedure.")],
        }
    }

    /// A running request was given up by its client: what it held is to be released. Follows the drop of its future.
    fn cancelled(&self, session: &SessionContext) {
        let _ = session;
    }

    /// A client took its session from a pool: it is to be as after its login (`sp_reset_connection`).
    fn reset(&self, session: &SessionContext) {
        let _ = session;
    }

    /// A session is over, for whatever reason: its transaction is to be rolled back, its locks to be released.
    fn ended(&self, session: &SessionContext) {
        let _ = session;
    }
}
