//! Who is there when it is not Redis, told by the first bytes.

/// Whether a peer that answers an opening flight may be Redis: a status, an error, an array or a map (RESP,
/// <https://redis.io/docs/latest/develop/reference/protocol-spec/>).
pub(crate) fn begins_an_answer(byte: u8) -> bool {
    matches!(byte, b'+' | b'-' | b'*' | b'%')
}

/// Whether these bytes come from a server that wants TLS: an alert (RFC 8446, section 5.1).
pub(crate) fn wants_tls(beginning: &[u8]) -> bool {
    beginning.starts_with(&[0x15, 3])
}

/// Who says this, in words. A peer's own bytes are never repeated.
pub(crate) fn whose(beginning: &[u8]) -> String {
    let peer = match beginning {
        [b'H', ..] if b"HTTP/".starts_with(&beginning[..beginning.len().min(5)]) => "an HTTP server",
        // A MySQL greeting: three bytes of length, sequence 0, protocol 10 (or an error packet).
        [_, _, 0, 0, 10 | 0xff, ..] => "a MySQL or MariaDB server",
        [b'E', 0, 0, ..] | [b'E', b'F', b'A', b'T', ..] => "a PostgreSQL server, it seems,",
        [b'2', b'2', b'0', ..] => "an SMTP or FTP server",
        [b'S', b'S', b'H', ..] => "an SSH server",
        _ => "something that does not speak Redis' protocol",
    };
    format!("{peer} answers here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_told_by_their_first_bytes() {
        assert_eq!(whose(b"HTTP/1.1 400 Bad Request\r\n"), "an HTTP server answers here");
        assert_eq!(whose(b"J\0\0\0\x0a8.0.36"), "a MySQL or MariaDB server answers here");
        assert_eq!(whose(b"SSH-2.0-OpenSSH"), "an SSH server answers here");
        assert_eq!(whose(b"\x00secret"), "something that does not speak Redis' protocol answers here");
    }

    #[test]
    fn a_tls_alert_is_told_from_a_status() {
        assert!(wants_tls(b"\x15\x03\x01\0\x02\x02F") && !wants_tls(b"+OK"));
        assert!(begins_an_answer(b'-') && !begins_an_answer(b'H') && !begins_an_answer(0x15));
    }
}
