//! From a query's rows to metrics.

use std::collections::HashSet;

use dbprobe_config::QuerySettings;
use dbprobe_core::{Class, Failure, Phase, Rows, Value};

use crate::record::Sample;

/// Reads an answer: the last column that holds numbers is the value, every other column is a label of that name.
///
/// # Errors
/// Class `query` for an answer without a number, with two rows that have the same labels, or with more rows or bytes
/// than its caps allow.
pub(crate) fn samples(settings: &QuerySettings, rows: &Rows) -> Result<Vec<Sample>, Failure> {
    if rows.truncated {
        return Err(refused(
            settings,
            format!(
                "answers more than its caps of {} rows or {} bytes allow",
                settings.query.max_rows, settings.query.max_bytes
            ),
        )
        .advise("aggregate in the statement, or raise max_rows or max_bytes: every row is a series"));
    }
    let Some(at) = value_column(rows) else {
        let nothing = rows.rows.iter().all(|row| matches!(row.last(), None | Some(Value::Null)));
        return if nothing {
            Ok(Vec::new()) // such as max() of an empty table: not known, and so absent
        } else {
            Err(refused(settings, "answers no number".to_owned())
                .advise("select a number in the last column, such as count(*)"))
        };
    };
    let mut names = HashSet::new();
    let columns: Vec<String> = rows.columns.iter().map(|name| label_name(name)).collect();
    if let Some(name) = columns.iter().enumerate().find(|(column, name)| *column != at && !names.insert(*name)) {
        return Err(refused(settings, format!("has two columns that become the label `{}`", name.1))
            .advise("give one of them another name with AS"));
    }
    let mut samples: Vec<Sample> = Vec::with_capacity(rows.rows.len());
    for row in &rows.rows {
        // A row whose value is NULL has nothing to say.
        let Some(value) = row.get(at).and_then(number) else { continue };
        let labels = columns.iter().zip(row).enumerate().filter(|(column, _)| *column != at);
        let labels = labels.map(|(_, (name, value))| (name.clone(), text(value))).collect();
        samples.push(Sample { labels, value });
    }
    let mut seen = HashSet::with_capacity(samples.len());
    if !samples.iter().all(|sample| seen.insert(&sample.labels)) {
        return Err(refused(settings, "answers two rows with the same labels".to_owned())
            .advise("group by the columns that are to become labels"));
    }
    Ok(samples)
}

/// The last column that holds a number in any row; none where the last column of all holds nothing but NULL, since that
/// one was meant.
fn value_column(rows: &Rows) -> Option<usize> {
    let holds = |column: usize, what: fn(&Value) -> bool| rows.rows.iter().any(|row| row.get(column).is_some_and(what));
    let last = rows.columns.len().checked_sub(1)?;
    holds(last, |value| *value != Value::Null).then_some(())?;
    (0..=last).rev().find(|column| holds(*column, |value| number(value).is_some()))
}

/// What the values are beyond their limits, if they are.
pub(crate) fn beyond(settings: &QuerySettings, samples: &[Sample]) -> Option<Failure> {
    samples.iter().find_map(|sample| {
        let low = settings.min.filter(|min| sample.value < *min).map(|min| ("less than the minimum of", min));
        let high = settings.max.filter(|max| sample.value > *max).map(|max| ("more than the maximum of", max));
        let (words, limit) = low.or(high)?;
        let message = format!("query `{}` answers {}, {words} {limit}", settings.name, sample.value);
        Some(Failure::new(Class::Threshold, message).advise("the limit is that of `queries` in the configuration"))
    })
}

fn refused(settings: &QuerySettings, what: String) -> Failure {
    Failure::new(Class::Query, format!("query `{}` {what}", settings.name)).in_phase(Phase::Inspect)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::Duration(duration) => Some(duration.as_secs_f64()),
        Value::Float(number) => Some(*number),
        #[expect(clippy::cast_precision_loss, reason = "every metric is an f64")]
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Duration(duration) => duration.as_secs_f64().to_string(),
        Value::Float(number) => number.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.chars().take(LONGEST).collect(),
        _ => String::new(),
    }
}

