//! One connection: messages in, messages out, and what may go wrong with those.

use std::future::pending;
use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::buffer::Malformed;
use super::packet::{FIRST_SIZE, HEADER, Header, LONGEST_MESSAGE, Message, frame, kind, status};
use super::settings::Damage;
use super::stream::Stream;

/// Why a connection is over.
#[derive(Debug)]
pub(super) enum Over {
    /// It is closed: the client went, or the peer has had enough.
    Closed,
    /// It is to be reset.
    Reset,
}

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

impl From<Malformed> for Over {
    fn from(_: Malformed) -> Self {
        Self::Closed
    }
}

pub(super) struct Connection {
    pub(super) stream: Stream,
    /// The size of packets, both ways.
    pub(super) size: u16,
    /// The server's process number.
    pub(super) process: u16,
    /// Bytes that have arrived, from the beginning of a packet on.
    arrived: Vec<u8>,
    /// The message of which packets have arrived.
    started: Option<Message>,
}

impl Connection {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, size: FIRST_SIZE, process: 0, arrived: Vec::new(), started: None }
    }

    /// The same connection without TLS.
    pub(super) fn plain(self) -> Self {
        Self { stream: self.stream.plain(), ..self }
    }

    /// The next message, whole. Dropping the future loses nothing: the next call goes on where this was.
    pub(super) async fn message(&mut self) -> Result<Message, Over> {
        loop {
            while let Some((header, body)) = self.packet()? {
                let message = self.started.get_or_insert(Message {
                    kind: header.kind,
                    status: status::NORMAL,
                    payload: Vec::new(),
                });
                message.status |= header.status;
                message.payload.extend(body);
                if message.kind != header.kind || message.payload.len() > LONGEST_MESSAGE {
                    return Err(Over::Closed);
                }
                if header.status & status::END_OF_MESSAGE != 0 {
                    return self.started.take().ok_or(Over::Closed);
                }
            }
            if self.stream.read_buf(&mut self.arrived).await? == 0 {
                return Err(Over::Closed);
            }
        }
    }

    /// The next packet that has arrived whole.
    fn packet(&mut self) -> Result<Option<(Header, Vec<u8>)>, Over> {
        let Some(header) = self.arrived.first_chunk().copied().map(Header::read) else { return Ok(None) };
        let length = usize::from(header.length);
        if length < HEADER {
            return Err(Over::Closed);
        }
        if self.arrived.len() < length {
            return Ok(None);
        }
        let rest = self.arrived.split_off(length);
        let packet = std::mem::replace(&mut self.arrived, rest);
        Ok(Some((header, packet[HEADER..].to_vec())))
    }

    /// Sends an answer, as it is or damaged.
    pub(super) async fn answer(&mut self, payload: Vec<u8>, damage: Option<&Damage>) -> Result<(), Over> {
        let framed = |kind: u8, payload: &[u8]| frame(kind, self.process, self.size, payload);
        let packets = match damage {
            None => framed(kind::TABULAR_RESULT, &payload),
            Some(Damage::PacketType(kind)) => framed(*kind, &payload),
            Some(Damage::Truncate(count)) => framed(kind::TABULAR_RESULT, &payload[..payload.len().min(*count)]),
            Some(Damage::Tamper(tamper)) => framed(kind::TABULAR_RESULT, &tamper(payload)),
            Some(Damage::PacketLength(length)) => {
                let mut packets = framed(kind::TABULAR_RESULT, &payload);
                packets[0][2..4].copy_from_slice(&length.to_be_bytes());
                packets
            }
            Some(Damage::Cut(count)) => {
                let mut bytes = framed(kind::TABULAR_RESULT, &payload).concat();
                bytes.truncate(*count);
                self.send(&bytes).await?;
                return Err(Over::Closed);
            }
            Some(Damage::NoEnd) => return self.without_end(&payload).await,
            Some(Damage::Flood) => {
                let mut packets = framed(kind::TABULAR_RESULT, &payload);
                packets.iter_mut().for_each(|packet| packet[1] = status::NORMAL);
                let bytes = packets.concat();
                loop {
                    self.send(&bytes).await?;
                }
            }
            Some(Damage::Close | Damage::Reset | Damage::Silence | Damage::Bytes(_)) => {
                return self.instead(damage).await;
            }
        };
        self.send(&packets.concat()).await
    }

    /// What is done in the place of an answer, or where there is none; nothing without a damage.
    pub(super) async fn instead(&mut self, damage: Option<&Damage>) -> Result<(), Over> {
        match damage {
            None => Ok(()),
            Some(Damage::Reset) => Err(Over::Reset),
            Some(Damage::Silence) => pending().await,
            Some(Damage::Bytes(bytes)) => {
                self.send(bytes).await?;
                let mut dropped = [0; 4096];
                while self.stream.read(&mut dropped).await? > 0 {}
                Err(Over::Closed)
            }
            Some(_) => Err(Over::Closed),
        }
    }

    /// Sends a message without its end; the client waits for the rest for as long as it wants.
    async fn without_end(&mut self, payload: &[u8]) -> Result<(), Over> {
        self.part(payload).await?;
        pending().await
    }

    /// Sends a message without its end.
    pub(super) async fn part(&mut self, payload: &[u8]) -> Result<(), Over> {
        let mut packets = frame(kind::TABULAR_RESULT, self.process, self.size, payload);
        packets.iter_mut().for_each(|packet| packet[1] = status::NORMAL);
        self.send(&packets.concat()).await
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Says goodbye, by TLS where there is TLS.
    pub(super) async fn close(&mut self) {
        let _ = self.stream.shutdown().await;
    }
}
