//! Parameters of a call: what a client wrote as a typed value, read back ([MS-TDS] 2.2.6.6, `ParameterData`), and a
//! statement with its parameters put in.

use std::fmt::Write as _;

use super::buffer::{Malformed, Reader, text};
use super::column::id;
use super::database::{Call, Parameter, Procedure};
use super::reply::{Cell, Moment};

/// `fByRefValue`
const BY_REFERENCE: u8 = 0x01;

/// `sp_executesql` as a well-known procedure.
const EXECUTE_SQL: u16 = 10;

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Parameter, Malformed> {
    let name = reader.b_varchar()?;
    let flags = reader.u8()?;
    Ok(Parameter { name, value: value(reader)?, output: flags & BY_REFERENCE != 0 })
}

/// A type and a value of it.
fn value(reader: &mut Reader<'_>) -> Result<Cell, Malformed> {
    match reader.u8()? {
        id::NULL => Ok(Cell::Null),
        id::INT1 => reader.integer(1).and_then(int),
        id::INT2 => reader.integer(2).and_then(int),
        id::INT4 => reader.integer(4).and_then(int),
        id::INT8 => reader.integer(8).map(Cell::BigInt),
        id::BIT => Ok(Cell::Bit(reader.u8()? != 0)),
        id::FLOAT4 => float(reader, 4),
        id::FLOAT8 => float(reader, 8),
        id::INT_N => {
            reader.u8()?;
            match reader.u8()? {
                0 => Ok(Cell::Null),
                8 => reader.integer(8).map(Cell::BigInt),
                count => reader.integer(count.into()).and_then(int),
            }
        }
        id::BIT_N => {
            reader.u8()?;
            if reader.u8()? == 0 { Ok(Cell::Null) } else { Ok(Cell::Bit(reader.u8()? != 0)) }
        }
        id::FLOAT_N => {
            reader.u8()?;
            match reader.u8()? {
                0 => Ok(Cell::Null),
                count => float(reader, count.into()),
            }
        }
        id::GUID => {
            reader.u8()?;
            let count = reader.u8()?;
            let bytes = reader.bytes(count.into())?;
            match <[u8; 16]>::try_from(bytes) {
                Ok(b) => Ok(Cell::Bytes(
                    [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(|at: usize| b[at]).to_vec(),
                )),
                Err(_) => Ok(Cell::Null),
            }
        }
        id::DECIMAL_N | id::NUMERIC_N => {
            reader.bytes(3)?;
            decimal(reader)
        }
        id::DATETIME2 => {
            let scale = reader.u8()?;
            match reader.u8()? {
                0 => Ok(Cell::Null),
                count => datetime2(reader, scale, count).map(Cell::Time),
            }
        }
        id::DATETIMEOFFSET => {
            let scale = reader.u8()?;
            let Some(count) = reader.u8()?.checked_sub(2) else { return Ok(Cell::Null) };
            let moment = datetime2(reader, scale, count)?;
            let minutes = i16::try_from(reader.integer(2)?).map_err(|_| Malformed)?;
            Ok(Cell::TimeWithOffset(moment, minutes))
        }
        id::NVARCHAR | id::NCHAR => {
            let bytes = long(reader, Collation::Yes)?;
            bytes.map_or(Ok(Cell::Null), |bytes| text(&bytes).map(Cell::Text))
        }
        id::VARCHAR | id::CHAR => Ok(long(reader, Collation::Yes)?.map_or(Cell::Null, latin)),
        id::VARBINARY | id::BINARY => Ok(long(reader, Collation::No)?.map_or(Cell::Null, Cell::Bytes)),
        id::NTEXT => {
            let bytes = older(reader)?;
            bytes.map_or(Ok(Cell::Null), |bytes| text(&bytes).map(Cell::Text))
        }
        id::TEXT => Ok(older(reader)?.map_or(Cell::Null, latin)),
        _ => Err(Malformed),
    }
}

fn int(value: i64) -> Result<Cell, Malformed> {
    i32::try_from(value).map(Cell::Int).map_err(|_| Malformed)
}

fn float(reader: &mut Reader<'_>, count: usize) -> Result<Cell, Malformed> {
    match count {
        4 => reader.u32().map(|bits| Cell::Float(f32::from_bits(bits).into())),
        8 => reader.f64().map(Cell::Float),
        _ => Err(Malformed),
    }
}

fn decimal(reader: &mut Reader<'_>) -> Result<Cell, Malformed> {
    let Some(count) = reader.u8()?.checked_sub(1) else { return Ok(Cell::Null) };
    let negative = reader.u8()? == 0;
    let mut magnitude = [0; 16];
    let bytes = reader.bytes(count.into())?;
    magnitude.get_mut(..bytes.len()).ok_or(Malformed)?.copy_from_slice(bytes);
    let value = i128::try_from(u128::from_le_bytes(magnitude)).map_err(|_| Malformed)?;
    Ok(Cell::Decimal(if negative { -value } else { value }))
}

fn datetime2(reader: &mut Reader<'_>, scale: u8, count: u8) -> Result<Moment, Malformed> {
    let time = reader.unsigned(usize::from(count).checked_sub(3).ok_or(Malformed)?)?;
    let days = u32::try_from(reader.unsigned(3)?).map_err(|_| Malformed)?;
    Moment::from_datetime2(scale, time, days).ok_or(Malformed)
}

/// Whether a collation stands between a type's length and its value.
#[derive(PartialEq, Eq)]
enum Collation {
    Yes,
    No,
}

/// A value with a count of 16 bits, or in chunks.
fn long(reader: &mut Reader<'_>, collation: Collation) -> Result<Option<Vec<u8>>, Malformed> {
    let most = reader.u16()?;
    if collation == Collation::Yes {
        reader.bytes(5)?;
    }
    if most != u16::MAX {
        return match reader.u16()? {
            u16::MAX => Ok(None),
            count => Ok(Some(reader.bytes(count.into())?.to_vec())),
        };
    }
    if reader.u64()? == u64::MAX {
        return Ok(None);
    }
    let mut whole = Vec::new();
    loop {
        let count = usize::try_from(reader.u32()?).map_err(|_| Malformed)?;
        if count == 0 {
            return Ok(Some(whole));
        }
        whole.extend(reader.bytes(count)?);
    }
}

/// A value of `text` or `ntext`: a length, a collation, a count of 32 bits.
fn older(reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    reader.bytes(4 + 5)?;
    match reader.u32()? {
        u32::MAX => Ok(None),
        count => Ok(Some(reader.bytes(usize::try_from(count).map_err(|_| Malformed)?)?.to_vec())),
    }
}

fn latin(bytes: Vec<u8>) -> Cell {
    Cell::Text(bytes.into_iter().map(char::from).collect())
}

impl Call {
    /// The statement of an `sp_executesql`; `None` for another procedure.
    pub fn statement(&self) -> Option<&str> {
        let executes = match &self.procedure {
            Procedure::Id(id) => *id == EXECUTE_SQL,
            Procedure::Name(name) => {
                name.rsplit('.').next().is_some_and(|name| name.eq_ignore_ascii_case("sp_executesql"))
            }
        };
        match self.parameters.first().map(|parameter| &parameter.value) {
            Some(Cell::Text(statement)) if executes => Some(statement),
            _ => None,
        }
    }

    /// What an `sp_executesql` hands to its statement: the parameters after the statement and their declaration.
    pub fn arguments(&self) -> &[Parameter] {
        self.parameters.get(2..).unwrap_or_default()
    }

    /// The statement of an `sp_executesql` with its arguments as literals in the place of their names; names in quotes
    /// and in comments stay.
    pub fn rendered(&self) -> Option<String> {
        let statement = self.statement()?;
        let arguments = self.arguments();
        // A parameter without a name takes its name from the declaration, by its place.
        let declared: Vec<&str> = match self.parameters.get(1).map(|parameter| &parameter.value) {
            Some(Cell::Text(text)) => text.split([' ', ',', '\t', '\n']).filter(|word| word.starts_with('@')).collect(),
            _ => Vec::new(),
        };
        let name = |index: usize| match arguments[index].name.as_str() {
            "" => declared.get(index).copied().unwrap_or_default().to_owned(),
            name => name.to_owned(),
        };
        let names: Vec<String> = (0..arguments.len()).map(name).collect();
        let mut rendered = String::new();
        for piece in pieces(statement) {
            match names.iter().position(|name| name.eq_ignore_ascii_case(piece)) {
                Some(index) => rendered.push_str(&literal(&arguments[index].value)),
                None => rendered.push_str(piece),
            }
        }
        Some(rendered)
    }
}

/// A statement cut into the names that begin with `@` and what is between them.
fn pieces(statement: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = statement;
    while !rest.is_empty() {
        let within = |open: usize, end: &str| rest[open..].find(end).map_or(rest.len(), |at| open + at + end.len());
        let length = match rest.as_bytes()[0] {
            b'\'' => within(1, "'"),
            b'"' => within(1, "\""),
            b'[' => within(1, "]"),
            b'-' if rest.starts_with("--") => within(2, "\n"),
            b'/' if rest.starts_with("/*") => within(2, "*/"),
            b'@' => {
                let is_part =
                    |character: char| character.is_alphanumeric() || matches!(character, '@' | '_' | '#' | '$');
                rest.find(|character| !is_part(character)).unwrap_or(rest.len())
            }
            _ => {
                let special = |character: char| matches!(character, '\'' | '"' | '[' | '-' | '/' | '@');
                let first = rest.chars().next().map_or(1, char::len_utf8);
                rest[first..].find(special).map_or(rest.len(), |at| at + first)
            }
        };
        let (piece, after) = rest.split_at(length);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// A value as Transact-SQL writes it; times and variants are not written, and become NULL.
fn literal(value: &Cell) -> String {
    match value {
        Cell::Null | Cell::Time(_) | Cell::TimeWithOffset(..) | Cell::Variant(_) => "NULL".to_owned(),
        Cell::Bit(value) => u8::from(*value).to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::BigInt(value) => value.to_string(),
        Cell::Float(value) => format!("{value:e}"),
        Cell::Decimal(value) => value.to_string(),
        Cell::Text(text) => format!("N'{}'", text.replace('\'', "''")),
        Cell::Bytes(bytes) | Cell::Raw(bytes) => bytes.iter().fold("0x".to_owned(), |mut hex, byte| {
            write!(hex, "{byte:02X}").expect("writing to a String never fails");
            hex
        }),
    }
}
