//! Who is there when it is not HTTP, told by the first bytes.

/// How an answer begins (RFC 9112, section 4).
const BEGINNING: &[u8] = b"HTTP/";

/// Whether an answer may begin like this.
pub(crate) fn may_be_http(beginning: &[u8]) -> bool {
    let length = beginning.len().min(BEGINNING.len());
    beginning[..length] == BEGINNING[..length]
}

/// Who says this, in words, and what to do next. A peer's own bytes are never repeated.
pub(crate) fn whose(beginning: &[u8]) -> (&'static str, &'static str) {
    match beginning {
        // A record with an alert or a handshake (RFC 8446, section 5.1).
        [0x15 | 0x16, 3, ..] => ("a server that speaks TLS answers here", "write `https://`"),
        // A SETTINGS frame on stream 0 (RFC 9113, section 6.5).
        [0, _, _, 4, 0 | 1, 0, 0, 0, 0, ..] => {
            ("a server that speaks HTTP/2 only answers here", "let the server speak HTTP/1.1 as well")
        }
        // Three bytes of length, sequence 0, protocol 10 (or an error packet).
        [_, _, 0, 0, 10 | 0xff, ..] => ("a MySQL or MariaDB server answers here", "write `mysql://`"),
        [b'-' | b'+', ..] => ("a Redis server, it seems, answers here", "write `redis://`"),
        [b'2', b'2', b'0', ..] => ("an SMTP or FTP server answers here", PORT),
        [b'S', b'S', b'H', ..] => ("an SSH server answers here", PORT),
        _ => ("something that does not speak HTTP answers here", PORT),
    }
}

const PORT: &str = "check the port: 80 is the usual one of `http`, 443 that of `https`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_may_come_in_pieces() {
        assert!(may_be_http(b"") && may_be_http(b"H") && may_be_http(b"HTTP/1.1 200 OK"));
        assert!(!may_be_http(b"SSH-2.0") && !may_be_http(b"HTTQ") && !may_be_http(b"http/1.1"));
    }

    #[test]
    fn peers_are_told_by_their_first_bytes() {
        for (beginning, words) in [
            (b"\x15\x03\x01\0\x02\x02F".as_slice(), "TLS"),
            (b"\0\0\x12\x04\0\0\0\0\0\0\x03", "HTTP/2"),
            (b"J\0\0\0\x0a8.0.36", "MySQL"),
            (b"-ERR wrong number", "Redis"),
            (b"220 mail ESMTP", "SMTP"),
            (b"SSH-2.0-OpenSSH_9.2", "SSH"),
            (b"hunter2", "something"),
        ] {
            let (who, advice) = whose(beginning);
            assert!(who.contains(words) && !who.contains("hunter2") && !advice.is_empty(), "{who}");
        }
    }
}
