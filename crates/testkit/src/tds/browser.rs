//! The SQL Server Browser: which port an instance listens on ([MC-SQLR]).
//!
//! [MC-SQLR]: https://learn.microsoft.com/openspecs/windows_protocols/mc-sqlr/

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

const BROADCAST: u8 = 0x02; // CLNT_BCAST_EX
const ALL: u8 = 0x03; // CLNT_UCAST_EX
const ONE: u8 = 0x04; // CLNT_UCAST_INST
const RESPONSE: u8 = 0x05; // SVR_RESP

/// A request has at most a byte and an instance's name with its end ([MC-SQLR] 2.2.3); a longer one is cut.
const LONGEST_REQUEST: usize = 1 + 32 + 1;

/// A browser service on a UDP port of 127.0.0.1, for as long as this lives.
pub struct Browser {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Browser {
    /// Knows these instances: their names and TCP ports. As the service does it, a question for another one is not
    /// answered.
    ///
    /// # Panics
    ///
    /// When there is no port.
    pub async fn start<'a>(instances: impl IntoIterator<Item = (&'a str, u16)>) -> Self {
        let instances: Vec<(String, String)> =
            instances.into_iter().map(|(name, port)| (name.to_owned(), entry(name, port))).collect();
        Self::answering(move |request| {
            let text: String = match request.split_first()? {
                (&(BROADCAST | ALL), _) => instances.iter().map(|(_, entry)| entry.as_str()).collect(),
                (&ONE, name) => {
                    let name = name.split(|byte| *byte == 0).next()?;
                    instances.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name))?.1.clone()
                }
                _ => return None,
            };
            let length = u16::try_from(text.len()).ok()?.to_le_bytes();
            Some([&[RESPONSE][..], &length, text.as_bytes()].concat())
        })
        .await
    }

    /// Answers each datagram with what `answer` makes of it, or not at all.
    ///
    /// # Panics
    ///
    /// When there is no port.
    pub async fn answering(answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = socket.local_addr().expect("the address of a bound socket");
        let task = tokio::spawn(async move {
            let mut request = [0; LONGEST_REQUEST];
            loop {
                // On Linux an earlier answer to a port that is closed shows here as an error.
                let Ok((count, client)) = socket.recv_from(&mut request).await else { continue };
                if let Some(answer) = answer(&request[..count]) {
                    let _ = socket.send_to(&answer, client).await;
                }
            }
        });
        Self { address, task }
    }

    /// Where it listens; clients expect UDP port 1434, unless they can be told.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn entry(name: &str, port: u16) -> String {
    format!("ServerName;PEER;InstanceName;{name};IsClustered;No;Version;16.0.4135.4;tcp;{port};;")
}
