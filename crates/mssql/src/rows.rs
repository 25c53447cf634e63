//! The answer to a user's own query: typed values, within its caps.

use dbprobe_core::{Class, Failure, Query, Rows, Value};
use futures_util::TryStreamExt;
use jiff::SignedDuration;
use jiff::civil::Date;
use tiberius::error::Error;
use tiberius::{Client, ColumnData, QueryItem, Row};

use crate::line::Wire;
use crate::sql::REFUSED;

/// Refuses what the rollback of a transaction would not undo. SQL Server has no read-only transactions.
///
/// # Errors
/// Class `query`, when it is not one `SELECT`, with or without `WITH` before it.
pub(crate) fn reads_only(sql: &str) -> Result<(), Failure> {
    let words = words(sql);
    let refused = |what: String| {
        Err(Failure::new(Class::Query, what)
            .advise("write one SELECT; a view or a table function can hold what is more than that"))
    };
    if !words.first().is_some_and(|word| word == "SELECT" || word == "WITH") {
        return refused("a read-only query begins with SELECT or WITH".to_owned());
    }
    match words.iter().find(|word| REFUSED.contains(&word.as_str())) {
        Some(word) => refused(format!("a read-only query cannot hold {word}")),
        None => Ok(()),
    }
}

/// The words of a statement in upper case, without strings, quoted names and comments.
fn words(sql: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '\'' => quoted(rest, '\''),
            '"' => quoted(rest, '"'),
            '[' => quoted(rest, ']'),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment(rest),
            _ => 0,
        };
        if skipped == 0 && (first.is_alphanumeric() || "_@#$".contains(first)) {
            if let Some(word) = words.last_mut() {
                word.extend(first.to_uppercase());
            }
        } else {
            words.push(String::new());
        }
        rest = &rest[skipped.max(first.len_utf8())..];
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The length of what is quoted up to `end`; a doubled one begins the next piece, which comes to the same.
fn quoted(text: &str, end: char) -> usize {
    text[1..].find(end).map_or(text.len(), |at| at + 2)
}

/// The length of a comment, in which others may be nested.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        match rest {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    // Only ASCII ends a comment, so this is a character's border.
    at
}

/// Sends the batch and keeps the first result's rows until a cap is reached. What is behind that is not read.
pub(crate) async fn collect(client: &mut Client<Wire>, sql: String, query: &Query) -> Result<Rows, Error> {
    let mut rows = Rows::default();
    let mut bytes = 0;
    {
        let mut stream = client.simple_query(sql).await?;
        while let Some(item) = stream.try_next().await? {
            match item {
                QueryItem::Metadata(meta) if meta.result_index() == 0 => {
                    rows.columns = meta.columns().iter().map(|column| column.name().to_owned()).collect();
                }
                QueryItem::Row(row) if row.result_index() == 0 => {
                    let values = values(&row);
                    bytes += values.iter().map(Value::size).sum::<usize>();
                    if rows.rows.len() == query.max_rows || bytes > query.max_bytes {
                        rows.truncated = true;
                        break;
                    }
                    rows.rows.push(values);
                }
                _ => {}
            }
        }
    }
    if rows.truncated {
        client.cancel_query().await?;
    }
    Ok(rows)
}

fn values(row: &Row) -> Vec<Value> {
    row.cells().map(|(_, data)| value(data).unwrap_or(Value::Null)).collect()
}

