//! A client that sends JSON, and one that hangs up.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Longer than any of the service's own limits.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Everything that came, head and body.
    pub(crate) text: String,
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

pub(crate) fn get(to: SocketAddr, path: &str) -> Answer {
    answer(to, &format!("GET {path} HTTP/1.0\r\n\r\n"))
}

pub(crate) fn post(to: SocketAddr, path: &str, json: &str) -> Answer {
    let length = json.len();
    let head = format!("POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
    answer(to, &format!("{head}{json}"))
}

/// A request whose answer nobody has read yet. Dropping it hangs up.
pub(crate) fn ask(to: SocketAddr, request: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    Ok(stream)
}

fn answer(to: SocketAddr, request: &str) -> Answer {
    let began = Instant::now();
    let mut stream = ask(to, request).expect("the service lets clients in");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer { status: status.expect("a status"), text, took: began.elapsed() }
}
