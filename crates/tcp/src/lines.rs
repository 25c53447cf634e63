//! Protocols of lines: when a greeting is whole, what a refusal is, and how to take leave.

use std::io;

use dbprobe_core::Failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::classify::refusal;
use crate::protocol::Protocol;

/// The most that is shown of what a server says by itself, in characters.
pub(crate) const SHOWN: usize = 120;

/// Whether a greeting in lines is whole: `250-` goes on, `250 ` ends (RFC 5321, section 4.2.1; RFC 959, section 4.2).
pub(crate) fn is_whole(heard: &[u8]) -> bool {
    let Some(body) = heard.strip_suffix(b"\n") else { return false };
    let last = body.rsplit(|byte| *byte == b'\n').next().unwrap_or(body);
    !matches!(last, [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..])
}

/// The refusal that stands in the place of a greeting, if it is one.
pub(crate) fn refused(protocol: Protocol, line: &str) -> Option<Failure> {
    let code = match (protocol, line.as_bytes()) {
        (Protocol::Ftp | Protocol::Smtp, [b'4' | b'5', _, _, ..]) => line.get(..3)?,
        (Protocol::Imap, _) if line.starts_with("* BYE") => "BYE",
        (Protocol::Pop3 | Protocol::Redis, [b'-', ..]) => line.get(1..)?.split(' ').next()?,
        _ => return None,
    };
    Some(refusal(protocol, code, line))
}

/// Says goodbye where the protocol has a word for it, and waits for the answer.
pub(crate) async fn leave(protocol: Protocol, stream: &mut TcpStream) -> io::Result<()> {
    let goodbye: &[u8] = match protocol {
        Protocol::Ftp | Protocol::Pop3 | Protocol::Smtp => b"QUIT\r\n",
        Protocol::Imap => b"a LOGOUT\r\n",
        // A client that hangs up without having said what it is is an error in sshd's log; one that did is a note.
        Protocol::Ssh => b"SSH-2.0-dbprobe\r\n",
        _ => return Ok(()),
    };
    stream.write_all(goodbye).await?;
    // What is left unread would turn the end of the connection into a reset.
    let mut answer = [0; 2048];
    stream.read(&mut answer).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use dbprobe_core::Class;

    use super::*;

    #[test]
    fn a_greeting_ends_with_its_last_line() {
        for (heard, whole) in [
            ("220 mail ESMTP\r\n", true),
            ("220-mail ESMTP\r\n", false),
            ("220-mail ESMTP\r\n220 go on\r\n", true),
            ("220 mail", false),
            ("* OK\r\n", true),
            ("", false),
        ] {
            assert_eq!(is_whole(heard.as_bytes()), whole, "{heard:?}");
        }
    }

    #[test]
    fn a_refusal_has_its_code() {
        for (protocol, line, seen) in [
            (Protocol::Smtp, "421 too many", Some((Class::Overloaded, "421"))),
            (Protocol::Smtp, "554 no", Some((Class::Permission, "554"))),
            (Protocol::Smtp, "220 mail", None),
            (Protocol::Imap, "* BYE overloaded", Some((Class::Overloaded, "BYE"))),
            (Protocol::Redis, "-DENIED Redis is running in protected mode", Some((Class::Permission, "DENIED"))),
            (Protocol::Redis, "-ERR max number of clients reached", Some((Class::Overloaded, "ERR"))),
            (Protocol::Ssh, "SSH-2.0-x", None),
        ] {
            let failure = refused(protocol, line);
            let found = failure.as_ref().map(|failure| (failure.class, failure.code.as_deref().unwrap_or_default()));
            assert_eq!(found, seen, "{line}");
        }
    }
}
