//! Protocols that can be told apart by who speaks first, and by what is said.

use std::time::Duration;

/// What speaks on a port, as far as its first words tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Ftp,
    Http,
    Imap,
    Mongodb,
    Mssql,
    Mysql,
    /// MySQL's second protocol, on port 33060.
    MysqlX,
    Pop3,
    Postgres,
    Redis,
    Smtp,
    Ssh,
}

/// How long to listen for a greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    pub(crate) longest: Duration,
    /// At most this part of what time is left: one in so many.
    pub(crate) share: u32,
}

impl Patience {
    /// Nobody is waited for.
    pub(crate) const NONE: Self = Self { longest: Duration::ZERO, share: 1 };
    /// The client speaks first: only a refusal comes, or the end, and these come at once.
    pub(crate) const SHORT: Self = Self { longest: Duration::from_millis(10), share: 4 };
    /// It is not known who speaks first.
    pub(crate) const UNKNOWN: Self = Self { longest: Duration::from_millis(50), share: 4 };
    /// The server speaks first, but MySQL and mail servers look the client's name up before they do.
    pub(crate) const LONG: Self = Self { longest: Duration::from_secs(2), share: 2 };
}

impl Protocol {
    /// The words of `?protocol=`.
    pub(crate) const WORDS: [(&'static str, Self); 12] = [
        ("ftp", Self::Ftp),
        ("http", Self::Http),
        ("imap", Self::Imap),
        ("mongodb", Self::Mongodb),
        ("mssql", Self::Mssql),
        ("mysql", Self::Mysql),
        ("mysqlx", Self::MysqlX),
        ("pop3", Self::Pop3),
        ("postgres", Self::Postgres),
        ("redis", Self::Redis),
        ("smtp", Self::Smtp),
        ("ssh", Self::Ssh),
    ];

    pub(crate) fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, protocol)| *protocol == self).map_or("unknown", |(word, _)| word)
    }

    /// What usually listens on `port` (IANA's registry of service names, and PgBouncer's default).
    pub(crate) fn of_port(port: u16) -> Option<Self> {
        Some(match port {
            21 => Self::Ftp,
            22 => Self::Ssh,
            25 | 587 => Self::Smtp,
            80 | 443 | 8080 | 8443 => Self::Http,
            110 => Self::Pop3,
            143 => Self::Imap,
            1433 => Self::Mssql,
            3306 => Self::Mysql,
            5432 | 6432 => Self::Postgres,
            6379 => Self::Redis,
            27017 => Self::Mongodb,
            33060 => Self::MysqlX,
            _ => return None,
        })
    }

    /// Whether the server speaks before it is spoken to.
    pub(crate) fn greets(self) -> bool {
        !matches!(self, Self::Http | Self::Mongodb | Self::Mssql | Self::Postgres | Self::Redis)
    }

    /// What `heard` begins as; `port` tells those apart that begin alike.
    pub(crate) fn recognise(heard: &[u8], port: u16) -> Option<Self> {
        let expected = Self::of_port(port);
        let begins = |with: &str| heard.starts_with(with.as_bytes());
        match heard {
            // Length, number 0, and protocol version 10 or an error (MySQL, "Protocol::Handshake" and "ERR_Packet").
            [_, _, 0, 0, 10 | 0xff, _, ..] => Some(Self::Mysql),
            // Length, and a notice (Mysqlx.ServerMessages.Type).
            [_, _, 0, 0, 11, ..] => Some(Self::MysqlX),
            _ if begins("SSH-") => Some(Self::Ssh),
            _ if begins("* OK") || begins("* PREAUTH") || begins("* BYE") => Some(Self::Imap),
            _ if begins("+OK") => Some(Self::Pop3),
            _ if begins("-DENIED ") => Some(Self::Redis),
            // Redis tells a client too many in the words of any other error (`networking.c`).
            _ if begins("-ERR max number of clients") => Some(Self::Redis),
            _ if begins("-ERR") => expected.filter(|protocol| *protocol == Self::Redis).or(Some(Self::Pop3)),
            [b'2' | b'4' | b'5', b'0'..=b'5', b'0'..=b'9', b' ' | b'-', rest @ ..] => {
                Some(mail_or_files(rest, expected))
            }
            _ => None,
        }
    }
}

/// SMTP and FTP both begin with 220, and end with QUIT: which of them it is only names it.
fn mail_or_files(text: &[u8], expected: Option<Protocol>) -> Protocol {
    let says = |word: &[u8]| text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    match expected {
        Some(known @ (Protocol::Ftp | Protocol::Smtp)) => known,
        _ if !says(b"SMTP") && says(b"FTP") => Protocol::Ftp,
        _ => Protocol::Smtp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_tell_protocols_apart() {
        let table: [(&[u8], u16, Option<Protocol>); 14] = [
            (b"\x5d\0\0\0\x0a5.5.5-10.11.6-MariaDB\0", 4000, Some(Protocol::Mysql)),
            (b"\x17\0\0\0\xff\x10\x04Too many connections", 4000, Some(Protocol::Mysql)),
            (b"\x05\0\0\0\x0b\x08\x05\x1a\0", 33060, Some(Protocol::MysqlX)),
            (b"SSH-2.0-OpenSSH_9.2p1\r\n", 4000, Some(Protocol::Ssh)),
            (b"220 mail ESMTP Postfix\r\n", 4000, Some(Protocol::Smtp)),
            (b"220 ready\r\n", 21, Some(Protocol::Ftp)),
            (b"220 ProFTPD Server\r\n", 4000, Some(Protocol::Ftp)),
            (b"554 no\r\n", 4000, Some(Protocol::Smtp)),
            (b"* OK [CAPABILITY IMAP4rev1]\r\n", 4000, Some(Protocol::Imap)),
            (b"+OK ready\r\n", 4000, Some(Protocol::Pop3)),
            (b"-ERR max number of clients reached\r\n", 4000, Some(Protocol::Redis)),
            (b"-ERR anything\r\n", 6379, Some(Protocol::Redis)),
            (b"hello\r\n", 3306, None),
            (b"", 3306, None),
        ];
        for (heard, port, protocol) in table {
            assert_eq!(Protocol::recognise(heard, port), protocol, "{}", String::from_utf8_lossy(heard));
        }
    }

    #[test]
    fn every_protocol_has_its_word() {
        for (word, protocol) in Protocol::WORDS {
            assert_eq!(protocol.as_str(), word);
        }
    }
}
