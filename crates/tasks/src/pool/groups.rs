//! Connections by what they have in common.

use std::collections::BTreeMap;
use std::time::Duration;

use dbprobe_core::Activity;
use serde::Serialize;

/// Connections by what they have in common; in each list the largest groups come first, at most [`PoolGroups::MOST`].
///
/// A group without a name holds those of which the server does not tell it. A list is empty where it tells it of none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolGroups {
    /// By who is logged in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub user: Vec<PoolGroup>,
    /// By what the client calls itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub application: Vec<PoolGroup>,
    /// By database.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub database: Vec<PoolGroup>,
    /// By where the client is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub address: Vec<PoolGroup>,
    /// By what they are doing: `active`, `idle`, `idle_in_transaction`, `unknown`.
    pub state: Vec<PoolGroup>,
    /// By how long they have been connected: `under 1 min`, `1 min to 10 min`, `10 min to 1 h`, `1 h to 1 d`,
    /// `1 d and more`. From the youngest to the oldest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub age: Vec<PoolGroup>,
}

/// Connections that have something in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolGroup {
    /// What; absent where the server does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    pub count: u64,
}

/// The ages at which the next group begins.
const AGES: [(u64, &str); 4] =
    [(60, "under 1 min"), (600, "1 min to 10 min"), (3_600, "10 min to 1 h"), (86_400, "1 h to 1 d")];
const OLDEST: &str = "1 d and more";

impl PoolGroups {
    /// A list is cut after so many groups.
    pub const MOST: usize = 50;

    pub(super) fn of(list: &[Activity]) -> Self {
        let by = |name: fn(&Activity) -> Option<&str>| groups(list.iter().map(name));
        Self {
            user: by(|one| one.user.as_deref()),
            application: by(|one| one.application.as_deref()),
            database: by(|one| one.database.as_deref()),
            address: by(|one| one.address.as_deref()),
            state: by(|one| Some(one.state.as_str())),
            age: ages(list),
        }
    }
}

fn groups<'a>(names: impl Iterator<Item = Option<&'a str>>) -> Vec<PoolGroup> {
    let mut counts: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    if counts.keys().all(Option::is_none) {
        return Vec::new();
    }
    let mut groups: Vec<PoolGroup> =
        counts.into_iter().map(|(name, count)| PoolGroup { name: name.map(str::to_owned), count }).collect();
    // Stable, so that equal ones stay in the order of their names, and those without one come behind the others.
    groups.sort_by_key(|group| (std::cmp::Reverse(group.count), group.name.is_none()));
    groups.truncate(PoolGroups::MOST);
    groups
}

fn ages(list: &[Activity]) -> Vec<PoolGroup> {
    let mut found = groups(list.iter().map(|one| one.age.map(age)));
    let place = |group: &PoolGroup| {
        let name = group.name.as_deref();
        (name.is_none(), AGES.iter().position(|(_, known)| Some(*known) == name).unwrap_or(AGES.len()))
    };
    found.sort_by_key(place);
    found
}

fn age(age: Duration) -> &'static str {
    AGES.iter().find(|(end, _)| age.as_secs() < *end).map_or(OLDEST, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(user: Option<&str>, seconds: u64) -> Activity {
        let user = user.map(str::to_owned);
        Activity { user, age: Some(Duration::from_secs(seconds)), ..Activity::default() }
    }

    #[test]
    fn the_largest_groups_come_first_and_the_nameless_last() {
        let list =
            [connection(Some("b"), 0), connection(None, 59), connection(Some("a"), 60), connection(Some("b"), 90_000)];
        let groups = PoolGroups::of(&list);
        let seen: Vec<_> = groups.user.iter().map(|group| (group.name.as_deref(), group.count)).collect();
        assert_eq!(seen, [(Some("b"), 2), (Some("a"), 1), (None, 1)]);
        let ages: Vec<_> = groups.age.iter().map(|group| (group.name.as_deref(), group.count)).collect();
        assert_eq!(ages, [(Some("under 1 min"), 2), (Some("1 min to 10 min"), 1), (Some("1 d and more"), 1)]);
        assert!(groups.application.is_empty(), "nobody is told, so there is nothing to say");
        assert_eq!(groups.state[0].name.as_deref(), Some("unknown"));
    }

    #[test]
    fn ages_begin_where_the_documentation_says() {
        let seconds = [0, 59, 60, 599, 600, 3_599, 3_600, 86_399, 86_400];
        let found = seconds.map(|seconds| age(Duration::from_secs(seconds)));
        let [minute, ten, hour, day] = AGES.map(|(_, name)| name);
        assert_eq!(found, [minute, minute, ten, ten, hour, hour, day, day, OLDEST]);
    }
}
