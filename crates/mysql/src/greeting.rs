//! The server's first packet.

use dbprobe_core::{Class, Failure};
use mysql_common::constants::CapabilityFlags;
use mysql_common::io::ParseBuf;

use crate::classify::{not_mysql, refused};
use crate::peer::{is_mysql, whose};
use crate::wire::Wire;

/// What a server says first (protocol documentation, "Protocol::HandshakeV10").
#[derive(Clone, Debug)]
pub(crate) struct Greeting {
    pub(crate) version: String,
    /// The session's number, cut to 32 bits, or a proxy's own.
    pub(crate) number: u32,
    pub(crate) capabilities: CapabilityFlags,
    /// The challenge, 20 bytes.
    pub(crate) nonce: Vec<u8>,
    /// The plugin that most accounts use, by the server's default.
    pub(crate) plugin: Vec<u8>,
}

/// What came in the place of a greeting.
pub(crate) enum Hello {
    Greeting(Greeting),
    /// The server turns everybody, or this host, away.
    Refused(Failure),
}

impl Greeting {
    pub(crate) fn offers_tls(&self) -> bool {
        self.capabilities.contains(CapabilityFlags::CLIENT_SSL)
    }

    /// MariaDB writes its name into its version, behind a `5.5.5-` for old replicas.
    pub(crate) fn is_mariadb(&self) -> bool {
        self.version.contains("MariaDB")
    }

    fn read(packet: &[u8]) -> Option<Self> {
        let mut packet = ParseBuf(packet);
        packet.checked_eat_u8().filter(|protocol| *protocol == 10)?;
        let end = packet.0.iter().position(|byte| *byte == 0)?;
        let version = String::from_utf8_lossy(packet.checked_eat(end)?).into_owned();
        packet.checked_eat(1)?;
        let number = packet.checked_eat_u32_le()?;
        let mut nonce = packet.checked_eat(8)?.to_vec();
        packet.checked_eat(1)?;
        let low = packet.checked_eat_u16_le()?;
        packet.checked_eat(3)?; // character set and status
        let high = packet.checked_eat_u16_le()?;
        let length = usize::from(packet.checked_eat_u8()?);
        packet.checked_eat(10)?;
        let capabilities = CapabilityFlags::from_bits_truncate(u32::from(low) | u32::from(high) << 16);
        if capabilities.contains(CapabilityFlags::CLIENT_SECURE_CONNECTION) {
            nonce.extend_from_slice(packet.checked_eat(length.saturating_sub(8).max(13))?);
        }
        nonce.resize(20, 0); // without its final zero
        let plugin = packet.0.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        Some(Self { version, number, capabilities, nonce, plugin })
    }
}

/// Waits for the server's first packet.
///
/// # Errors
/// Class `protocol` where the peer says something else; those of the socket.
pub(crate) async fn greet(wire: &mut Wire) -> Result<Hello, Failure> {
    let beginning = wire.peek(5).await?;
    if !is_mysql(beginning) {
        return Err(not_mysql(whose(beginning)));
    }
    let packet = wire.read().await?;
    if packet.first() == Some(&0xff) {
        // The server has said its last word, and so have we.
        wire.leave_with(crate::wire::Leaving::Silently);
        return Ok(Hello::Refused(refused(&packet)));
    }
    let greeting = Greeting::read(&packet).ok_or_else(|| not_mysql("the peer's greeting cannot be read"))?;
    let needed = CapabilityFlags::CLIENT_PROTOCOL_41 | CapabilityFlags::CLIENT_SECURE_CONNECTION;
    if !greeting.capabilities.contains(needed) {
        return Err(Failure::new(Class::Unsupported, "the server is older than MySQL 4.1")
            .advise("dbprobe speaks the protocol of MySQL 5.7 and MariaDB 10.1, and later"));
    }
    Ok(Hello::Greeting(greeting))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MYSQL: &[u8] = b"\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0";

    #[test]
    fn a_greeting_is_read_field_by_field() {
        let greeting = Greeting::read(MYSQL).expect("a greeting");
        assert_eq!((greeting.version.as_str(), greeting.number), ("8.0.36", 8));
        assert_eq!(greeting.nonce, b"abcdefghijklmnopqrst");
        assert_eq!(greeting.plugin, b"caching_sha2_password");
        assert!(greeting.offers_tls() && !greeting.is_mariadb());
    }

    #[test]
    fn a_greeting_cut_anywhere_is_none_and_no_panic() {
        for end in 0..MYSQL.len() - 22 {
            assert!(Greeting::read(&MYSQL[..end]).is_none(), "{end}");
        }
        for length in 0..=255 {
            let mut odd = MYSQL.to_vec();
            odd[28] = length;
            let _ = Greeting::read(&odd);
        }
    }
}
