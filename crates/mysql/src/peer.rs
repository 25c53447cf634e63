//! Who is there when it is not MySQL, told by the first bytes.

/// Whether these are the first bytes of a MySQL server: a packet of its first number with a greeting of protocol 10, or
/// an error.
pub(crate) fn is_mysql(beginning: &[u8]) -> bool {
    matches!(beginning, [_, _, 0, 0, 10 | 0xff, ..])
}

/// Who says this, in words. A peer's own bytes are never repeated.
pub(crate) fn whose(beginning: &[u8]) -> String {
    let peer = match beginning {
        [b'H', b'T', b'T', b'P', ..] | [b'<', ..] => "an HTTP server",
        [_, _, 0, 0, 9, ..] => "a MySQL server older than 3.21",
        // MySQL's X protocol speaks first, too: a notice (type 11) of five bytes and more.
        [_, 0, 0, 0, 11, ..] => "MySQL's X protocol, whose port is 33060,",
        [b'-' | b'+', ..] => "a Redis or POP3 server, it seems,",
        [b'2', b'2', b'0', ..] | [b'5', b'5', b'4', ..] => "an SMTP or FTP server",
        [b'S', b'S', b'H', ..] => "an SSH server",
        [b'R' | b'E', 0, 0, ..] | [b'S' | b'N'] => "a PostgreSQL server",
        [b'*', b' ', b'O', b'K', ..] => "an IMAP server",
        [0x15, 3, ..] => "a TLS server that does not speak MySQL",
        [b'A', b'M', b'Q', b'P', ..] => "an AMQP server",
        _ => "something that does not speak MySQL",
    };
    format!("{peer} answers here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_told_by_their_first_bytes() {
        assert!(is_mysql(b"J\0\0\0\x0a8.0.36") && is_mysql(b"\x10\0\0\0\xff\x10\x04Too many"));
        assert!(!is_mysql(b"SSH-2.0-OpenSSH_9.2\r\n") && !is_mysql(b"J\0\0\0"));
        assert_eq!(whose(b"HTTP/1.1 400 Bad Request\r\n"), "an HTTP server answers here");
        assert_eq!(whose(b"-ERR unknown command"), "a Redis or POP3 server, it seems, answers here");
        assert_eq!(whose(b"\x00secret"), "something that does not speak MySQL answers here");
    }
}