/// A value of any type; nothing for NULL.
fn value(data: &ColumnData<'static>) -> Option<Value> {
    let value = match data {
        ColumnData::Bit(flag) => Value::Bool((*flag)?),
        ColumnData::U8(number) => Value::Integer((*number)?.into()),
        ColumnData::I16(number) => Value::Integer((*number)?.into()),
        ColumnData::I32(number) => Value::Integer((*number)?.into()),
        ColumnData::I64(number) => Value::Integer((*number)?),
        ColumnData::F32(number) => Value::Float((*number)?.into()),
        ColumnData::F64(number) => Value::Float((*number)?),
        ColumnData::Numeric(number) => number.map(|number| decimal(number.value(), number.scale()))?,
        ColumnData::String(text) => Value::Text(text.as_deref()?.to_owned()),
        ColumnData::Xml(xml) => Value::Text(xml.as_deref()?.to_string()),
        ColumnData::Guid(guid) => Value::Text((*guid)?.to_string()),
        ColumnData::Binary(bytes) => Value::Text(hexadecimal(bytes.as_deref()?)),
        ColumnData::Date(date) => Value::Text(day(YEAR_1, (*date)?.days().into())?.to_string()),
        ColumnData::Time(time) => time.map(|time| Value::Text(clock(time.increments(), time.scale())))?,
        ColumnData::DateTime(time) => {
            let time = (*time)?;
            // The unit is the three-hundredth of a second, of which SQL Server shows milliseconds.
            let milliseconds = (u64::from(time.seconds_fragments()) * 10 + 1) / 3;
            Value::Text(format!("{}T{}", day(YEAR_1900, time.days().into())?, clock(milliseconds, 3)))
        }
        ColumnData::SmallDateTime(time) => {
            let time = (*time)?;
            let seconds = u64::from(time.seconds_fragments()) * 60;
            Value::Text(format!("{}T{}", day(YEAR_1900, time.days().into())?, clock(seconds, 0)))
        }
        ColumnData::DateTime2(time) => {
            let time = (*time)?;
            let clock = clock(time.time().increments(), time.time().scale());
            Value::Text(format!("{}T{clock}", day(YEAR_1, time.date().days().into())?))
        }
        ColumnData::DateTimeOffset(time) => {
            let utc = (*time)?.datetime2();
            let clock = clock(utc.time().increments(), utc.time().scale());
            Value::Text(format!("{}T{clock}Z", day(YEAR_1, utc.date().days().into())?))
        }
    };
    Some(value)
}

/// Day 0 of the types since 2008, and of those before.
const YEAR_1: Date = Date::constant(1, 1, 1);
const YEAR_1900: Date = Date::constant(1900, 1, 1);

fn day(first: Date, days: i64) -> Option<Date> {
    first.checked_add(SignedDuration::from_hours(days.checked_mul(24)?)).ok()
}

/// `12:34:56.789` of a count of 10^-scale seconds since midnight.
fn clock(count: u64, scale: u8) -> String {
    let unit = 10_u64.pow(scale.min(7).into());
    let (seconds, rest) = (count / unit, count % unit);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if scale == 0 { clock } else { format!("{clock}.{rest:0width$}", width = usize::from(scale.min(7))) }
}

#[expect(clippy::cast_precision_loss, reason = "a decimal is rounded to the nearest f64, as `Value::Float` says")]
fn decimal(value: i128, scale: u8) -> Value {
    Value::Float(value as f64 / 10_f64.powi(scale.into()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02X}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_could_leave_something_is_refused() {
        for good in [
            "SELECT 1",
            " /* a /* nested */ comment */ select count(*) from t where s = 'COMMIT' -- EXEC\n",
            "WITH a AS (SELECT 1 AS [exec]) SELECT * FROM a",
            "SELECT \"commit\" FROM t; ",
            "SELECT committed FROM executes",
        ] {
            assert!(reads_only(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "DELETE FROM t",
            "xp_cmdshell 'x'",
            "SELECT 1 COMMIT DROP TABLE t",
            "SELECT 'it''s' EXEC('DROP TABLE t')",
            "SELECT 1 /* */commit",
            "select 1;execute p",
        ] {
            assert_eq!(reads_only(bad).err().map(|failure| failure.class), Some(Class::Query), "{bad}");
        }
        for odd in ["SELECT '", "SELECT [", "SELECT /*", "/*/", "--", "SELECT ä'ü"] {
            let _ = reads_only(odd);
        }
    }

    #[test]
    fn times_are_written_as_iso_8601_has_them() {
        assert_eq!(clock(86_399 * 10_000_000 + 1, 7), "23:59:59.0000001");
        assert_eq!(clock(3_661, 0), "01:01:01");
        assert_eq!(day(YEAR_1, 739_575).map(|day| day.to_string()).as_deref(), Some("2025-11-21"));
        assert_eq!(day(YEAR_1900, i64::from(i32::MAX)), None);
    }
}
