//! What an inspection's row says.

use dbprobe_core::Inspection;
use jiff::Timestamp;

use crate::answer::Table;
use crate::replication::{Follows, State};

/// Reads the row of [`sql::FACTS`](crate::sql::FACTS); `state` says more of replication than `follows`, where it is known.
pub(crate) fn read(table: &Table, follows: Follows, state: Option<&State>) -> Inspection {
    let mut facts = Inspection::default();
    let version = table.text(0).unwrap_or_default();
    let comment = table.text(1).unwrap_or_default();
    facts.version = Some(number(version)).filter(|version| !version.is_empty());
    facts.connections_max = table.number(2).filter(|most| *most > 0);
    let is_on = |columns: std::ops::Range<usize>| columns.into_iter().any(|column| table.flag(column) == Some(true));
    facts.read_only = Some(is_on(3..7));
    let is_closed = is_on(3..6);
    // A group's members have channels of their own, which SHOW … STATUS lists, too.
    let known = state.map_or(follows, |state| if follows == Follows::Group { follows } else { state.follows });
    facts.role = known.role(is_closed, table.flag(4) == Some(true) && !version.contains("MariaDB"));
    facts.started_at = table.text(7).and_then(second);
    facts.connections = table.number(8).filter(|used| *used > 0);
    facts.replication_lag = state.filter(|_| is_closed || known == Follows::Another).and_then(|state| state.lag);
    let state_words = state.filter(|state| state.follows != Follows::Nobody);
    let named = [
        ("server_version", Some(version.to_owned())),
        ("product", Some(product(version, comment).to_owned())),
        ("version_comment", Some(comment.to_owned())),
        ("replication", state_words.and_then(|state| state.words.clone())),
        ("replication_errors", state_words.and_then(|state| state.errors.clone())),
        ("wsrep_cluster_status", table.text(9).map(str::to_owned)),
        ("wsrep_local_state", table.text(10).map(str::to_owned)),
        ("wsrep_cluster_size", table.text(11).map(str::to_owned)),
    ];
    for (name, value) in named {
        if let Some(value) = value.filter(|value| !value.is_empty() && value != "0") {
            facts.facts.insert(name.to_owned(), value);
        }
    }
    facts
}

/// All that is known of a server that does not answer the question: what it greets with.
pub(crate) fn greeted(version: &str) -> Inspection {
    let mut facts = Inspection::default();
    facts.version = Some(number(version)).filter(|version| !version.is_empty());
    facts.facts.insert("server_version".to_owned(), version.to_owned());
    facts.facts.insert("product".to_owned(), product(version, "").to_owned());
    facts
}

/// `10.11.19-MariaDB-0+deb12u1`: the numbers are the version, the rest is who made and who packed it.
fn number(version: &str) -> String {
    let version = version.strip_prefix("5.5.5-").filter(|rest| rest.contains("MariaDB")).unwrap_or(version);
    version.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect::<String>().trim_end_matches('.').to_owned()
}

fn product(version: &str, comment: &str) -> &'static str {
    const KNOWN: [(&str, &str); 6] = [
        ("MariaDB", "MariaDB"),
        ("mariadb", "MariaDB"),
        ("TiDB", "TiDB"),
        ("Percona", "Percona Server"),
        ("Aurora", "Aurora MySQL"),
        ("Vitess", "Vitess"),
    ];
    let of = |text: &str| KNOWN.iter().find(|(word, _)| text.contains(word)).map(|(_, name)| *name);
    of(version).or_else(|| of(comment)).unwrap_or("MySQL")
}

/// A difference of a number and a text, which the servers write as a decimal or not.
fn second(text: &str) -> Option<Timestamp> {
    let seconds: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit by far")]
    let whole = seconds.round() as i64;
    Timestamp::from_second(whole).ok().filter(|_| whole > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_products_are_told_apart() {
        for (version, comment, expected) in [
            ("9.7.4-2", "(Debian)", ("9.7.4", "MySQL")),
            ("10.11.19-MariaDB-0+deb12u1", "Debian 12", ("10.11.19", "MariaDB")),
            ("5.5.5-10.3.39-MariaDB", "", ("10.3.39", "MariaDB")),
            ("8.0.36-28", "Percona Server (GPL), Release 28", ("8.0.36", "Percona Server")),
            ("8.0.11-TiDB-v7.5.0", "TiDB Server", ("8.0.11", "TiDB")),
        ] {
            assert_eq!((number(version).as_str(), product(version, comment)), expected, "{version}");
        }
    }
}
