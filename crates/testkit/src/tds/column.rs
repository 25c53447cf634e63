//! Types and values of columns ([MS-TDS] 2.2.5.4 to 2.2.5.6).

use super::buffer::Write;
use super::reply::{Cell, Kind, Length, Moment};

/// `SQL_Latin1_General_CP1_CI_AS`: locale 0x0409, ignoring case, kana and width, sort order 52.
pub(super) const COLLATION: [u8; 5] = [0x09, 0x04, 0xd0, 0x00, 0x34];

/// Type identifiers ([MS-TDS] 2.2.5.4.1 and 2.2.5.4.2).
pub(super) mod id {
    pub(in crate::tds) const NULL: u8 = 0x1f;
    pub(in crate::tds) const TEXT: u8 = 0x23;
    pub(in crate::tds) const GUID: u8 = 0x24;
    pub(in crate::tds) const INT_N: u8 = 0x26;
    pub(in crate::tds) const DATETIME2: u8 = 0x2a;
    pub(in crate::tds) const DATETIMEOFFSET: u8 = 0x2b;
    pub(in crate::tds) const INT1: u8 = 0x30;
    pub(in crate::tds) const BIT: u8 = 0x32;
    pub(in crate::tds) const INT2: u8 = 0x34;
    pub(in crate::tds) const INT4: u8 = 0x38;
    pub(in crate::tds) const FLOAT4: u8 = 0x3b;
    pub(in crate::tds) const FLOAT8: u8 = 0x3e;
    pub(in crate::tds) const VARIANT: u8 = 0x62;
    pub(in crate::tds) const NTEXT: u8 = 0x63;
    pub(in crate::tds) const BIT_N: u8 = 0x68;
    pub(in crate::tds) const DECIMAL_N: u8 = 0x6a;
    pub(in crate::tds) const NUMERIC_N: u8 = 0x6c;
    pub(in crate::tds) const FLOAT_N: u8 = 0x6d;
    pub(in crate::tds) const INT8: u8 = 0x7f;
    pub(in crate::tds) const VARBINARY: u8 = 0xa5;
    pub(in crate::tds) const VARCHAR: u8 = 0xa7;
    pub(in crate::tds) const BINARY: u8 = 0xad;
    pub(in crate::tds) const CHAR: u8 = 0xaf;
    pub(in crate::tds) const NVARCHAR: u8 = 0xe7;
    pub(in crate::tds) const NCHAR: u8 = 0xef;
}

/// How the values of a type are written.
enum Form {
    /// As they are; there is no NULL.
    Fixed,
    /// Behind a count of 8 bits, 0 for NULL.
    Short,
    /// Behind a count of 16 bits, 0xFFFF for NULL.
    Long,
    /// In chunks.
    Chunks,
    /// Behind a count of 32 bits, 0 for NULL.
    Variant,
    /// Without anything.
    Raw,
}

impl Kind {
    fn form(&self, nullable: bool) -> Form {
        match self {
            Self::BigInt | Self::Bit | Self::Float | Self::Int | Self::SmallInt | Self::TinyInt if !nullable => {
                Form::Fixed
            }
            Self::BigInt | Self::Bit | Self::Float | Self::Int | Self::SmallInt | Self::TinyInt => Form::Short,
            Self::DateTime2(_) | Self::DateTimeOffset(_) | Self::Decimal { .. } | Self::UniqueIdentifier => Form::Short,
            Self::NVarChar(length) | Self::VarBinary(length) | Self::VarChar(length) => match length {
                Length::Most(_) => Form::Long,
                Length::Max => Form::Chunks,
            },
            Self::SqlVariant => Form::Variant,
            Self::Unknown { .. } => Form::Raw,
        }
    }

