//! Whether a server follows another one, and how far behind it is.

use std::time::Duration;

use dbprobe_core::Role;

use crate::answer::Table;
use crate::greeting::Greeting;
use crate::sql;

/// The statement that tells the state of replication, by the version that the server greets with.
pub(crate) fn question(greeting: &Greeting) -> &'static str {
    if greeting.is_mariadb() {
        return sql::SHOW_ALL_SLAVES_STATUS;
    }
    let numbers: Vec<u32> = greeting
        .version
        .split(|c: char| !c.is_ascii_digit())
        .take(3)
        .map(|number| number.parse().unwrap_or(0))
        .collect();
    if numbers >= vec![8, 0, 22] { sql::SHOW_REPLICA_STATUS } else { sql::SHOW_SLAVE_STATUS }
}

/// Whether the server follows another one, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    Nobody,
    /// A primary outside of its own group: what is written here is not there, and may come into its way.
    Another,
    /// The primary of its own group.
    Group,
    Unknown,
}

impl Follows {
    /// From the number of channels, and of those that are not a group's own.
    pub(crate) fn channels(all: u64, foreign: u64) -> Self {
        match (all, foreign) {
            (0, _) => Self::Nobody,
            (_, 0) => Self::Group,
            _ => Self::Another,
        }
    }

    /// A server that follows and takes writes is a primary in a ring, or on the way to be one. A `reader` is a MySQL whose
    /// engine itself is closed: it reads what another one writes, without a channel, as Aurora's do.
    pub(crate) fn role(self, is_read_only: bool, is_reader: bool) -> Option<Role> {
        match self {
            _ if is_reader => Some(Role::Replica),
            _ if !is_read_only => Some(Role::Primary),
            Self::Nobody => Some(Role::Primary),
            Self::Another | Self::Group => Some(Role::Replica),
            Self::Unknown => None,
        }
    }
}

/// What the rows of `SHOW … STATUS` say, one row a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) follows: Follows,
    /// The longest delay; nothing where a connection does not run.
    pub(crate) lag: Option<Duration>,
    /// `running`, or which thread is in which state.
    pub(crate) words: Option<String>,
    /// The numbers of the last errors.
    pub(crate) errors: Option<String>,
}

impl State {
    pub(crate) fn read(table: &Table) -> Self {
        if table.rows.is_empty() {
            return Self { follows: Follows::Nobody, lag: None, words: None, errors: None };
        }
        let column = |names: &[&str]| table.column(names);
        let cell = |row: usize, names: &[&str]| table.rows[row].get(column(names)?)?.as_deref();
        let (mut lag, mut stopped, mut errors) = (Some(Duration::ZERO), Vec::new(), Vec::new());
        for row in 0..table.rows.len() {
            let behind = cell(row, &["Seconds_Behind_Source", "Seconds_Behind_Master"]);
            let behind = behind.and_then(|text| text.parse().ok()).map(Duration::from_secs);
            lag = lag.zip(behind).map(|(most, behind)| most.max(behind));
            let io = cell(row, &["Replica_IO_Running", "Slave_IO_Running"]).unwrap_or("unknown");
            let sql = cell(row, &["Replica_SQL_Running", "Slave_SQL_Running"]).unwrap_or("unknown");
            if io != "Yes" || sql != "Yes" {
                stopped.push(format!("receiver {io}, applier {sql}"));
            }
            for names in [["Last_IO_Errno", "Last_IO_Errno"], ["Last_SQL_Errno", "Last_SQL_Errno"]] {
                errors.extend(cell(row, &names).filter(|number| *number != "0").map(str::to_owned));
            }
        }
        let words = if stopped.is_empty() { "running".to_owned() } else { stopped.join("; ") };
        let errors = Some(errors.join(", ")).filter(|errors| !errors.is_empty());
        Self { follows: Follows::Another, lag, words: Some(words), errors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Heading;

    fn table(names: &[&str], rows: &[&[Option<&str>]]) -> Table {
        let kind = mysql_common::constants::ColumnType::MYSQL_TYPE_VAR_STRING;
        Table {
            headings: names.iter().map(|name| Heading { name: (*name).to_owned(), kind }).collect(),
            rows: rows.iter().map(|row| row.iter().map(|cell| cell.map(str::to_owned)).collect()).collect(),
            truncated: false,
        }
    }

    #[test]
    fn a_reader_without_channels_is_a_replica_and_a_closed_primary_is_none() {
        assert_eq!(Follows::Nobody.role(true, true), Some(Role::Replica));
        assert_eq!(Follows::Nobody.role(true, false), Some(Role::Primary));
        assert_eq!(Follows::Unknown.role(true, false), None);
    }

    #[test]
    fn the_slowest_connection_counts_and_a_stopped_one_is_told() {
        let names = ["Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master", "Last_SQL_Errno"];
        let two: &[&[Option<&str>]] =
            &[&[Some("Yes"), Some("Yes"), Some("3"), Some("0")], &[Some("Yes"), Some("Yes"), Some("7"), Some("0")]];
        let state = State::read(&table(&names, two));
        assert_eq!((state.lag, state.words.as_deref()), (Some(Duration::from_secs(7)), Some("running")));
        let broken: &[&[Option<&str>]] = &[&[Some("Yes"), Some("No"), None, Some("1062")]];
        let state = State::read(&table(&names, broken));
        assert_eq!((state.lag, state.words.as_deref()), (None, Some("receiver Yes, applier No")));
        assert_eq!(state.errors.as_deref(), Some("1062"));
        assert_eq!(State::read(&table(&names, &[])).follows, Follows::Nobody);
    }
}
