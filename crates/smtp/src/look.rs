//! A second look at a peer that says nothing.

use std::net::SocketAddr;
use std::time::Duration;

use dbprobe_core::{Class, Failure};
use dbprobe_net::{Verify, client_config, dial, handshake};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::config::options;

/// Where a silent server is a mail server all the same: it makes strangers wait (Postfix' `postscreen_greet_wait`), and
/// whoever speaks before it does is taken for a spammer. Port 465 is none of these: TLS begins with the client's word.
const MAIL: &[u16] = &[25, 587, 2525];
/// OpenSSL says nothing before it has 11 octets, and hangs up then: they are not TLS.
const WORD: &[u8] = b"NOOP dbprobe\r\n";

/// How an alert of TLS begins (RFC 8446, section 5.1).
const ALERT: &[u8] = &[21, 3];

/// Whether a silent peer on `port` may be spoken to, with `left` of the time.
pub(crate) fn is_allowed(port: u16, left: Duration) -> bool {
    !MAIL.contains(&port) && left >= Duration::from_secs(1)
}

/// Speaks first, on a second connection: a web server or a database answers then or hangs up, a mail server answers in
/// codes, and one that hangs says nothing here, either.
pub(crate) async fn second_look(peer: SocketAddr) -> Option<Failure> {
    let mut stream = dial(&[peer]).await.ok()?;
    stream.write_all(WORD).await.ok()?;
    let mut answer = [0; 3];
    // A reset is a way to hang up, too.
    let count = stream.read(&mut answer).await.unwrap_or_default();
    let heard = answer.get(..count)?;
    if heard.is_empty() && speaks_tls(peer).await {
        return meaning(ALERT);
    }
    meaning(heard)
}

/// Whether the peer takes up TLS with the first byte, whoever it is.
async fn speaks_tls(peer: SocketAddr) -> bool {
    let options = options(Verify::None, None);
    let (Ok(config), Ok(stream)) = (client_config(&options), dial(&[peer]).await) else { return false };
    handshake(config, &peer.ip().to_string(), stream).await.is_ok()
}

/// What was `heard` after the first word.
fn meaning(heard: &[u8]) -> Option<Failure> {
    let (class, message, advice) = match heard {
        [21, 3, ..] => (
            Class::Tls,
            "the server speaks TLS from the first byte on this port, and the DSN does not",
            "write `smtps://`",
        ),
        [] => (
            Class::Protocol,
            "the peer does not greet, and hangs up when it is spoken to",
            "check the port: 25 and 587 are SMTP's, and 465 is for `smtps`; a database may be behind this one",
        ),
        digits if digits.iter().all(u8::is_ascii_digit) => return None,
        _ => (
            Class::Protocol,
            "the peer speaks only when spoken to, and then not in SMTP",
            "check the port: 25 and 587 are SMTP's; a web server or a database may be behind this one",
        ),
    };
    Some(Failure::new(class, message).advise(advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_is_told_apart() {
        for (heard, class) in [
            (b"\x15\x03\x01".as_slice(), Some(Class::Tls)),
            (b"", Some(Class::Protocol)),
            (b"HTT", Some(Class::Protocol)),
            (b"521", None),
        ] {
            assert_eq!(meaning(heard).map(|failure| failure.class), class, "{heard:?}");
        }
    }

    #[test]
    fn a_server_that_may_be_waiting_is_not_spoken_to() {
        let second = Duration::from_secs(1);
        assert_eq!([25, 465, 587, 4000].map(|port| is_allowed(port, second)), [false, true, false, true]);
        assert!(!is_allowed(4000, second / 2));
    }
}
