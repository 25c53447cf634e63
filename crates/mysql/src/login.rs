//! The login: one packet, and whatever the account's plugin asks for beside it.
//!
//! Source: the protocol documentation, "Connection Phase" and "Caching_sha2_password information".

use std::collections::HashMap;

use dbprobe_core::{Class, Failure, Secret};
use mysql_common::constants::CapabilityFlags;
use mysql_common::packets::{AuthPlugin, HandshakeResponse, SslRequest};
use mysql_common::proto::MySerialize;

use crate::classify::{not_mysql, refused};
use crate::farewell;
use crate::greeting::Greeting;
use crate::plugin::{Plugin, encrypted, terminated, unknown};
use crate::wire::{ALLOWANCE, Leaving, Wire};

/// Who logs in, and where to.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) database: Option<String>,
    /// `get-server-public-key`: without TLS the password may go encrypted for a key that the server itself tells.
    pub(crate) trusts_key: bool,
}

impl Credentials {
    fn password(&self) -> &str {
        self.password.as_ref().map_or("", Secret::expose)
    }
}

/// The longest packet that this side takes.
const LONGEST: u32 = ALLOWANCE as u32;
/// `utf8mb4_general_ci`, which every version has.
const COLLATION: u8 = 45;
/// How often a server may ask for something more. The longest login asks three times.
const ROUNDS: usize = 8;

/// What this side can, as far as the server can, too. Rows end with the old EOF packet, which every server and proxy has.
///
/// A request for TLS names the same as the login behind it: servers go by what they hear first.
pub(crate) fn capabilities(greeting: &Greeting, credentials: &Credentials) -> CapabilityFlags {
    let wanted = CapabilityFlags::CLIENT_LONG_FLAG
        | CapabilityFlags::CLIENT_PROTOCOL_41
        | CapabilityFlags::CLIENT_TRANSACTIONS
        | CapabilityFlags::CLIENT_SECURE_CONNECTION
        | CapabilityFlags::CLIENT_MULTI_STATEMENTS
        | CapabilityFlags::CLIENT_MULTI_RESULTS
        | CapabilityFlags::CLIENT_PLUGIN_AUTH
        | CapabilityFlags::CLIENT_CONNECT_ATTRS
        | CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA;
    let mut capabilities = wanted & greeting.capabilities;
    // MariaDB leaves the first bit out to say that it is MariaDB.
    capabilities |= CapabilityFlags::CLIENT_LONG_PASSWORD;
    if credentials.database.is_some() {
        capabilities |= CapabilityFlags::CLIENT_CONNECT_WITH_DB;
    }
    capabilities
}

/// The request for TLS, which comes in the place of a login.
pub(crate) fn tls_request(said: CapabilityFlags) -> Vec<u8> {
    let mut packet = Vec::new();
    SslRequest::new(said, LONGEST, COLLATION).serialize(&mut packet);
    packet
}

/// Logs in.
///
/// # Errors
/// What the server says; class `unsupported` for a plugin that dbprobe does not have; class `tls` where the password would
/// have to go over the network in clear.
pub(crate) async fn log_in(wire: &mut Wire, greeting: &Greeting, credentials: &Credentials) -> Result<(), Failure> {
    let mut plugin = match Plugin::named(&greeting.plugin) {
        Some(Plugin::CachingSha2) => Plugin::CachingSha2,
        _ => Plugin::Native,
    };
    let mut nonce = greeting.nonce.clone();
    let answer = plugin.answer(credentials.password(), &nonce).unwrap_or_default();
    wire.leave_with(Leaving::Silently);
    let capabilities = wire.said().unwrap_or_else(|| capabilities(greeting, credentials));
    wire.write(&response(capabilities, credentials, plugin, answer)).await?;
    for _ in 0..ROUNDS {
        let packet = wire.read().await?;
        match packet.split_first() {
            Some((0x00, _)) => {
                wire.leave_with(Leaving::Quit);
                return Ok(());
            }
            Some((0xff, _)) => return Err(refused(&packet)),
            Some((0xfe, request)) => {
                let (name, challenge) = switch(request);
                let Some(wanted) = Plugin::named(name) else { return give_up(wire, unknown(name)).await };
                plugin = wanted;
                nonce = challenge.to_vec();
                match plugin.answer(credentials.password(), &nonce) {
                    Some(answer) => wire.write(&answer).await?,
                    None => send_password(wire, plugin, &nonce, credentials).await?,
                }
            }
            // Of `caching_sha2_password`: 3 is "known, and right", with the last word to come; 4 asks for the password.
            Some((0x01, [3])) if plugin == Plugin::CachingSha2 => {}
            Some((0x01, [4])) if plugin == Plugin::CachingSha2 => {
                send_password(wire, plugin, &nonce, credentials).await?;
            }
            _ => return Err(not_mysql("the server's part of the login cannot be read")),
        }
    }
    Err(not_mysql("the server never stops asking for another login"))
}

