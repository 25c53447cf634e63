//! The data types that everything else is written in ([MS-TDS] 2.2.5.1 to 2.2.5.3): little-endian numbers and UTF-16
//! text behind a count.

/// What cannot be read: the message ended early, or has what it must not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Reads a message from its beginning.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.bytes(N)?.try_into().map_err(|_| Malformed)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn f64(&mut self) -> Result<f64, Malformed> {
        self.array().map(f64::from_le_bytes)
    }

    /// A signed number of `count` bytes; 1 byte is a `tinyint` and not signed.
    pub(super) fn integer(&mut self, count: usize) -> Result<i64, Malformed> {
        match count {
            1 => self.u8().map(i64::from),
            2 => self.array().map(|bytes| i64::from(i16::from_le_bytes(bytes))),
            4 => self.array().map(|bytes| i64::from(i32::from_le_bytes(bytes))),
            8 => self.array().map(i64::from_le_bytes),
            _ => Err(Malformed),
        }
    }

    /// An unsigned number of up to eight bytes.
    pub(super) fn unsigned(&mut self, count: usize) -> Result<u64, Malformed> {
        let bytes = self.bytes(count)?;
        Ok(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// Text of `units` UTF-16 code units.
    pub(super) fn text(&mut self, units: usize) -> Result<String, Malformed> {
        self.bytes(units * 2).and_then(text)
    }

    /// `B_VARCHAR`
    pub(super) fn b_varchar(&mut self) -> Result<String, Malformed> {
        let units = self.u8()?;
        self.text(units.into())
    }
}

/// UTF-16 of the little end.
pub(super) fn text(bytes: &[u8]) -> Result<String, Malformed> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(Malformed);
    }
    char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| Malformed)
}

/// What is written into; it grows as needed.
pub(super) trait Write {
    fn b_varchar(&mut self, text: &str);
    fn us_varchar(&mut self, text: &str);
    fn u16(&mut self, number: u16);
    fn u32(&mut self, number: u32);
    fn u64(&mut self, number: u64);
}

impl Write for Vec<u8> {
    /// At most 255 code units; what is more is left out, as the server does with long names.
    fn b_varchar(&mut self, text: &str) {
        let units: Vec<u16> = text.encode_utf16().take(255).collect();
        self.push(u8::try_from(units.len()).expect("at most 255 units"));
        self.extend(units.into_iter().flat_map(u16::to_le_bytes));
    }

    /// At most 65,535 code units.
    fn us_varchar(&mut self, text: &str) {
        let units: Vec<u16> = text.encode_utf16().take(65_535).collect();
        self.u16(u16::try_from(units.len()).expect("at most 65,535 units"));
        self.extend(units.into_iter().flat_map(u16::to_le_bytes));
    }

    fn u16(&mut self, number: u16) {
        self.extend(number.to_le_bytes());
    }

    fn u32(&mut self, number: u32) {
        self.extend(number.to_le_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.extend(number.to_le_bytes());
    }
}
