//! Who is there when it is not SQL Server, told by the first bytes.

/// Who says this, in words. A peer's own bytes are never repeated.
pub(crate) fn whose(beginning: &[u8]) -> String {
    let peer = match beginning {
        [b'H', ..] if b"HTTP/".starts_with(&beginning[..beginning.len().min(5)]) => "an HTTP server",
        // A MySQL greeting: three bytes of length, sequence 0, protocol 10 (or an error packet).
        [_, _, 0, 0, 10 | 0xff, ..] => "a MySQL or MariaDB server",
        [b'-' | b'+', ..] => "a Redis server, it seems,",
        [b'2', b'2', b'0', ..] => "an SMTP or FTP server",
        [b'S', b'S', b'H', ..] => "an SSH server",
        [b'E' | b'N', ..] => "a PostgreSQL server, it seems,",
        [0x15 | 0x16, 3, ..] => "a server that wants TLS first (encrypt=strict), or none of SQL Server's kind,",
        _ => "something that does not speak TDS",
    };
    format!("{peer} answers here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_told_by_their_first_bytes() {
        assert_eq!(whose(b"HTTP/1.1 400 Bad Request\r\n"), "an HTTP server answers here");
        assert_eq!(whose(b"H"), "an HTTP server answers here");
        assert_eq!(whose(b"J\0\0\0\x0a8.0.36"), "a MySQL or MariaDB server answers here");
        assert_eq!(whose(b"\x00secret"), "something that does not speak TDS answers here");
    }
}
