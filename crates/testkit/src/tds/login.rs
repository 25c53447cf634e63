//! LOGIN7: who logs in, and how ([MS-TDS] 2.2.6.4).

use super::buffer::{Malformed, text};
use super::database::Login;

/// TDS 7.2, from which on requests begin with headers, and counts are of 64 bits.
pub(super) const TDS_7_2: u32 = 0x7209_0002;
/// TDS 7.3 B, from which on rows may leave out their NULLs.
pub(super) const TDS_7_3_B: u32 = 0x730b_0003;
const TDS_7_1: u32 = 0x7100_0000;
const TDS_7_4: u32 = 0x7400_0004;
const TDS_8_0: u32 = 0x0800_0000;

const USER_IS_INTEGRATED: u8 = 0x80; // fIntSecurity in OptionFlags2
const READ_ONLY_INTENT: u8 = 0x20; // fReadOnlyIntent in TypeFlags
const EXTENSION: u8 = 0x10; // fExtension in OptionFlags3
const LAST_FEATURE: u8 = 0xff;

/// The version of the protocol that a session speaks, by what the client asked for: TDS 7.1 at least, 7.4 at most, or 8.0.
pub(super) fn version(asked: u32) -> Option<u32> {
    match asked {
        TDS_8_0 => Some(TDS_8_0),
        TDS_7_1.. => Some(asked.min(TDS_7_4)),
        _ => None,
    }
}

/// The version as a number that later versions exceed: 8.0 is written as a smaller number than 7.4.
pub(super) fn rank(version: u32) -> u32 {
    if version == TDS_8_0 { u32::MAX } else { version }
}

/// Reads a login; `encrypted` is known from before.
pub(super) fn read(message: &[u8], encrypted: bool) -> Result<Login, Malformed> {
    let part = Message(message);
    let tds_version = part.u32(4)?;
    let (flags_2, type_flags, flags_3) = (part.u8(25)?, part.u8(26)?, part.u8(27)?);
    let recent = rank(tds_version) >= TDS_7_2;
    Ok(Login {
        user: part.text(40)?,
        password: unscrambled(part.value(44, 2)?)?,
        database: part.text(68)?,
        application: part.text(48)?,
        host: part.text(36)?,
        server: part.text(52)?,
        library: part.text(60)?,
        language: part.text(64)?,
        new_password: if recent { unscrambled(part.value(86, 2)?)? } else { String::new() },
        read_only_intent: type_flags & READ_ONLY_INTENT != 0,
        integrated: flags_2 & USER_IS_INTEGRATED != 0,
        features: if flags_3 & EXTENSION == 0 { Vec::new() } else { part.features()? },
        tds_version,
        packet_size: part.u32(8)?,
        encrypted,
    })
}

/// A message, read at the places that it points to.
struct Message<'a>(&'a [u8]);

impl<'a> Message<'a> {
    fn slice(&self, at: usize, length: usize) -> Result<&'a [u8], Malformed> {
        at.checked_add(length).and_then(|end| self.0.get(at..end)).ok_or(Malformed)
    }

    fn u8(&self, at: usize) -> Result<u8, Malformed> {
        self.0.get(at).copied().ok_or(Malformed)
    }

    fn u32(&self, at: usize) -> Result<u32, Malformed> {
        self.slice(at, 4)?.try_into().map(u32::from_le_bytes).map_err(|_| Malformed)
    }

    /// What the offset and the length at `at` point to, in units of so many bytes.
    fn value(&self, at: usize, unit: usize) -> Result<&'a [u8], Malformed> {
        let place = self.slice(at, 4)?;
        let offset = u16::from_le_bytes([place[0], place[1]]);
        let length = u16::from_le_bytes([place[2], place[3]]);
        // The offset of an empty value may be anything.
        if length == 0 { Ok(&[]) } else { self.slice(offset.into(), usize::from(length) * unit) }
    }

    fn text(&self, at: usize) -> Result<String, Malformed> {
        text(self.value(at, 2)?)
    }

    /// The identifiers of what stands in FeatureExt.
    fn features(&self) -> Result<Vec<u8>, Malformed> {
        let pointer = self.value(56, 1)?.first_chunk().copied().map(u32::from_le_bytes).ok_or(Malformed)?;
        let mut at = usize::try_from(pointer).map_err(|_| Malformed)?;
        let mut features = Vec::new();
        loop {
            match self.u8(at)? {
                LAST_FEATURE => return Ok(features),
                feature => features.push(feature),
            }
            let length = usize::try_from(self.u32(at + 1)?).map_err(|_| Malformed)?;
            at = at.checked_add(5 + length).ok_or(Malformed)?;
        }
    }
}

/// Each byte of a password has its halves exchanged, and is then combined with 0xA5 by exclusive or.
fn unscrambled(scrambled: &[u8]) -> Result<String, Malformed> {
    text(&scrambled.iter().map(|byte| (byte ^ 0xa5).rotate_left(4)).collect::<Vec<_>>())
}
