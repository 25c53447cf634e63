//! The answer to a user's own query: typed values, within its caps.

use std::pin::{Pin, pin};

use dbprobe_core::{Access, Cancel, Query, Rows, Value};
use futures_util::TryStreamExt;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, Kind, Type};
use tokio_postgres::{Client, Error, Row, RowStream};

use crate::sql;
use crate::wire::Allowance;

/// The access mode for `BEGIN`, and how the transaction ends.
pub(crate) fn transaction(access: Access) -> (&'static str, &'static str) {
    match access {
        Access::ReadOnly => ("READ ONLY", sql::ROLLBACK),
        Access::ReadWrite => ("READ WRITE", sql::COMMIT),
    }
}

/// So much beyond a cap is read and thrown away; of more, the server is told to stop.
const BEYOND: usize = 1 << 20;

/// Sends the query and keeps rows until a cap is reached. What comes after it is thrown away, and where that is much and
/// nothing is lost by it, `stop` ends the statement.
pub(crate) async fn collect(
    client: &Client,
    query: &Query,
    allowance: &Allowance,
    stop: &dyn Cancel,
) -> Result<Rows, Error> {
    // Values, and what the protocol puts round them; for each row anew, since the caps bound what is kept.
    let fill = || allowance.fill(query.max_bytes.saturating_mul(4).max(Allowance::LIST));
    fill();
    let parameters: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 0] = [];
    let mut stream = pin!(client.query_typed_raw(&query.sql, parameters).await?);
    let mut rows = Rows::default();
    let mut bytes = 0;
    while let Some(row) = stream.try_next().await? {
        if rows.columns.is_empty() {
            rows.columns = row.columns().iter().map(|column| column.name().to_owned()).collect();
        }
        let values: Vec<Value> = (0..row.len()).map(|at| value(&row, at)).collect();
        bytes += values.iter().map(Value::size).sum::<usize>();
        if rows.rows.len() == query.max_rows || bytes > query.max_bytes {
            rows.truncated = true;
            // A statement that writes is to be carried out, however much it answers.
            discard(stream.as_mut(), allowance, Some(stop).filter(|_| query.access == Access::ReadOnly)).await?;
            break;
        }
        rows.rows.push(values);
        fill();
    }
    Ok(rows)
}

/// Reads what is left of an answer, and keeps none of it.
async fn discard(
    mut stream: Pin<&mut RowStream>,
    allowance: &Allowance,
    mut stop: Option<&dyn Cancel>,
) -> Result<(), Error> {
    let (mut bytes, mut stopped) = (0, false);
    loop {
        allowance.fill(Allowance::LIST);
        match stream.try_next().await {
            Ok(Some(row)) => bytes += row.raw_size_bytes(),
            Ok(None) => return Ok(()),
            Err(error) if stopped && error.code() == Some(&SqlState::QUERY_CANCELED) => return Ok(()),
            Err(error) => return Err(error),
        }
        if bytes > BEYOND
            && let Some(stop) = stop.take()
        {
            stop.cancel().await;
            stopped = true;
        }
    }
}

fn value(row: &Row, at: usize) -> Value {
    row.try_get::<_, Any>(at).map_or(Value::Null, |any| any.0)
}

/// A value of any type, from the binary format of the common ones and the text of the rest.
struct Any(Value);

impl<'a> FromSql<'a> for Any {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let value = match *ty {
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::INT2 => Value::Integer(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Value::Integer(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Value::Integer(i64::from_sql(ty, raw)?),
            Type::OID => Value::Integer(u32::from_sql(ty, raw)?.into()),
            Type::FLOAT4 => Value::Float(f32::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Value::Float(f64::from_sql(ty, raw)?),
            Type::NUMERIC => Value::Float(numeric(raw).ok_or("a numeric that cannot be read")?),
            Type::JSON | Type::XML => Value::Text(String::from_utf8_lossy(raw).into_owned()),
            _ if <&str>::accepts(ty) || matches!(ty.kind(), Kind::Enum(_)) => {
                Value::Text(String::from_utf8_lossy(raw).into_owned())
            }
            _ => Value::Text(format!("({}: cast it to text)", ty.name())),
        };
        Ok(Self(value))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The binary `numeric`: count, weight, sign, scale, then digits to the base of 10,000 (`numeric_send` in
/// `src/backend/utils/adt/numeric.c`).
fn numeric(raw: &[u8]) -> Option<f64> {
    let words: Vec<u16> = raw.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    let (head, digits) = words.split_at_checked(4)?;
    let weight = i32::from(head[1].cast_signed());
    let magnitude =
        digits.iter().zip(0..).map(|(digit, at)| f64::from(*digit) * 10_000_f64.powi(weight - at)).sum::<f64>();
    match head[2] {
        0x0000 => Some(magnitude),
        0x4000 => Some(-magnitude),
        0xc000 => Some(f64::NAN),
        0xd000 => Some(f64::INFINITY),
        0xf000 => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn numerics_are_read_from_their_digits() {
        assert_eq!(numeric(&bytes(&[2, 0, 0, 2, 123, 4500])), Some(123.45));
        assert_eq!(numeric(&bytes(&[1, 1, 0x4000, 0, 1])), Some(-10_000.0));
        assert_eq!(numeric(&bytes(&[0, 0, 0, 0])), Some(0.0));
        assert!(numeric(&bytes(&[0, 0, 0xc000, 0])).is_some_and(f64::is_nan));
        assert_eq!(numeric(&[1, 2, 3]), None);
    }
}
