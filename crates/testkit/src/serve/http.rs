//! A web client as small as a test needs: one request a connection, and the whole answer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A scrape is bounded by ten seconds in Prometheus' defaults; a machine under load may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    patience: Duration,
}

impl Request {
    /// `GET` of a path with its query.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), headers: Vec::new(), patience: PATIENCE }
    }

    /// `POST` without a body.
    pub fn post(path: impl Into<String>) -> Self {
        Self { method: "POST", ..Self::get(path) }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With another limit than half a minute, for the whole of it.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends it and reads the answer to its end. HTTP/1.0, so that the end of the connection is the end of the body.
    ///
    /// # Errors
    /// Those of the connection, `TimedOut` when the limit is over, `InvalidData` for what is no HTTP.
    pub fn send(&self, to: SocketAddr) -> io::Result<Answer> {
        let began = Instant::now();
        let mut stream = TcpStream::connect_timeout(&to, self.patience)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(self.patience))?;
        let mut head = format!("{} {} HTTP/1.0\r\nHost: {to}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = if self.method == "POST" { "Content-Length: 0\r\n" } else { "" };
        stream.write_all(format!("{head}{length}\r\n").as_bytes())?;
        let bytes = self.read(&mut stream, began + self.patience)?;
        let took = began.elapsed();
        Answer::parse(&bytes, took).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no answer in HTTP"))
    }

    fn read(&self, stream: &mut TcpStream, end: Instant) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            stream.set_read_timeout(Some(left))?;
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(bytes),
                Ok(count) => bytes.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(io::ErrorKind::TimedOut.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers in order, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came, packed or not.
    pub body: Vec<u8>,
    /// From the first byte of the handshake to the last of the body.
    pub took: Duration,
}

impl Answer {
    fn parse(bytes: &[u8], took: Duration) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers = lines.map(header).collect::<Option<_>>()?;
        Some(Self { status, headers, body: bytes.get(end + 4..)?.to_vec(), took })
    }

    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// With the body when it is not JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{} and no JSON: {error}\n{}", self.status, self.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_its_status_its_headers_and_its_body() {
        let bytes = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; a=b\r\nX:1\r\n\r\nnot\r\n\r\nyet";
        let answer = Answer::parse(bytes, Duration::ZERO).expect("an answer");
        assert_eq!((answer.status, answer.text().as_str()), (503, "not\r\n\r\nyet"));
        assert_eq!((answer.header("content-type"), answer.header("x")), (Some("text/plain; a=b"), Some("1")));
        assert!(Answer::parse(b"SSH-2.0-OpenSSH\r\n\r\n", Duration::ZERO).is_none());
    }

    #[test]
    fn a_peer_that_never_answers_is_a_timeout() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let request = Request::get("/metrics").within(Duration::from_millis(50));
        let error = request.send(silent.local_addr().expect("an address")).expect_err("silence");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
