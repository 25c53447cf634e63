//! The statements that read histories. They only read, and need SELECT on the table.

/// A column that is not read as it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    /// As it is.
    Plain(&'static str),
    /// Bytes, as hexadecimal digits: engines show bytes in different ways.
    Hexadecimal(&'static str),
}

/// Every row of `table` in `schema`; all columns where none are named.
///
/// The outer join is for PostgreSQL, whose driver names no columns where there is no row: an empty table is one row of
/// NULLs. Columns are compared by name without regard to case.
pub(super) fn history(engine: &str, schema: Option<&str>, table: &str, columns: &[Column]) -> String {
    let place = match schema {
        Some(schema) => {
            // SQL Server may tell the database, too.
            let parts: Vec<&str> = if engine == "mssql" { schema.split('.').collect() } else { vec![schema] };
            parts.iter().map(|part| format!("{}.", identifier(engine, part))).collect::<String>()
        }
        None => String::new(),
    } + &identifier(engine, table);
    let columns = match columns {
        [] => "history.*".to_owned(),
        columns => columns.iter().map(|column| expression(engine, *column)).collect::<Vec<_>>().join(", "),
    };
    format!("SELECT {columns} FROM (SELECT 1 AS present) AS asked LEFT JOIN {place} AS history ON 1 = 1")
}

fn expression(engine: &str, column: Column) -> String {
    let (Column::Plain(name) | Column::Hexadecimal(name)) = column;
    let place = format!("history.{}", identifier(engine, name));
    match (column, engine) {
        (Column::Plain(_), _) => place,
        (_, "postgres") => format!("encode({place}, 'hex') AS {name}"),
        (_, "mssql") => format!("CONVERT(varchar(max), {place}, 2) AS {name}"),
        _ => format!("HEX({place}) AS {name}"),
    }
}

/// A name that cannot leave its quotes.
fn identifier(engine: &str, name: &str) -> String {
    match engine {
        "mysql" => format!("`{}`", name.replace('`', "``")),
        "mssql" => format!("[{}]", name.replace(']', "]]")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_quotes_of_their_engine() {
        let statement = |engine| history(engine, Some("a.b"), "x\"y`z]", &[Column::Hexadecimal("checksum")]);
        assert!(statement("postgres").contains(r#"encode(history."checksum", 'hex') AS checksum"#));
        assert!(statement("postgres").contains(r#"LEFT JOIN "a.b"."x""y`z]" AS"#));
        assert!(statement("mysql").contains("`a.b`.`x\"y``z]` AS"));
        assert!(statement("mssql").contains("[a].[b].[x\"y`z]]] AS"));
        assert!(
            history("sqlite", None, "t", &[]).ends_with(
                r#"history.* FROM (SELECT 1 AS present) AS asked LEFT JOIN "t" AS history ON 1 = 1"#
                    .trim_start_matches("history.* ")
            )
        );
    }
}