fn response(capabilities: CapabilityFlags, credentials: &Credentials, plugin: Plugin, answer: Vec<u8>) -> Vec<u8> {
    let attributes = capabilities.contains(CapabilityFlags::CLIENT_CONNECT_ATTRS).then(|| {
        let pairs = [
            ("program_name", "dbprobe".to_owned()),
            ("_client_name", "dbprobe".to_owned()),
            ("_client_version", env!("CARGO_PKG_VERSION").to_owned()),
            ("_pid", std::process::id().to_string()),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<HashMap<_, _>>()
    });
    let plugin = match plugin {
        Plugin::CachingSha2 => AuthPlugin::CachingSha2Password,
        _ => AuthPlugin::MysqlNativePassword,
    };
    let plugin = capabilities.contains(CapabilityFlags::CLIENT_PLUGIN_AUTH).then_some(plugin);
    let mut packet = Vec::new();
    HandshakeResponse::new(
        Some(answer),
        (8, 0, 0), // only whether there is utf8mb4
        Some(credentials.user.as_bytes()),
        credentials.database.as_ref().map(|name| name.as_bytes()),
        plugin,
        capabilities,
        attributes,
        LONGEST,
    )
    .serialize(&mut packet);
    packet
}

/// The plugin and the challenge of a request to switch; an empty one is that of the days before plugins.
fn switch(request: &[u8]) -> (&[u8], &[u8]) {
    if request.is_empty() {
        return (b"mysql_old_password", b"");
    }
    let end = request.iter().position(|byte| *byte == 0).unwrap_or(request.len());
    let challenge = request.get(end + 1..).unwrap_or_default();
    (&request[..end], challenge.strip_suffix(b"\0").unwrap_or(challenge))
}

/// Sends the password itself: as it is where nobody can read along, else encrypted for the server's key.
async fn send_password(
    wire: &mut Wire,
    plugin: Plugin,
    nonce: &[u8],
    credentials: &Credentials,
) -> Result<(), Failure> {
    let password = credentials.password();
    if wire.is_private() {
        return wire.write(&terminated(password)).await;
    }
    let Some(request) = plugin.asks_for_key() else { return give_up(wire, in_clear()).await };
    if !credentials.trusts_key {
        return give_up(wire, key_not_trusted()).await;
    }
    wire.write(&[request]).await?;
    let packet = wire.read().await?;
    match packet.split_first() {
        Some((0x01, pem)) => wire.write(&encrypted(password, nonce, pem)?).await,
        Some((0xff, _)) => Err(refused(&packet)),
        _ => Err(not_mysql("the server does not tell its public key")),
    }
}

/// Ends a login that cannot succeed as the server expects it to: with an answer, even though an empty one. A
/// connection that just ends here would be held against this host.
async fn give_up<T>(wire: &mut Wire, why: Failure) -> Result<T, Failure> {
    wire.write(&[]).await?;
    let _ = wire.read().await;
    Err(why)
}

/// Logs in as nobody and leaves: see [`farewell`]. What the server makes of it is not our business.
pub(crate) async fn say_goodbye(wire: &mut Wire) {
    if wire.write(&farewell::login(wire.said())).await.is_err() {
        return;
    }
    wire.leave_with(Leaving::Silently);
    for _ in 0..ROUNDS {
        let Ok(packet) = wire.read().await else { return };
        // An error is the end; whatever else it asks for gets an empty answer.
        if matches!(packet.first(), None | Some(0x00 | 0xff)) || wire.write(&[]).await.is_err() {
            return;
        }
    }
}

fn in_clear() -> Failure {
    Failure::new(Class::Tls, "the account's plugin wants the password in clear, which is not sent without TLS")
        .advise("use TLS (ssl-mode=REQUIRED) or the server's Unix socket")
}

fn key_not_trusted() -> Failure {
    Failure::new(Class::Tls, "without TLS the password would go out for a public key that nobody vouches for")
        .code("2061")
        .advise("use TLS (ssl-mode=REQUIRED), or leave `get-server-public-key=false` out of the DSN")
}
