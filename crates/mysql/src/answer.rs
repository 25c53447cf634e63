//! The answer to one `COM_QUERY`: a result for each of its statements, up to the first that failed.
//!
//! Source: the protocol documentation, "Text Resultset".

use dbprobe_core::{Class, Failure};
use mysql_common::constants::{CapabilityFlags, ColumnType, StatusFlags};
use mysql_common::io::ParseBuf;
use mysql_common::packets::{Column, CommonOkPacket, OkPacketDeserializer, OldEofPacket};

use crate::classify::{not_mysql, refused};
use crate::wire::Wire;

/// A value as text; `None` is NULL.
pub(crate) type Cell = Option<String>;

/// What is known of a column.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
}

/// The rows of one statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) headings: Vec<Heading>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Whether rows were left out.
    pub(crate) truncated: bool,
}

/// The result of one statement.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Done {
        /// What `LAST_INSERT_ID` was given.
        token: u64,
    },
    Rows(Table),
}

/// What of a table is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caps {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

impl Caps {
    /// Of our own statements, everything: the allowance bounds it.
    pub(crate) const NONE: Self = Self { rows: usize::MAX, bytes: usize::MAX };
}

/// The results of one question.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) parts: Vec<Part>,
    /// Why the statement behind the last part failed; those behind it were not carried out.
    pub(crate) failure: Option<Failure>,
}

impl Answer {
    /// Reads every result there is.
    ///
    /// # Errors
    /// What the socket says, or class `protocol`. What the server says is in [`Answer::failure`].
    pub(crate) async fn receive(wire: &mut Wire, caps: Caps) -> Result<Self, Failure> {
        let mut answer = Self::default();
        loop {
            let first = wire.read().await?;
            let status = match first.first() {
                Some(0x00) => {
                    let (status, token) = ok(&first)?;
                    answer.parts.push(Part::Done { token });
                    status
                }
                Some(0xff) => {
                    answer.failure = Some(refused(&first));
                    return Ok(answer);
                }
                // A request for a file of ours (`LOAD DATA LOCAL`), which no statement of ours makes.
                Some(0xfb) => return Err(not_mysql("the server asks for a file of this machine")),
                _ => match rows(wire, &first, caps).await? {
                    Ok((table, status)) => {
                        answer.parts.push(Part::Rows(table));
                        status
                    }
                    Err(failure) => {
                        answer.failure = Some(failure);
                        return Ok(answer);
                    }
                },
            };
            if !status.contains(StatusFlags::SERVER_MORE_RESULTS_EXISTS) {
                return Ok(answer);
            }
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// What the server said where a statement failed.
    pub(crate) fn whole(self) -> Result<Vec<Part>, Failure> {
        self.failure.map_or(Ok(self.parts), Err)
    }

    /// The rows of the statement `at`.
    pub(crate) fn table(&self, at: usize) -> Option<&Table> {
        match self.parts.get(at) {
            Some(Part::Rows(table)) => Some(table),
            _ => None,
        }
    }
}

impl Table {
    /// The value in the first row; `None` for NULL, for a column that is not there, and without a row.
    pub(crate) fn text(&self, column: usize) -> Option<&str> {
        self.rows.first()?.get(column)?.as_deref()
    }

    pub(crate) fn number(&self, column: usize) -> Option<u64> {
        self.text(column)?.parse().ok()
    }

    /// True or false, as servers write it: a number, or a word.
    pub(crate) fn flag(&self, column: usize) -> Option<bool> {
        self.text(column).map(|text| !matches!(text, "0" | "OFF" | "NO"))
    }

    /// Where the first of `names` stands.
    pub(crate) fn column(&self, names: &[&str]) -> Option<usize> {
        self.headings.iter().position(|heading| names.iter().any(|name| heading.name.eq_ignore_ascii_case(name)))
    }
}

type Rows = Result<(Table, StatusFlags), Failure>;

/// So many bytes of an answer are read at the most where its caps keep fewer.
const BEYOND: usize = 64 << 20;

/// The rest of a result of which `first` is the first packet. Rows beyond the caps are read and forgotten.
async fn rows(wire: &mut Wire, first: &[u8], caps: Caps) -> Result<Rows, Failure> {
    let count = ParseBuf(first).checked_eat_lenenc_int().filter(|count| (1..=4096).contains(count));
    let count = count.ok_or_else(unreadable)?;
    let mut table = Table::default();
    for _ in 0..=count {
        let packet = wire.read().await?;
        match packet.first() {
            // A server that ends a session says so wherever it is.
            Some(0xff) => return Ok(Err(refused(&packet))),
            _ if (table.headings.len() as u64) < count => table.headings.push(heading(&packet)?),
            _ if is_end(&packet) => {}
            _ => return Err(unreadable()),
        }
    }
    let mut bytes = 0;
    loop {
        let packet = wire.read().await?;
        if packet.first() == Some(&0xff) {
            return Ok(Err(refused(&packet)));
        }
        if is_end(&packet) {
            return Ok(Ok((table, end(&packet)?)));
        }
        bytes += packet.len();
        if table.rows.len() >= caps.rows || bytes > caps.bytes {
            table.truncated = true;
            // What is thrown away fills no memory; of gigabytes, nobody reads the rest.
            if bytes < BEYOND {
                wire.allow_more();
            }
            continue;
        }
        table.rows.push(row(&packet, table.headings.len())?);
    }
}

fn heading(packet: &[u8]) -> Result<Heading, Failure> {
    let column: Column = ParseBuf(packet).parse(()).map_err(|_| unreadable())?;
    Ok(Heading { name: column.name_str().into_owned(), kind: column.column_type() })
}

fn row(packet: &[u8], columns: usize) -> Result<Vec<Cell>, Failure> {
    let mut packet = ParseBuf(packet);
    let mut cells = Vec::with_capacity(columns);
    for _ in 0..columns {
        if packet.0.first() == Some(&0xfb) {
            packet.checked_eat(1);
            cells.push(None);
            continue;
        }
        let text = packet.checked_eat_lenenc_str().ok_or_else(unreadable)?;
        cells.push(Some(String::from_utf8_lossy(text).into_owned()));
    }
    Ok(cells)
}

/// A row that begins with this byte would be one of 16 MiB and more.
fn is_end(packet: &[u8]) -> bool {
    packet.first() == Some(&0xfe) && packet.len() < 9
}

fn end(packet: &[u8]) -> Result<StatusFlags, Failure> {
    let parsed = ParseBuf(packet).parse::<OkPacketDeserializer<'_, OldEofPacket>>(CapabilityFlags::empty());
    parsed.map(|end| end.into_inner().status_flags()).map_err(|_| unreadable())
}

fn ok(packet: &[u8]) -> Result<(StatusFlags, u64), Failure> {
    let parsed = ParseBuf(packet).parse::<OkPacketDeserializer<'_, CommonOkPacket>>(CapabilityFlags::empty());
    let ok = parsed.map_err(|_| unreadable())?.into_inner();
    Ok((ok.status_flags(), ok.last_insert_id().unwrap_or(0)))
}

fn unreadable() -> Failure {
    Failure::new(Class::Protocol, "the server's answer cannot be read")
        .advise("a proxy or another database that speaks MySQL's protocol may be in between")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_of_a_peer_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), columns in 0..20_usize) {
            for first in [0x00, 0x03, 0xfe, 0xff] {
                let packet = [&[first], bytes.as_slice()].concat();
                let _ = (heading(&packet), row(&packet, columns), ok(&packet), end(&packet), refused(&packet));
            }
            let _ = heading(&[b"\x03def".as_slice(), &bytes].concat());
        }
    }
}