    /// `TYPE_INFO`
    pub(super) fn write_info(&self, nullable: bool, out: &mut Vec<u8>) {
        match (self, nullable) {
            (Self::BigInt, true) => out.extend([id::INT_N, 8]),
            (Self::BigInt, false) => out.push(id::INT8),
            (Self::Bit, true) => out.extend([id::BIT_N, 1]),
            (Self::Bit, false) => out.push(id::BIT),
            (Self::DateTime2(scale), _) => out.extend([id::DATETIME2, *scale]),
            (Self::DateTimeOffset(scale), _) => out.extend([id::DATETIMEOFFSET, *scale]),
            (Self::Decimal { precision, scale }, _) => {
                out.extend([id::NUMERIC_N, decimal_bytes(*precision), *precision, *scale]);
            }
            (Self::Float, true) => out.extend([id::FLOAT_N, 8]),
            (Self::Float, false) => out.push(id::FLOAT8),
            (Self::Int, true) => out.extend([id::INT_N, 4]),
            (Self::Int, false) => out.push(id::INT4),
            (Self::NVarChar(length), _) => {
                out.push(id::NVARCHAR);
                out.u16(length.bytes(2));
                out.extend(COLLATION);
            }
            (Self::SmallInt, true) => out.extend([id::INT_N, 2]),
            (Self::SmallInt, false) => out.push(id::INT2),
            (Self::SqlVariant, _) => {
                out.push(id::VARIANT);
                out.u32(8009); // the longest value with its type
            }
            (Self::TinyInt, true) => out.extend([id::INT_N, 1]),
            (Self::TinyInt, false) => out.push(id::INT1),
            (Self::UniqueIdentifier, _) => out.extend([id::GUID, 16]),
            (Self::VarBinary(length), _) => {
                out.push(id::VARBINARY);
                out.u16(length.bytes(1));
            }
            (Self::VarChar(length), _) => {
                out.push(id::VARCHAR);
                out.u16(length.bytes(1));
                out.extend(COLLATION);
            }
            (Self::Unknown { id, info }, _) => {
                out.push(*id);
                out.extend(info);
            }
        }
    }

    /// The bytes that a NULL of this type takes, which is what leaving it out of a row saves.
    pub(super) fn null_bytes(&self) -> usize {
        match self.form(true) {
            Form::Fixed | Form::Raw => 0,
            Form::Short => 1,
            Form::Long => 2,
            Form::Chunks => 8,
            Form::Variant => 4,
        }
    }

    /// `TYPE_VARBYTE`
    ///
    /// # Panics
    ///
    /// When the cell is not of this type, or NULL where there is none.
    pub(super) fn write_value(&self, nullable: bool, cell: &Cell, out: &mut Vec<u8>) {
        if let Cell::Raw(bytes) = cell {
            out.extend(bytes);
            return;
        }
        let value = (*cell != Cell::Null).then(|| self.value(cell));
        match (self.form(nullable), value) {
            (Form::Fixed, Some(value)) => out.extend(value),
            (Form::Short, None) => out.push(0),
            (Form::Short, Some(value)) => {
                out.push(u8::try_from(value.len()).expect("a short value"));
                out.extend(value);
            }
            (Form::Long, None) => out.u16(u16::MAX),
            (Form::Long, Some(value)) => {
                out.u16(u16::try_from(value.len()).expect("at most 8,000 bytes"));
                out.extend(value);
            }
            (Form::Chunks, None) => out.u64(u64::MAX),
            (Form::Chunks, Some(value)) => {
                out.u64(value.len() as u64);
                // More than one where it is long, as a server does it.
                for chunk in value.chunks(8000) {
                    out.u32(u32::try_from(chunk.len()).expect("at most 8,000 bytes"));
                    out.extend(chunk);
                }
                out.u32(0);
            }
            (Form::Variant, None) => out.u32(0),
            (Form::Variant, Some(value)) => {
                out.u32(u32::try_from(value.len()).expect("at most 8,009 bytes"));
                out.extend(value);
            }
            (Form::Fixed | Form::Raw, None) => panic!("{self:?} has no NULL"),
            (Form::Raw, Some(_)) => panic!("a value of {self:?} has to be raw bytes"),
        }
    }

