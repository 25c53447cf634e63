//! No client at all: packets, and the messages in them, byte by byte.

use dbprobe_testkit::tds::Peer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::clerk::PASSWORD;

pub(crate) struct Wire(pub(crate) TcpStream);

impl Wire {
    pub(crate) async fn to(peer: &Peer) -> Self {
        Self(TcpStream::connect(peer.address()).await.expect("a connection"))
    }

    /// Sends a message in packets of so many bytes at most.
    pub(crate) async fn send_in(&mut self, kind: u8, size: usize, payload: &[u8]) {
        let count = payload.len().div_ceil(size - 8).max(1);
        for index in 0..count {
            let piece = &payload[index * (size - 8)..payload.len().min((index + 1) * (size - 8))];
            self.packet(kind, u8::from(index + 1 == count), piece).await;
        }
    }

    pub(crate) async fn send(&mut self, kind: u8, payload: &[u8]) {
        self.send_in(kind, 4096, payload).await;
    }

    pub(crate) async fn packet(&mut self, kind: u8, status: u8, payload: &[u8]) {
        let [high, low] = u16::try_from(payload.len() + 8).expect("a packet").to_be_bytes();
        self.0.write_all(&[&[kind, status, high, low, 0, 0, 1, 0], payload].concat()).await.expect("sent");
    }

    /// The next message: how many packets it had, and what is in it.
    pub(crate) async fn receive(&mut self) -> (usize, Vec<u8>) {
        let mut message = Vec::new();
        for count in 1.. {
            let mut header = [0; 8];
            self.0.read_exact(&mut header).await.expect("a header");
            assert_eq!((header[0], header[6]), (4, u8::try_from(count % 256).expect("a remainder")));
            let mut body = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]])) - 8];
            self.0.read_exact(&mut body).await.expect("a body");
            message.extend(body);
            if header[1] == 1 {
                return (count, message);
            }
        }
        unreachable!("a message has an end")
    }

    pub(crate) async fn is_closed(&mut self) -> bool {
        self.0.read(&mut [0; 16]).await.map_or(true, |count| count == 0)
    }

    /// Logs in with this version, and returns the answer.
    pub(crate) async fn log_in(peer: &Peer, version: u32, size: u32) -> (Self, Vec<u8>) {
        let mut wire = Self::to(peer).await;
        wire.send(0x12, &prelogin(2)).await;
        wire.receive().await;
        wire.send(0x10, &login(version, size, &[])).await;
        let (_, answer) = wire.receive().await;
        (wire, answer)
    }
}

/// VERSION and ENCRYPTION.
pub(crate) fn prelogin(encryption: u8) -> Vec<u8> {
    vec![0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 9, 0, 0, 0, 0, 0, encryption]
}

pub(crate) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub(crate) fn login(version: u32, packet_size: u32, features: &[u8]) -> Vec<u8> {
    let scrambled: Vec<u8> = utf16(PASSWORD).into_iter().map(|byte| byte.rotate_left(4) ^ 0xa5).collect();
    let mut fixed = vec![0; 36];
    fixed[4..8].copy_from_slice(&version.to_le_bytes());
    fixed[8..12].copy_from_slice(&packet_size.to_le_bytes());
    fixed[27] = if features.is_empty() { 0 } else { 0x10 };
    let mut data: Vec<u8> = Vec::new();
    let place = |data: &Vec<u8>, count: usize| {
        let offset = u16::try_from(94 + data.len()).expect("a short login");
        [offset.to_le_bytes(), u16::try_from(count).expect("a short text").to_le_bytes()].concat()
    };
    let texts = ["desk", "app", PASSWORD, "raw", "here", "", "raw bytes", "", "orders"];
    for (index, text) in texts.iter().enumerate() {
        if index == 5 && !features.is_empty() {
            fixed.extend(place(&data, 4));
            data.extend(u32::try_from(94 + data.len() + 4).expect("a short login").to_le_bytes());
            data.extend(features);
            continue;
        }
        fixed.extend(place(&data, text.encode_utf16().count()));
        data.extend(if index == 2 { scrambled.clone() } else { utf16(text) });
    }
    fixed.extend([1, 2, 3, 4, 5, 6]); // ClientID
    for _ in 0..3 {
        fixed.extend(place(&data, 0)); // SSPI, AtchDBFile, ChangePassword
    }
    fixed.extend([0; 4]); // cbSSPILong
    let mut message = [fixed, data].concat();
    let length = u32::try_from(message.len()).expect("a short login");
    message[..4].copy_from_slice(&length.to_le_bytes());
    message
}

/// ALL_HEADERS with a transaction descriptor ([MS-TDS] 2.2.5.3.2), and a text.
pub(crate) fn batch(sql: &str) -> Vec<u8> {
    let headers = [&[22, 0, 0, 0, 18, 0, 0, 0, 2, 0][..], &[0; 8], &[1, 0, 0, 0]].concat();
    [headers, utf16(sql)].concat()
}
