//! The process number that a login is told, which the driver keeps to itself.

use std::sync::{Arc, OnceLock};

/// What a login may say before it is over; a peer that says more is listened to no longer.
const LONGEST: usize = 16 << 10;

/// The process number that the login was told, once it was.
pub(crate) type Process = Arc<OnceLock<i32>>;

/// Listens to a login until the process number was told (protocol documentation, "BackendKeyData").
///
/// PostgreSQL tells its own; a pooler has to make one up, since whose process answers changes from message to message.
#[derive(Default)]
pub(crate) struct Overheard {
    pending: Vec<u8>,
    is_over: bool,
    process: Process,
}

impl Overheard {
    pub(crate) fn process(&self) -> Process {
        Arc::clone(&self.process)
    }

    /// The next bytes that the server says.
    pub(crate) fn hear(&mut self, bytes: &[u8]) {
        if self.is_over {
            return;
        }
        self.pending.extend_from_slice(bytes);
        while let Some((kind, body, length)) = message(&self.pending) {
            match kind {
                b'K' => {
                    if let Some(number) = body.first_chunk() {
                        let _ = self.process.set(i32::from_be_bytes(*number));
                    }
                    self.is_over = true;
                }
                // "Ready for query": the login is over, and there was none.
                b'Z' => self.is_over = true,
                _ => {}
            }
            self.pending.drain(..length);
        }
        if self.is_over || self.pending.len() > LONGEST {
            self.is_over = true;
            self.pending = Vec::new();
        }
    }
}

/// The first message of `bytes`, where all of it is there: its kind, its body and its whole length.
fn message(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (kind, rest) = bytes.split_first()?;
    // The length counts itself, not the kind.
    let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?.max(4);
    Some((*kind, rest.get(4..length)?, length + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: &[u8] = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x09a\0bc\0K\0\0\0\x0c\0\0\x04\xd2abcdZ\0\0\0\x05I";

    fn told(pieces: &[&[u8]]) -> Option<i32> {
        let mut overheard = Overheard::default();
        pieces.iter().for_each(|piece| overheard.hear(piece));
        overheard.process().get().copied()
    }

    #[test]
    fn the_number_is_found_however_the_login_is_cut() {
        for at in 0..=LOGIN.len() {
            assert_eq!(told(&[&LOGIN[..at], &LOGIN[at..]]), Some(1234), "{at}");
        }
    }

    #[test]
    fn what_comes_after_the_login_is_not_listened_to() {
        assert_eq!(told(&[b"Z\0\0\0\x05I", b"K\0\0\0\x0c\0\0\x04\xd2abcd"]), None);
        assert_eq!(told(&[b"K\0\0\0\x04", b"K\0\0\0\0", b"K\xff\xff\xff\xff"]), None);
        assert_eq!(told(&[&[b'x'; 40_000], b"K\0\0\0\x0c\0\0\x04\xd2abcd"]), None);
    }
}
