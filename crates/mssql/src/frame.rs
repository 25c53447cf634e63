//! Packets of TDS: eight bytes of header, then the rest ([MS-TDS] 2.2.3).

use std::io;

/// Bytes in a packet's header.
pub(crate) const HEADER: usize = 8;

/// Types of packets ([MS-TDS] 2.2.3.1.1).
pub(crate) const LOGIN: u8 = 0x10;
pub(crate) const PRELOGIN: u8 = 0x12;
pub(crate) const ANSWER: u8 = 0x04;
pub(crate) const ATTENTION: u8 = 0x06;

/// The bit of a header's status that ends a message.
pub(crate) const END: u8 = 1;

/// A packet's header.
pub(crate) fn header(kind: u8, status: u8, payload: usize) -> [u8; HEADER] {
    let [high, low] = u16::try_from(payload + HEADER).unwrap_or(u16::MAX).to_be_bytes();
    [kind, status, high, low, 0, 0, 1, 0]
}

/// Follows a stream of packets byte by byte.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    head: [u8; HEADER],
    got: usize,
    left: usize,
}

/// What a packet was when its last byte went by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) kind: u8,
    pub(crate) last: bool,
}

impl Frames {
    /// Whether the next byte is the first of a packet.
    pub(crate) fn is_between(&self) -> bool {
        self.got == 0
    }

    /// Follows `bytes` up to the end of a packet at the most; how many that were, and the packet if it ended.
    ///
    /// # Errors
    /// A header that no packet has. Its length counts itself.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> io::Result<(usize, Option<Ended>)> {
        let mut used = 0;
        if self.got < HEADER {
            used = bytes.len().min(HEADER - self.got);
            self.head[self.got..self.got + used].copy_from_slice(&bytes[..used]);
            self.got += used;
            if self.got < HEADER {
                return Ok((used, None));
            }
            let length = usize::from(u16::from_be_bytes([self.head[2], self.head[3]]));
            let short = || io::Error::new(io::ErrorKind::InvalidData, "a packet is shorter than its own header");
            self.left = length.checked_sub(HEADER).ok_or_else(short)?;
        }
        let body = (bytes.len() - used).min(self.left);
        self.left -= body;
        if self.left > 0 {
            return Ok((used + body, None));
        }
        self.got = 0;
        Ok((used + body, Some(Ended { kind: self.head[0], last: self.head[1] & END != 0 })))
    }

    /// The type of the packet that is under way, as soon as its first byte is there.
    pub(crate) fn kind(&self) -> Option<u8> {
        (self.got > 0).then_some(self.head[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_followed_however_they_are_cut() {
        let first = [header(PRELOGIN, 0, 3).as_slice(), b"abc"].concat();
        let second = [header(LOGIN, END, 0).as_slice(), b""].concat();
        let bytes = [first, second].concat();
        for size in 1..=bytes.len() {
            let (mut frames, mut ended) = (Frames::default(), Vec::new());
            for mut chunk in bytes.chunks(size) {
                while !chunk.is_empty() {
                    let (used, end) = frames.follow(chunk).expect("packets");
                    chunk = &chunk[used..];
                    ended.extend(end);
                }
            }
            assert_eq!(ended, [Ended { kind: PRELOGIN, last: false }, Ended { kind: LOGIN, last: true }], "{size}");
            assert!(frames.is_between());
        }
    }

    #[test]
    fn a_packet_shorter_than_its_header_is_none() {
        assert!(Frames::default().follow(&[4, 1, 0, 7, 0, 0, 0, 0]).is_err());
    }
}
