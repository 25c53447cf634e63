//! The SQL Server Browser: from the name of an instance to its port ([MC-SQLR]).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use dbprobe_core::{Class, Failure};
use dbprobe_net::io_failure;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Where the browser listens.
pub(crate) const PORT: u16 = 1434;

/// `CLNT_UCAST_INST`: the name of one instance follows ([MC-SQLR] 2.2.3).
const ASK: u8 = 0x04;
/// `SVR_RESP` ([MC-SQLR] 2.2.5).
const ANSWER: u8 = 0x05;

/// The longest that is waited, in tries of a third each: UDP loses packets, and an instance that is not there has no
/// answer at all.
const PATIENCE: Duration = Duration::from_secs(3);

const ADVICE: &str =
    "let UDP port 1434 through to a running SQL Server Browser, or give the port in the DSN in its place";

/// The port of `instance`, by the browser that answers first at one of `addresses`. It waits for three seconds, or for
/// three quarters of `left`.
///
/// # Errors
/// Class `timeout`: nobody answered; class `refused`: there is no browser; class `not_found`: the instance has no TCP
/// port.
pub(crate) async fn port_of(instance: &str, addresses: &[SocketAddr], left: Duration) -> Result<u16, Failure> {
    let patience = PATIENCE.min(left * 3 / 4);
    let mut asked: FuturesUnordered<_> =
        addresses.iter().map(|address| ask(*address, instance, patience / 3)).collect();
    let mut last = None;
    while let Some(answer) = asked.next().await {
        match answer {
            Ok(answer) => return port_in(&answer, instance),
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(error) if error.kind() != io::ErrorKind::TimedOut => {
            let failure = io_failure(&error, "asking the SQL Server Browser for the instance's port");
            failure.advise(ADVICE)
        }
        _ => Failure::new(Class::Timeout, format!("the SQL Server Browser said nothing about the instance {instance}"))
            .advise(ADVICE),
    })
}

async fn ask(address: SocketAddr, instance: &str, patience: Duration) -> io::Result<Vec<u8>> {
    let any: SocketAddr =
        if address.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    let question = [&[ASK], instance.as_bytes(), &[0]].concat();
    let mut answer = vec![0; 2048];
    for _ in 0..3 {
        socket.send(&question).await?;
        if let Ok(received) = timeout(patience, socket.recv(&mut answer)).await {
            answer.truncate(received?);
            return Ok(answer);
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// `ServerName;H;InstanceName;I;IsClustered;No;Version;V;tcp;PORT;…;;` behind a type and a length.
fn port_in(answer: &[u8], instance: &str) -> Result<u16, Failure> {
    let text = match answer {
        [ANSWER, _, _, text @ ..] => String::from_utf8_lossy(text).into_owned(),
        _ => {
            return Err(crate::classify::not_tds(
                "something else than the SQL Server Browser answers on UDP port 1434",
            ));
        }
    };
    let words: Vec<&str> = text.split(';').collect();
    let port = words.windows(2).find(|pair| pair[0].eq_ignore_ascii_case("tcp")).and_then(|pair| pair[1].parse().ok());
    port.filter(|port| *port > 0).ok_or_else(|| {
        Failure::new(Class::NotFound, format!("the instance {instance} listens on no TCP port"))
            .advise("enable TCP/IP for the instance in the SQL Server Configuration Manager")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_stands_behind_tcp() {
        let answer = |text: &str| [&[ANSWER, 0, 0], text.as_bytes()].concat();
        let known = answer("ServerName;H;InstanceName;X;IsClustered;No;Version;16.0.1000.6;tcp;51433;np;\\\\H\\pipe;;");
        assert_eq!(port_in(&known, "X").ok(), Some(51433));
        let class = |bytes: &[u8]| port_in(bytes, "X").err().map(|failure| failure.class);
        assert_eq!(class(&answer("ServerName;H;InstanceName;X;;")), Some(Class::NotFound));
        assert_eq!(class(b"HTTP"), Some(Class::Protocol));
    }

    #[tokio::test]
    async fn a_browser_is_asked_and_a_silence_has_an_end() {
        let browser = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let address = browser.local_addr().expect("an address");
        let silent = port_of("X", &[address], Duration::from_millis(40)).await.err();
        assert_eq!(silent.map(|failure| failure.class), Some(Class::Timeout));
        let answering = tokio::spawn(async move {
            let mut question = [0; 64];
            loop {
                let (count, from) = browser.recv_from(&mut question).await.expect("a question");
                assert_eq!(&question[..count], b"\x04X\0");
                browser.send_to(b"\x05\x1a\0ServerName;H;tcp;1500;;", from).await.expect("an answer");
            }
        });
        assert_eq!(port_of("X", &[address], Duration::from_secs(10)).await.ok(), Some(1500));
        answering.abort();
    }
}