    /// The value itself, without a count.
    fn value(&self, cell: &Cell) -> Vec<u8> {
        match (self, cell) {
            (Self::BigInt, Cell::BigInt(value)) => value.to_le_bytes().to_vec(),
            (Self::BigInt, Cell::Int(value)) => i64::from(*value).to_le_bytes().to_vec(),
            (Self::Bit, Cell::Bit(value)) => vec![u8::from(*value)],
            (Self::DateTime2(scale), Cell::Time(moment)) => moment.datetime2(*scale),
            (Self::DateTimeOffset(scale), Cell::TimeWithOffset(moment, minutes)) => {
                [&moment.datetime2(*scale)[..], &minutes.to_le_bytes()].concat()
            }
            (Self::Decimal { precision, .. }, Cell::Decimal(value)) => {
                let magnitude = value.unsigned_abs().to_le_bytes();
                let (kept, cut) = magnitude.split_at(usize::from(decimal_bytes(*precision)) - 1);
                assert!(cut.iter().all(|byte| *byte == 0), "{cell:?} is out of the range of {self:?}");
                [&[u8::from(*value >= 0)], kept].concat()
            }
            (Self::Float, Cell::Float(value)) => value.to_le_bytes().to_vec(),
            (Self::Int, Cell::Int(value)) => value.to_le_bytes().to_vec(),
            (Self::NVarChar(_), Cell::Text(text)) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            (Self::SmallInt, Cell::Int(value)) => narrow::<i16>(self, *value).to_le_bytes().to_vec(),
            (Self::SqlVariant, Cell::Variant(inner)) => variant(&inner.0, &inner.1),
            (Self::TinyInt, Cell::Int(value)) => vec![narrow(self, *value)],
            (Self::UniqueIdentifier, Cell::Bytes(bytes)) => guid(bytes),
            (Self::VarBinary(_), Cell::Bytes(bytes)) => bytes.clone(),
            (Self::VarChar(_), Cell::Text(text)) => {
                text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()
            }
            _ => panic!("{cell:?} is no {self:?}"),
        }
    }
}

fn narrow<T: TryFrom<i32>>(kind: &Kind, value: i32) -> T {
    T::try_from(value).unwrap_or_else(|_| panic!("{value} is out of the range of {kind:?}"))
}

impl Length {
    /// As `USHORTMAXLEN`, for units of so many bytes.
    fn bytes(self, unit: u16) -> u16 {
        match self {
            Self::Most(count) => count * unit,
            Self::Max => u16::MAX,
        }
    }
}

/// Bytes of a decimal with its sign ([MS-TDS] 2.2.5.5.1.6).
fn decimal_bytes(precision: u8) -> u8 {
    match precision {
        0..=9 => 5,
        10..=19 => 9,
        20..=28 => 13,
        _ => 17,
    }
}

/// A value with its base type and that type's properties ([MS-TDS] 2.2.5.5.4).
fn variant(kind: &Kind, cell: &Cell) -> Vec<u8> {
    let mut properties = Vec::new();
    let mut info = Vec::new();
    kind.write_info(false, &mut info);
    match kind {
        Kind::NVarChar(length) | Kind::VarChar(length) => {
            properties.extend(COLLATION);
            properties.u16(length.bytes(if matches!(kind, Kind::NVarChar(_)) { 2 } else { 1 }));
        }
        Kind::VarBinary(length) => properties.u16(length.bytes(1)),
        Kind::Decimal { precision, scale } => properties.extend([*precision, *scale]),
        Kind::DateTime2(scale) | Kind::DateTimeOffset(scale) => properties.push(*scale),
        _ => {}
    }
    let count = u8::try_from(properties.len()).expect("at most seven bytes");
    [&[info[0], count][..], &properties, &kind.value(cell)].concat()
}

/// Of 16 bytes as in text, the first three groups stand with their little end first.
fn guid(text_order: &[u8]) -> Vec<u8> {
    let bytes: [u8; 16] = text_order.try_into().expect("a uniqueidentifier has 16 bytes");
    [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(|index: usize| bytes[index]).to_vec()
}

/// Days from 0001-01-01 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_162;

impl Moment {
    /// Fractions of a second since midnight, in 3 to 5 bytes, and days since the year 1, in 3 ([MS-TDS] 2.2.5.5.1.9).
    fn datetime2(self, scale: u8) -> Vec<u8> {
        let fractions = 10_u64.pow(scale.into());
        let second = u64::try_from(self.seconds.rem_euclid(86_400)).expect("not negative");
        let time = second * fractions + u64::from(self.nanoseconds) * fractions / 1_000_000_000;
        let bytes = match scale {
            0..=2 => 3,
            3 | 4 => 4,
            _ => 5,
        };
        let days = u32::try_from(self.seconds.div_euclid(86_400) + DAYS_TO_1970).expect("a year from 1 on");
        [&time.to_le_bytes()[..bytes], &days.to_le_bytes()[..3]].concat()
    }

    /// The reverse, from so many fractions and days.
    pub(super) fn from_datetime2(scale: u8, time: u64, days: u32) -> Option<Self> {
        let fractions = 10_u64.checked_pow(scale.into())?;
        let seconds = i64::try_from(time / fractions).ok()? + (i64::from(days) - DAYS_TO_1970) * 86_400;
        let nanoseconds = u32::try_from((time % fractions) * (1_000_000_000 / fractions)).ok()?;
        Some(Self { seconds, nanoseconds })
    }
}
