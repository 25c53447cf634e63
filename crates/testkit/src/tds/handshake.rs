//! From the first byte to a session: PRELOGIN, TLS, LOGIN7 ([MS-TDS] 3.3.5.1 to 3.3.5.4).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answer::{State, database_changed, language_changed};
use super::connection::{Connection, Over};
use super::database::{Login, SessionContext};
use super::house::{Place, Session};
use super::login;
use super::packet::{FIRST_SIZE, kind};
use super::prelogin::{Agreed, Prelogin};
use super::settings::{Encryption, Stage};
use super::stream::{Socket, Stream};
use super::token::{Change, End, Tokens, done};

const LANGUAGE: &str = "us_english";

/// The first byte of a TLS handshake: the type of its first record.
const TLS_HANDSHAKE: u8 = 0x16;

/// TDS 8.0 came with SQL Server 2022.
const FIRST_MAJOR_WITH_STRICT: u8 = 16;

/// A session and what belongs to it.
pub(super) struct Admitted {
    pub(super) connection: Connection,
    pub(super) state: State,
    pub(super) version: u32,
    pub(super) session: Session,
}

/// Brings a connection to a session, or to its end.
pub(super) async fn log_in(place: &Place, tcp: Arc<TcpStream>, client: SocketAddr) -> Result<Admitted, Over> {
    let house = &place.house;
    let mut connection = Connection::new(Stream::Plain(Socket(Arc::clone(&tcp))));
    connection.instead(house.damage(Stage::Accept).as_ref()).await?;
    let mut first = [0];
    let strict = tcp.peek(&mut first).await? == 1 && first == [TLS_HANDSHAKE];
    if strict {
        connection.instead(house.damage(Stage::Tls).as_ref()).await?;
        let knows = house.settings.version.0 >= FIRST_MAJOR_WITH_STRICT;
        let tls = house.tls.as_ref().filter(|_| knows).ok_or(Over::Closed)?;
        connection = Connection::new(Stream::Tls(Box::new(tls.strict(Socket(Arc::clone(&tcp))).await?)));
    } else if house.settings.encryption == Encryption::Strict {
        return Err(Over::Closed);
    }

    let message = connection.message().await?;
    if message.kind != kind::PRELOGIN {
        return Err(Over::Closed);
    }
    let (answer, agreed) = Prelogin::read(&message.payload)?.answer(&house.settings, strict);
    connection.answer(answer, house.damage(Stage::Prelogin).as_ref()).await?;
    match agreed {
        Agreed::Nothing => return Err(Over::Closed),
        Agreed::Plain | Agreed::AlreadyStrict => {}
        Agreed::LoginOnly | Agreed::Everything => {
            // What is done instead follows the client's first message, so that nobody reads it with the answer before.
            tcp.peek(&mut first).await?;
            connection.instead(house.damage(Stage::Tls).as_ref()).await?;
            let tls = house.tls.as_ref().ok_or(Over::Closed)?;
            let Stream::Plain(socket) = connection.stream else { return Err(Over::Closed) };
            connection = Connection::new(Stream::Tls(Box::new(tls.inside(socket).await?)));
        }
    }

    let message = connection.message().await?;
    if message.kind != kind::LOGIN7 {
        return Err(Over::Closed);
    }
    if agreed == Agreed::LoginOnly {
        connection = connection.plain();
    }
    let login = login::read(&message.payload, matches!(agreed, Agreed::Everything | Agreed::AlreadyStrict))?;
    answer_login(place, connection, login, client).await
}

async fn answer_login(
    place: &Place,
    mut connection: Connection,
    login: Login,
    client: SocketAddr,
) -> Result<Admitted, Over> {
    let house = &place.house;
    let damage = house.damage(Stage::Login);
    let version = login::version(login.tds_version).ok_or(Over::Closed)?;
    let mut tokens = Tokens::new(version);
    let admitted = match place.room() {
        Ok(()) => house.database.login(&login),
        Err(full) => Err(vec![full]),
    };
    let context = SessionContext { id: place.id, login, client };
    connection.process = u16::try_from(place.id % 65_536).unwrap_or_default();
    let admitted = admitted.and_then(|admitted| {
        let routed = admitted.routing.is_some();
        let session = if routed { None } else { Some(place.log_in(context.clone()).map_err(|full| vec![full])?) };
        Ok((admitted, session))
    });
    let (admitted, session) = match admitted {
        Ok(admitted) => admitted,
        Err(errors) => {
            tokens.refusal(&errors, &house.settings.server);
            connection.answer(tokens.bytes, damage.as_ref()).await?;
            connection.close().await;
            return Err(Over::Closed);
        }
    };

    let server = &house.settings.server;
    let size = agreed_size(context.login.packet_size, house.settings.max_packet_size);
    tokens.change(Change::Database { new: &admitted.database, old: "master" });
    tokens.info(&database_changed(&admitted.database), server);
    tokens.change(Change::Collation);
    tokens.change(Change::Language { new: LANGUAGE, old: "" });
    tokens.info(&language_changed(LANGUAGE), server);
    tokens.login_acknowledged(&house.settings.program, house.settings.version);
    tokens.change(Change::PacketSize { new: size, old: FIRST_SIZE });
    for message in &admitted.messages {
        tokens.info(message, server);
    }
    if let Some((host, port)) = &admitted.routing {
        tokens.change(Change::Routing { host, port: *port });
    }
    tokens.features_acknowledged(&context.login.features);
    tokens.done(End::Statement, done::FINAL, 0, 0);
    connection.answer(tokens.bytes, damage.as_ref()).await?;
    let Some(session) = session else {
        // A routed client closes; so does SQL Server, if the client does not.
        let _ = timeout(Duration::from_secs(10), connection.message()).await;
        return Err(Over::Closed);
    };
    connection.size = size;
    let state =
        State { database: admitted.database, language: LANGUAGE.to_owned(), transaction: None, last_transaction: 0 };
    Ok(Admitted { connection, state, version, session })
}

/// What the client asks for, within limits; 0 asks for the server's own size.
fn agreed_size(asked: u32, most: u16) -> u16 {
    match u16::try_from(asked) {
        Ok(0) => FIRST_SIZE.min(most),
        Ok(asked) => asked.clamp(512, most.max(512)),
        Err(_) => most.max(512),
    }
}
