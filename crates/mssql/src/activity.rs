//! What the list of sessions says.

use std::time::Duration;

use dbprobe_core::{Activities, Activity, ActivityState};

use crate::answer::Answer;

/// Reads the rows of [`sql::activity`](crate::sql::activity).
pub(crate) fn read(rows: &[Answer]) -> Activities {
    let hidden = rows.iter().any(|row| row.number(13) == Some(1)).then(|| {
        "only the own session is shown: let an administrator carry out `GRANT VIEW SERVER STATE TO` this login in master"
            .to_owned()
    });
    Activities { list: rows.iter().map(connection).collect(), hidden }
}

fn connection(row: &Answer) -> Activity {
    Activity {
        id: text(row, 0).unwrap_or_default(),
        user: text(row, 1),
        application: text(row, 2),
        database: text(row, 3),
        address: text(row, 4),
        state: match (row.text(5), row.number(12)) {
            (Some("running"), _) => ActivityState::Active,
            (Some("sleeping"), Some(1)) => ActivityState::IdleInTransaction,
            (Some("sleeping" | "dormant"), _) => ActivityState::Idle,
            _ => ActivityState::Unknown,
        },
        age: seconds(row, 6),
        in_state: seconds(row, 7),
        in_transaction: seconds(row, 8),
        waits_for: text(row, 9),
        blocked_by: text(row, 10).into_iter().collect(),
        is_own: row.number(11) == Some(1),
    }
}

fn text(row: &Answer, column: usize) -> Option<String> {
    row.text(column).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Whole seconds, which a clock that was set back may make negative.
fn seconds(row: &Answer, column: usize) -> Option<Duration> {
    let seconds: i64 = row.text(column)?.parse().ok()?;
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}
