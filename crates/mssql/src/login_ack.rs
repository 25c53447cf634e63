//! LOGINACK of TDS 8.0, in words that tiberius understands.

/// LOGINACK's type, two bytes of length, the interface `SQL_TSQL`, and the version 8.0 ([MS-TDS] 2.2.7.14).
const TOKEN: u8 = 0xad;
const INTERFACE: u8 = 1;
const VERSION_8_0: [u8; 4] = [8, 0, 0, 0];
/// The version that tiberius asks for, which differs from 8.0 only in when TLS begins.
const VERSION_7_4: [u8; 4] = [0x74, 0, 0, 4];

/// Turns the version 8.0 of a login's answer into 7.4: tiberius refuses a version that it does not know.
pub(crate) fn understood(answer: &mut [u8]) {
    let is_token = |window: &[u8]| window[0] == TOKEN && window[3] == INTERFACE && window[4..8] == VERSION_8_0;
    if let Some(at) = answer.windows(8).position(is_token) {
        answer[at + 4..at + 8].copy_from_slice(&VERSION_7_4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_is_changed() {
        let mut answer = [0xe3, 1, 0, 0xad, 0x36, 0, 1, 8, 0, 0, 0, 0x16, 0x4d];
        understood(&mut answer);
        assert_eq!(answer, [0xe3, 1, 0, 0xad, 0x36, 0, 1, 0x74, 0, 0, 4, 0x16, 0x4d]);
        let mut other = [0xad, 0x36, 0, 1, 0x74, 0, 0, 4];
        understood(&mut other);
        assert_eq!(other, [0xad, 0x36, 0, 1, 0x74, 0, 0, 4]);
        understood(&mut []);
    }
}
