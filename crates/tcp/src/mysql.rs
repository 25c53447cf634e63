//! How to leave a MySQL or MariaDB server without being held against the host.
//!
//! Whoever connects and hangs up before the handshake is over adds to the host's `max_connect_errors`, and after 100 of
//! them the server refuses the whole host with error 1129 until somebody flushes it (MySQL reference manual,
//! "host_cache"). A login that is refused ends the handshake and does not count.

use std::io;

use dbprobe_core::Failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::classify::refusal;
use crate::lines::SHOWN;
use crate::protocol::Protocol;

/// No account of that name exists: a hyphen is rare in one, and the server's log shows who asked.
const USER: &[u8] = b"dbprobe-tcp";
const PLUGIN: &[u8] = b"mysql_native_password";
/// `CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH` (MySQL, "Capabilities Flags").
const CAPABILITIES: u32 = 0x0000_0200 | 0x0000_8000 | 0x0008_0000;
/// `utf8mb4_general_ci`, which every version has.
const COLLATION: u8 = 45;
/// The longest packet that is read here; a greeting has about a hundred bytes.
const LONGEST: usize = 4096;
/// `MYSQL_ERRMSG_SIZE`.
const LONGEST_MESSAGE: usize = 512;
/// An authentication goes back and forth a few times at the most.
const TURNS: usize = 4;

/// The length of the first packet with its header, once that is there.
pub(crate) fn length(heard: &[u8]) -> Option<usize> {
    let [low, middle, high, ..] = heard else { return None };
    Some(4 + usize::from(*low) + (usize::from(*middle) << 8) + (usize::from(*high) << 16))
}

/// The version in a greeting, as the server says it, where it is a word of some length and not an attack on a terminal.
/// MariaDB up to 10.11 puts `5.5.5-` before it for old replicas.
pub(crate) fn version(greeting: &[u8]) -> Option<String> {
    let text = greeting.get(5..)?.split(|byte| *byte == 0).next()?;
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix("5.5.5-").filter(|rest| rest.contains("MariaDB")).unwrap_or(text);
    let is_word = text.len() <= SHOWN && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (is_word && text.starts_with(|c: char| c.is_ascii_digit())).then(|| text.to_owned())
}

/// The refusal in the place of a greeting, if it is one (`ERR_Packet`).
pub(crate) fn refused(greeting: &[u8]) -> Option<Failure> {
    let [_, _, _, _, 0xff, low, high, message @ ..] = greeting else { return None };
    let code = u16::from_le_bytes([*low, *high]);
    let text = String::from_utf8_lossy(message);
    let message: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect();
    Some(refusal(Protocol::Mysql, &code.to_string(), &message))
}

/// Answers the greeting that was heard as a user who does not exist, and waits for the refusal.
pub(crate) async fn leave(stream: &mut TcpStream) -> io::Result<()> {
    send(stream, 1, &login()).await?;
    for _ in 0..TURNS {
        let (number, packet) = receive(stream).await?;
        match packet.first() {
            // OK: an anonymous account let us in. COM_QUIT.
            Some(0x00) => return send(stream, 0, &[0x01]).await,
            // AuthSwitchRequest and AuthMoreData: there is no password, whichever way it is to be said.
            Some(0xfe | 0x01) => send(stream, number.wrapping_add(1), &[]).await?,
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// `Protocol::HandshakeResponse41` without a password.
fn login() -> Vec<u8> {
    let mut packet = Vec::with_capacity(96);
    packet.extend_from_slice(&CAPABILITIES.to_le_bytes());
    packet.extend_from_slice(&0x0100_0000_u32.to_le_bytes());
    packet.push(COLLATION);
    packet.extend_from_slice(&[0; 23]);
    packet.extend_from_slice(USER);
    packet.extend_from_slice(&[0, 0]); // the name's end, and an answer of no bytes
    packet.extend_from_slice(PLUGIN);
    packet.push(0);
    packet
}

async fn send(stream: &mut TcpStream, number: u8, payload: &[u8]) -> io::Result<()> {
    let [low, middle, high, _] = u32::try_from(payload.len()).unwrap_or_default().to_le_bytes();
    stream.write_all(&[&[low, middle, high, number], payload].concat()).await
}

async fn receive(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).await?;
    let length = length(&header).map_or(0, |length| length - header.len());
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut packet = vec![0; length];
    stream.read_exact(&mut packet).await?;
    Ok((header[3], packet))
}

#[cfg(test)]
mod tests {
    use dbprobe_core::Class;

    use super::*;

    #[test]
    fn a_greeting_tells_the_version() {
        for (greeting, told) in [
            (
                b"\x5d\0\0\0\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\0\x08\0\0\0".as_slice(),
                Some("10.11.6-MariaDB-0+deb12u1"),
            ),
            (b"\x4a\0\0\0\x0a8.0.36\0", Some("8.0.36")),
            (b"\x4a\0\0\0\x0a5.5.5-m1\0", Some("5.5.5-m1")),
            (b"\x4a\0\0\0\x0a\xff\0", None),
            (b"\x4a\0\0\0\x0a8.0\x1b[31m\0", None),
            (&[b"\x4a\0\0\0\x0a8.0".as_slice(), &[b'1'; SHOWN], b"\0"].concat(), None),
            (b"\x4a\0\0\0", None),
        ] {
            assert_eq!(version(greeting).as_deref(), told);
        }
    }

    #[test]
    fn an_error_in_the_place_of_a_greeting_is_a_refusal() {
        let seen = refused(b"\x17\0\0\0\xff\x10\x04Too many\x1b[31m connections").expect("a refusal");
        assert_eq!((seen.class, seen.code.as_deref()), (Class::Overloaded, Some("1040")));
        assert_eq!(seen.message, "the server lets nobody in: Too many[31m connections");
        assert!(refused(b"\x4a\0\0\0\x0a8.0.36\0").is_none());
        let endless = refused(&[b"\x00\x10\0\0\xff\x10\x04".as_slice(), &[b'x'; 4096]].concat()).expect("a refusal");
        assert!(endless.message.len() < 600, "{} characters", endless.message.len());
    }
}
