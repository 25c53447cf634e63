//! The client that the engine uses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_testkit::tds::{Encryption, Peer, Settings};
use tiberius::{AuthMethod, Client, Config, EncryptionLevel};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};

use super::clerk::{Clerk, PASSWORD};

pub(crate) type Session = Client<Compat<TcpStream>>;

/// A peer, and what stands behind it.
pub(crate) async fn peer(settings: Settings) -> (Peer, Arc<Clerk>) {
    let clerk = Arc::new(Clerk::default());
    (Peer::start(settings, Arc::<Clerk>::clone(&clerk)).await, clerk)
}

/// A peer without encryption.
pub(crate) async fn plain() -> (Peer, Arc<Clerk>) {
    peer(Settings::new(Encryption::NotSupported)).await
}

/// A client's settings that work.
pub(crate) fn config(level: EncryptionLevel) -> Config {
    let mut config = Config::new();
    config.host("localhost");
    config.encryption(level);
    config.authentication(AuthMethod::sql_server("app", PASSWORD));
    config.application_name("test");
    config.client_name("desk");
    config.handshake_timeout(Some(Duration::from_secs(10)));
    config.command_timeout(Some(Duration::from_secs(10)));
    config
}

pub(crate) async fn connect(address: SocketAddr, config: Config) -> tiberius::Result<Session> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    Client::connect(config, tcp.compat_write()).await
}

/// A session without encryption.
pub(crate) async fn session(peer: &Peer) -> Session {
    connect(peer.address(), config(EncryptionLevel::NotSupported)).await.expect("a session")
}

/// The only value of a statement.
pub(crate) async fn one<'a, T>(session: &'a mut Session, sql: &str) -> T
where
    T: for<'b> tiberius::FromSql<'b> + Copy,
{
    let rows = session.simple_query(sql).await.expect("an answer").into_first_result().await.expect("rows");
    rows[0].get::<T, _>(0).expect("a value")
}