/// The longest label, in characters.
const LONGEST: usize = 128;

/// A column's name as a label's: `[a-zA-Z_][a-zA-Z0-9_]*`, and none that a family has itself.
fn label_name(column: &str) -> String {
    let name: String = column
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .take(LONGEST)
        .collect();
    let taken = ["target", "db_name", "db_role", "query", "le", "job", "instance"].contains(&name.as_str());
    if taken || name.starts_with("__") || !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return format!("column_{name}");
    }
    name
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dbprobe_core::Query;

    use super::*;

    fn settings() -> QuerySettings {
        QuerySettings {
            name: "backlog".to_owned(),
            query: Query::read_only("select 1"),
            interval: Duration::from_secs(60),
            timeout: Duration::from_secs(5),
            min: Some(1.0),
            max: Some(10.0),
        }
    }

    fn rows(columns: &[&str], rows: Vec<Vec<Value>>) -> Rows {
        Rows { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows, truncated: false }
    }

    #[test]
    fn a_number_is_the_value_and_other_columns_are_labels() {
        let text = |text: &str| Value::Text(text.to_owned());
        let answer =
            rows(&["State", "count(*)"], vec![vec![text("new"), Value::Integer(3)], vec![text("old"), Value::Null]]);
        let sample = Sample { labels: vec![("state".to_owned(), "new".to_owned())], value: 3.0 };
        assert_eq!(samples(&settings(), &answer), Ok(vec![sample]));
        assert_eq!(samples(&settings(), &rows(&["n"], vec![])), Ok(vec![]));
    }

    #[test]
    fn an_answer_that_cannot_be_a_metric_says_why() {
        let message = |rows: &Rows| samples(&settings(), rows).err().map(|failure| failure.message).unwrap_or_default();
        let word = || vec![Value::Text("x".to_owned())];
        assert_eq!(message(&rows(&["a"], vec![word()])), "query `backlog` answers no number");
        let twice = vec![vec![Value::Integer(1)], vec![Value::Integer(2)]];
        assert_eq!(message(&rows(&["a"], twice)), "query `backlog` answers two rows with the same labels");
        let long = Rows { truncated: true, ..rows(&["a"], vec![]) };
        assert!(message(&long).contains("caps of 1000 rows"), "{}", message(&long));
        let alike = rows(&["a-b", "A_b", "n"], vec![vec![Value::Null, Value::Null, Value::Integer(1)]]);
        assert_eq!(message(&alike), "query `backlog` has two columns that become the label `a_b`");
    }

    #[test]
    fn null_is_no_number_and_does_not_choose_the_column() {
        let row = |id, lag| vec![Value::Integer(id), lag];
        let answer = rows(&["id", "lag"], vec![row(1, Value::Null), row(2, Value::Integer(50))]);
        let sample = Sample { labels: vec![("id".to_owned(), "2".to_owned())], value: 50.0 };
        assert_eq!(samples(&settings(), &answer), Ok(vec![sample]));
        let unknown = rows(&["id", "lag"], vec![row(1, Value::Null), row(2, Value::Null)]);
        assert_eq!(samples(&settings(), &unknown), Ok(vec![]));
        assert_eq!(samples(&settings(), &rows(&["n"], vec![])), Ok(vec![]));
    }

    #[test]
    fn limits_are_named_with_the_value() {
        let at = |value| [Sample { labels: vec![], value }];
        assert_eq!(beyond(&settings(), &at(10.0)), None);
        let message = |value| beyond(&settings(), &at(value)).map(|failure| failure.message).unwrap_or_default();
        assert_eq!(message(11.0), "query `backlog` answers 11, more than the maximum of 10");
        assert_eq!(message(0.5), "query `backlog` answers 0.5, less than the minimum of 1");
    }

    #[test]
    fn a_column_cannot_take_the_name_of_our_own_label() {
        let names = ["Target", "__x", "1a", "ok_name", "count(*)"].map(label_name);
        assert_eq!(names, ["column_target", "column___x", "column_1a", "ok_name", "count___"]);
    }
}
