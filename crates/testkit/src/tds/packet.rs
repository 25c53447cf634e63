//! Packets: 8 bytes of header, and messages made of them ([MS-TDS] 2.2.3).

/// `Type` ([MS-TDS] 2.2.3.1.1).
pub(super) mod kind {
    pub(in crate::tds) const SQL_BATCH: u8 = 0x01;
    pub(in crate::tds) const RPC: u8 = 0x03;
    pub(in crate::tds) const TABULAR_RESULT: u8 = 0x04;
    pub(in crate::tds) const ATTENTION: u8 = 0x06;
    pub(in crate::tds) const TRANSACTION_MANAGER: u8 = 0x0e;
    pub(in crate::tds) const LOGIN7: u8 = 0x10;
    pub(in crate::tds) const PRELOGIN: u8 = 0x12;
}

/// `Status` ([MS-TDS] 2.2.3.1.2).
pub(super) mod status {
    pub(in crate::tds) const NORMAL: u8 = 0x00;
    pub(in crate::tds) const END_OF_MESSAGE: u8 = 0x01;
    pub(in crate::tds) const IGNORE: u8 = 0x02;
    pub(in crate::tds) const RESET_CONNECTION: u8 = 0x08;
    pub(in crate::tds) const RESET_CONNECTION_SKIP_TRANSACTION: u8 = 0x10;
}

/// Bytes in a header.
pub(super) const HEADER: usize = 8;

/// The size of packets until LOGIN7 agrees on another ([MS-TDS] 2.2.6.4, `PacketSize`).
pub(super) const FIRST_SIZE: u16 = 4096;

/// Longer messages are refused: nobody tests with more, and a peer of a test keeps them in memory.
pub(super) const LONGEST_MESSAGE: usize = 64 << 20;

/// The header of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: u8,
    pub(super) status: u8,
    /// Bytes, with the header.
    pub(super) length: u16,
}

impl Header {
    pub(super) fn read(bytes: [u8; HEADER]) -> Self {
        Self { kind: bytes[0], status: bytes[1], length: u16::from_be_bytes([bytes[2], bytes[3]]) }
    }

    /// With the server's process number and the packet's own number, which clients use for nothing.
    pub(super) fn write(self, process: u16, number: u8) -> [u8; HEADER] {
        let [length_high, length_low] = self.length.to_be_bytes();
        let [process_high, process_low] = process.to_be_bytes();
        [self.kind, self.status, length_high, length_low, process_high, process_low, number, 0]
    }
}

/// What a client has said, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: u8,
    /// The status of its first and of its last packet, together.
    pub(super) status: u8,
    pub(super) payload: Vec<u8>,
}

/// A message in packets of at most `size` bytes, of which the last one says that it is the last.
pub(super) fn frame(kind: u8, process: u16, size: u16, payload: &[u8]) -> Vec<Vec<u8>> {
    let room = usize::from(size) - HEADER;
    let pieces: Vec<&[u8]> = if payload.is_empty() { vec![&[]] } else { payload.chunks(room).collect() };
    let last = pieces.len() - 1;
    pieces
        .into_iter()
        .enumerate()
        .map(|(index, piece)| {
            let status = if index == last { status::END_OF_MESSAGE } else { status::NORMAL };
            let length = u16::try_from(piece.len() + HEADER).expect("a piece fits its packet");
            let number = u8::try_from((index + 1) % 256).expect("a remainder");
            [&Header { kind, status, length }.write(process, number)[..], piece].concat()
        })
        .collect()
}
