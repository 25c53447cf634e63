//! What the list of client connections says.

use std::time::Duration;

use dbprobe_core::{Activities, Activity, ActivityState};
use tokio_postgres::SimpleQueryRow;

/// Reads the rows of [`sql::activity`](crate::sql::activity).
pub(crate) fn read(rows: &[SimpleQueryRow]) -> Activities {
    let masked = rows.iter().filter(|row| text(row, 12) == Some("t")).count();
    let role = rows.first().and_then(|row| text(row, 13)).unwrap_or("this role");
    let hidden = (masked > 0).then(|| {
        format!(
            "{masked} of {} connections are those of other roles, shown without state, age and address: \
             let an administrator carry out `GRANT pg_read_all_stats TO {role}`",
            rows.len()
        )
    });
    Activities { list: rows.iter().map(connection).collect(), hidden }
}

fn connection(row: &SimpleQueryRow) -> Activity {
    Activity {
        id: text(row, 0).unwrap_or_default().to_owned(),
        user: owned(row, 1),
        application: owned(row, 2),
        database: owned(row, 3),
        address: owned(row, 4),
        state: text(row, 5).map_or(ActivityState::Unknown, state),
        age: span(row, 6),
        in_state: span(row, 7),
        in_transaction: span(row, 8),
        waits_for: owned(row, 9),
        blocked_by: text(row, 10).map(numbers).unwrap_or_default(),
        is_own: text(row, 11) == Some("t"),
    }
}

/// The words of `pg_stat_activity.state`.
fn state(word: &str) -> ActivityState {
    match word {
        "active" | "fastpath function call" => ActivityState::Active,
        "idle" => ActivityState::Idle,
        _ if word.starts_with("idle in transaction") => ActivityState::IdleInTransaction,
        _ => ActivityState::Unknown, // `disabled`, where `track_activities` is off
    }
}

/// A number twice is one process that holds two locks; 0 is a prepared transaction, which has none.
fn numbers(list: &str) -> Vec<String> {
    let mut numbers: Vec<String> = Vec::new();
    for number in list.split(',').filter(|number| !number.is_empty()) {
        let number = if number == "0" { "a prepared transaction" } else { number };
        if !numbers.iter().any(|known| known == number) {
            numbers.push(number.to_owned());
        }
    }
    numbers
}

fn text(row: &SimpleQueryRow, column: usize) -> Option<&str> {
    row.try_get(column).ok().flatten().filter(|text| !text.is_empty())
}

fn owned(row: &SimpleQueryRow, column: usize) -> Option<String> {
    text(row, column).map(str::to_owned)
}

/// Seconds, which a clock that was set back may make negative.
fn span(row: &SimpleQueryRow, column: usize) -> Option<Duration> {
    Duration::try_from_secs_f64(text(row, column)?.parse::<f64>().ok()?.max(0.0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_blockers_are_read_as_the_server_writes_them() {
        assert_eq!(state("idle in transaction (aborted)"), ActivityState::IdleInTransaction);
        assert_eq!(state("fastpath function call"), ActivityState::Active);
        assert_eq!(state("disabled"), ActivityState::Unknown);
        assert_eq!(numbers("7,7,0,8"), ["7", "a prepared transaction", "8"]);
        assert!(numbers("").is_empty());
    }
}
