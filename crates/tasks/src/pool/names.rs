//! Connections that are worth a name.

use std::fmt;
use std::time::Duration;

use dbprobe_core::{Activity, ActivityState, milliseconds};
use serde::Serialize;

/// One connection, as an administrator needs it to find it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolConnection {
    /// Its number on the server.
    pub id: String,
    /// Who is logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What the client calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// Its database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Where the client is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How long: of one that waits, since it began its statement; else since its transaction began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// What it waits for, in the server's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// The numbers of those that hold it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<String>,
}

impl PoolConnection {
    /// So many of each kind are named: the longest.
    pub const MOST: usize = 5;

    fn new(one: &Activity, since: Option<Duration>) -> Self {
        Self {
            id: one.id.clone(),
            user: one.user.clone(),
            application: one.application.clone(),
            database: one.database.clone(),
            address: one.address.clone(),
            duration_ms: since.map(milliseconds),
            waits_for: one.waits_for.clone(),
            blocked_by: one.blocked_by.clone(),
        }
    }
}

/// `4711 (app, shop)`.
impl fmt::Display for PoolConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        let names: Vec<&str> = [&self.user, &self.application].into_iter().filter_map(Option::as_deref).collect();
        if names.is_empty() { Ok(()) } else { write!(f, " ({})", names.join(", ")) }
    }
}

pub(super) fn idle_in_transaction(list: &[Activity]) -> Vec<PoolConnection> {
    let since = |one: &Activity| one.in_transaction.or(one.in_state);
    longest(list, |one| one.state == ActivityState::IdleInTransaction, since)
}

pub(super) fn waiting(list: &[Activity]) -> Vec<PoolConnection> {
    longest(list, |one| one.waits_for.is_some(), |one| one.in_state)
}

fn longest(
    list: &[Activity],
    wanted: impl Fn(&Activity) -> bool,
    since: impl Fn(&Activity) -> Option<Duration>,
) -> Vec<PoolConnection> {
    let mut found: Vec<(Option<Duration>, &Activity)> =
        list.iter().filter(|one| !one.is_own && wanted(one)).map(|one| (since(one), one)).collect();
    found.sort_by_key(|(since, _)| std::cmp::Reverse(*since));
    found.into_iter().take(PoolConnection::MOST).map(|(since, one)| PoolConnection::new(one, since)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_are_named_and_never_the_own_one() {
        let list: Vec<Activity> = (0..8)
            .map(|at| Activity {
                id: at.to_string(),
                user: Some("app".to_owned()),
                state: ActivityState::IdleInTransaction,
                in_transaction: Some(Duration::from_secs(at)),
                is_own: at == 7,
                ..Activity::default()
            })
            .collect();
        let named = idle_in_transaction(&list);
        assert_eq!(named.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["6", "5", "4", "3", "2"]);
        assert_eq!((named[0].duration_ms, named[0].to_string().as_str()), (Some(6000.0), "6 (app)"));
        assert!(waiting(&list).is_empty());
    }
}
