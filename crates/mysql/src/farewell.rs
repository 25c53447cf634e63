//! A goodbye to a server to which nobody logged in.
//!
//! A connection that ends in the middle of its login is held against this host (`host_cache.SUM_CONNECT_ERRORS`); after
//! `max_connect_errors` of them, 100 by default, MySQL lets nobody in from here. A login that is refused is not. So
//! whoever leaves early logs in as a user who does not exist, and is refused.

use mysql_common::constants::CapabilityFlags;

/// Who says goodbye: what the server's log and `COUNT_AUTHENTICATION_ERRORS` show. It must be nobody's name, or it would
/// count as that account's failed login.
const USER: &[u8] = b"dbprobe.goodbye";

/// The length of the packet: its two low bytes, which come first on the wire, are `X` and a line feed. MySQL takes the
/// whole for a login; a server that reads lines, such as HTTP or Redis, hears an unknown command and says who it is.
const LENGTH: usize = 0x0a58;

/// What is said without TLS.
const PLAIN: CapabilityFlags = CapabilityFlags::CLIENT_LONG_PASSWORD
    .union(CapabilityFlags::CLIENT_PROTOCOL_41)
    .union(CapabilityFlags::CLIENT_SECURE_CONNECTION)
    .union(CapabilityFlags::CLIENT_PLUGIN_AUTH);

/// `HandshakeResponse41` (protocol documentation, "Protocol::HandshakeResponse41") with an empty answer to the server's
/// challenge: no password is judged, in no plugin. What follows the last field is not read.
///
/// `said` are the capabilities that a request for TLS before it named: servers go by the first ones that they hear.
pub(crate) fn login(said: Option<CapabilityFlags>) -> Vec<u8> {
    let capabilities = said.unwrap_or(PLAIN);
    let mut packet = Vec::with_capacity(LENGTH);
    packet.extend_from_slice(&capabilities.bits().to_le_bytes());
    packet.extend_from_slice(&(1_u32 << 20).to_le_bytes()); // the longest packet
    packet.push(45); // utf8mb4_general_ci
    packet.extend_from_slice(&[0; 23]);
    packet.extend_from_slice(USER);
    packet.extend_from_slice(&[0, 0]); // the end of the name, and an answer of no bytes
    if capabilities.contains(CapabilityFlags::CLIENT_CONNECT_WITH_DB) {
        packet.push(0); // no database
    }
    packet.extend_from_slice(b"mysql_native_password\0");
    packet.resize(LENGTH, 0);
    packet
}

/// The login with the packet number `sequence`, and behind it an empty packet: should the server ask for another plugin,
/// that is the answer. Sent by whoever cannot wait for either.
pub(crate) fn all_at_once(sequence: u8, said: Option<CapabilityFlags>) -> Vec<u8> {
    let login = login(said);
    let mut bytes = Vec::with_capacity(login.len() + 8);
    bytes.extend_from_slice(&[(LENGTH & 0xff) as u8, (LENGTH >> 8) as u8, 0, sequence]);
    bytes.extend_from_slice(&login);
    bytes.extend_from_slice(&[0, 0, 0, sequence.wrapping_add(2)]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_one_that_nobody_understands() {
        let bytes = all_at_once(1, None);
        assert_eq!(&bytes[..4], b"X\n\0\x01");
        assert_eq!(bytes.len(), 4 + LENGTH + 4);
    }
}
