//! What the list of client connections says.

use std::time::Duration;

use dbprobe_core::{Activities, Activity, ActivityState};

use crate::answer::{Answer, Cell, Table};

/// `ER_SPECIFIC_ACCESS_DENIED_ERROR`: a privilege is missing.
const NO_PRIVILEGE: &str = "1227";

/// Reads the answer to [`sql::activity`](crate::sql::activity), of which only the first part is sure to be there.
pub(crate) fn read(answer: &Answer) -> Option<Activities> {
    let mut list: Vec<Activity> = answer.table(0)?.rows.iter().map(|row| connection(row)).collect();
    for row in rows(answer.table(1)) {
        if let Some(one) = find(&mut list, row) {
            open(one, row);
        }
    }
    for row in rows(answer.table(2)) {
        if let (Some(one), Some(blocker)) = (find(&mut list, row), text(row, 1))
            && !one.blocked_by.iter().any(|known| known == blocker)
        {
            one.blocked_by.push(blocker.to_owned());
        }
    }
    for row in rows(answer.table(3)) {
        if let Some(one) = find(&mut list, row) {
            one.application = owned(row, 1);
        }
    }
    let refused = answer.failure.as_ref().filter(|_| answer.parts.len() == 1);
    let hidden = refused.filter(|failure| failure.code.as_deref() == Some(NO_PRIVILEGE)).map(|_| {
        "only the connections of this account are shown, and without their transactions: \
         let an administrator carry out `GRANT PROCESS ON *.* TO` this account"
            .to_owned()
    });
    Some(Activities { list, hidden })
}

fn rows(table: Option<&Table>) -> impl Iterator<Item = &Vec<Cell>> {
    table.into_iter().flat_map(|table| &table.rows)
}

/// The connection that a row is about.
fn find<'a>(list: &'a mut [Activity], row: &[Cell]) -> Option<&'a mut Activity> {
    let id = text(row, 0)?;
    list.iter_mut().find(|one| one.id == id)
}

fn connection(row: &[Cell]) -> Activity {
    let doing = text(row, 6).filter(|state| is_lock_wait(state));
    Activity {
        id: text(row, 0).unwrap_or_default().to_owned(),
        user: owned(row, 1),
        database: owned(row, 3),
        address: text(row, 2).and_then(address),
        state: match text(row, 4) {
            Some("Sleep") => ActivityState::Idle,
            Some("Connect") | None => ActivityState::Unknown, // it logs in
            Some(_) => ActivityState::Active,
        },
        in_state: seconds(row, 5),
        waits_for: doing.map(str::to_owned),
        is_own: text(row, 7) == Some("1"),
        ..Activity::default()
    }
}

/// An open transaction of a connection.
fn open(one: &mut Activity, row: &[Cell]) {
    one.in_transaction = seconds(row, 1);
    if one.state == ActivityState::Idle {
        one.state = ActivityState::IdleInTransaction;
    }
    if text(row, 2) == Some("LOCK WAIT") && one.waits_for.is_none() {
        one.waits_for = Some("InnoDB: row lock".to_owned());
    }
}

/// States of the servers that are waits for somebody's lock, such as `Waiting for table metadata lock`
/// (MySQL Reference Manual, "General Thread States").
fn is_lock_wait(state: &str) -> bool {
    state.starts_with("Waiting for") && state.contains("lock")
}

/// `10.0.0.7:51234`, `name:51234`; what has no port is the Unix socket.
fn address(host: &str) -> Option<String> {
    host.rsplit_once(':').map(|(host, _)| host.to_owned()).filter(|host| !host.is_empty())
}

/// Replication threads count from a clock that may run ahead.
fn seconds(row: &[Cell], column: usize) -> Option<Duration> {
    Duration::try_from_secs_f64(text(row, column)?.parse::<f64>().ok()?.max(0.0)).ok()
}

fn text(row: &[Cell], column: usize) -> Option<&str> {
    row.get(column)?.as_deref().filter(|text| !text.is_empty())
}

fn owned(row: &[Cell], column: usize) -> Option<String> {
    text(row, column).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Part;

    fn table(rows: &[&[&str]]) -> Part {
        let rows = rows.iter().map(|row| row.iter().map(|cell| Some((*cell).to_owned())).collect()).collect();
        Part::Rows(Table { rows, ..Table::default() })
    }

    #[test]
    fn connections_transactions_waits_and_programs_come_together() {
        let list = table(&[
            &["7", "app", "10.0.0.7:51234", "orders", "Sleep", "12", "", "0"],
            &["8", "app", "localhost", "orders", "Query", "3", "updating", "0"],
            &["9", "root", "fe80::1:51234", "", "Query", "0.25", "Waiting for table metadata lock", "1"],
        ]);
        let transactions = table(&[&["7", "40", "RUNNING"], &["8", "3", "LOCK WAIT"], &["99", "1", "RUNNING"]]);
        let parts = vec![list, transactions, table(&[&["8", "7"], &["8", "7"]]), table(&[&["7", "shop"]])];
        let listed = read(&Answer { parts, failure: None }).expect("a list");
        let [sleeping, waiting, own] = listed.list.as_slice() else { panic!("{listed:?}") };
        assert_eq!(
            (sleeping.state, sleeping.in_transaction),
            (ActivityState::IdleInTransaction, Some(Duration::from_secs(40)))
        );
        assert_eq!((sleeping.application.as_deref(), sleeping.address.as_deref()), (Some("shop"), Some("10.0.0.7")));
        assert_eq!(
            (waiting.waits_for.as_deref(), waiting.blocked_by.as_slice()),
            (Some("InnoDB: row lock"), ["7".to_owned()].as_slice())
        );
        assert_eq!((waiting.address.as_deref(), waiting.state), (None, ActivityState::Active));
        assert_eq!(
            (own.is_own, own.in_state, own.address.as_deref()),
            (true, Some(Duration::from_millis(250)), Some("fe80::1"))
        );
        assert_eq!(
            (own.waits_for.as_deref(), own.database.as_deref()),
            (Some("Waiting for table metadata lock"), None)
        );
        assert_eq!(listed.hidden, None);
    }
}
