//! What a server says by itself, and what it means.

use std::io;
use std::time::Duration;

use dbprobe_core::{Class, Failure, Inspection};
use dbprobe_net::io_failure;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::Expected;
use crate::lines::SHOWN;
use crate::protocol::Protocol;
use crate::{lines, mysql};

/// The most that is read of a greeting.
const LONGEST: usize = 4096;

/// What was heard, and how it ended.
#[derive(Debug)]
pub(crate) struct Greeting {
    heard: Vec<u8>,
    /// Why there will be no more, where the peer hung up.
    end: Option<io::Error>,
    pub(crate) protocol: Option<Protocol>,
}

impl Greeting {
    /// Listens until a greeting is whole, at most for `limit`.
    pub(crate) async fn hear(stream: &mut TcpStream, port: u16, limit: Duration) -> Self {
        let mut greeting = Self { heard: Vec::new(), end: None, protocol: None };
        if !limit.is_zero() {
            let _ = timeout(limit, greeting.listen(stream, port)).await;
        }
        greeting
    }

    async fn listen(&mut self, stream: &mut TcpStream, port: u16) {
        while !self.is_whole() {
            match stream.read_buf(&mut self.heard).await {
                Ok(0) => return self.end = Some(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => self.protocol = Protocol::recognise(&self.heard, port),
                Err(error) => return self.end = Some(error),
            }
        }
    }

    fn is_whole(&self) -> bool {
        match self.protocol {
            _ if self.heard.len() >= LONGEST => true,
            Some(Protocol::Mysql) => mysql::length(&self.heard).is_some_and(|length| self.heard.len() >= length),
            // Its notices have an end that does not matter here.
            Some(Protocol::MysqlX) => true,
            _ => lines::is_whole(&self.heard) || (self.protocol.is_none() && self.heard.len() >= 6),
        }
    }

    /// What it means, on a port where `expected` should speak.
    ///
    /// # Errors
    /// The server says itself that it lets nobody in (`overloaded`, `permission`), or hangs up at once (`reset`); the
    /// DSN names another protocol (`protocol`), or one whose server should have spoken (`timeout`).
    pub(crate) fn meaning(&self, expected: Expected, waited: Duration) -> Result<Inspection, Failure> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        if let Some(end) = self.end.as_ref().filter(|_| self.heard.is_empty()) {
            let failure = Failure {
                message: "the port accepts connections, and closes them at once".to_owned(),
                ..io_failure(end, "waiting for a greeting")
            };
            return Err(failure.advise("a proxy whose server is away looks like this, or a list of allowed addresses"));
        }
        if let Expected::Named(named) = expected {
            self.agrees(named, waited)?;
        }
        let mut inspection = Inspection::default();
        inspection.version =
            self.protocol.filter(|it| *it == Protocol::Mysql).and_then(|_| mysql::version(&self.heard));
        if let Some(protocol) = self.protocol {
            inspection.facts.insert("protocol".to_owned(), protocol.as_str().to_owned());
        }
        if let Some(shown) = self.shown() {
            inspection.facts.insert("greeting".to_owned(), shown);
        }
        Ok(inspection)
    }

    fn refusal(&self) -> Option<Failure> {
        match self.protocol? {
            Protocol::Mysql => mysql::refused(&self.heard),
            protocol => lines::refused(protocol, &self.line()),
        }
    }

    fn agrees(&self, named: Protocol, waited: Duration) -> Result<(), Failure> {
        if self.heard.is_empty() && named.greets() {
            let message =
                format!("nothing was heard within {} ms, and {} speaks first", waited.as_millis(), named.as_str());
            return Err(Failure::new(Class::Timeout, message)
                .advise("the server process may be stopped or overloaded, or the port belongs to something else"));
        }
        if self.heard.is_empty() || self.protocol == Some(named) {
            return Ok(());
        }
        if self.protocol.is_none() && self.end.is_none() && !self.is_whole() {
            let message = format!("the greeting was not finished within {} ms", waited.as_millis());
            return Err(Failure::new(Class::Timeout, message)
                .advise("the server process may be overloaded, or the port belongs to something else"));
        }
        let is = self.protocol.map_or("something else", Protocol::as_str);
        Err(Failure::new(Class::Protocol, format!("the port speaks {is}, and not {}", named.as_str()))
            .advise("check the port, and the `protocol` of the DSN"))
    }

    /// The first line, without anything that a terminal would obey.
    fn line(&self) -> String {
        let line = self.heard.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let printable = |byte: &&u8| byte.is_ascii_graphic() || **byte == b' ';
        line.iter().filter(printable).take(SHOWN).map(|byte| char::from(*byte)).collect::<String>().trim().to_owned()
    }

    /// The greeting for people, where it is one of words.
    fn shown(&self) -> Option<String> {
        let shown = match self.protocol {
            Some(Protocol::Mysql) => mysql::version(&self.heard)?,
            Some(Protocol::MysqlX) => return None,
            _ => self.line(),
        };
        (!shown.is_empty()).then_some(shown)
    }

    /// Takes leave as the protocol has it. What goes wrong there does not matter any more.
    pub(crate) async fn answer(&self, stream: &mut TcpStream) {
        if self.end.is_some() || self.refusal().is_some() {
            return;
        }
        let _ = match self.protocol {
            Some(Protocol::Mysql) => mysql::leave(stream).await,
            Some(protocol) => lines::leave(protocol, stream).await,
            None => Ok(()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bytes: &[u8]) -> Greeting {
        Greeting { heard: bytes.to_vec(), end: None, protocol: Protocol::recognise(bytes, 4000) }
    }

    #[test]
    fn what_is_shown_is_short_and_harmless() {
        let greeting = heard(&[b"220 \x1b]0;x\x07 mail ESMTP \xff".as_slice(), &b"x".repeat(4000), b"\r\n"].concat());
        let facts = greeting.meaning(Expected::Auto, Duration::ZERO).expect("facts").facts;
        let shown = &facts["greeting"];
        assert!(shown.starts_with("220 ]0;x mail ESMTP xxx") && shown.len() <= SHOWN, "{shown}");
        assert_eq!(facts["protocol"], "smtp");
    }

    #[test]
    fn a_silent_port_is_no_failure_unless_the_dsn_says_who_speaks() {
        let silence = heard(b"");
        let unnamed = silence.meaning(Expected::Auto, Duration::ZERO).expect("a port that accepts");
        assert_eq!(unnamed, Inspection::default());
        let named = silence.meaning(Expected::Named(Protocol::Mysql), Duration::from_millis(2000));
        let failure = named.expect_err("a silent MySQL");
        assert_eq!(failure.class, Class::Timeout);
        assert_eq!(failure.message, "nothing was heard within 2000 ms, and mysql speaks first");
        assert!(silence.meaning(Expected::Named(Protocol::Postgres), Duration::ZERO).is_ok());
        let slow = heard(b"22").meaning(Expected::Named(Protocol::Smtp), Duration::from_millis(50));
        assert_eq!(slow.expect_err("a slow server").class, Class::Timeout);
        let other = heard(b"SSH-2.0-x\r\n").meaning(Expected::Named(Protocol::Mysql), Duration::ZERO);
        assert_eq!(other.expect_err("ssh").message, "the port speaks ssh, and not mysql");
    }
}
