//! A history against the files.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::order::natural;
use super::state::{MigrationHistory, MigrationState};
use super::tool::{Applied, Keeps, Known, Tool};

/// What a history tells, alone or against `known`.
pub(super) fn compare(
    tool: &Tool,
    table: Option<String>,
    applied: &[Applied],
    known: Option<&[Known]>,
) -> MigrationHistory {
    let labels = |found: Vec<&Applied>| found.into_iter().map(|one| one.label.clone()).collect::<Vec<_>>();
    let dirty = labels(applied.iter().filter(|one| one.failed).collect());
    let last = applied.iter().rev().find(|one| !one.failed).or(applied.last());
    let heads = || applied.iter().map(|one| one.label.as_str()).collect::<Vec<_>>().join(", ");
    let mut history = MigrationHistory {
        tool: tool.name.to_owned(),
        table,
        state: MigrationState::Unknown,
        compared: known.is_some(),
        applied: (tool.keeps == Keeps::Each).then(|| applied.iter().filter(|one| !one.failed).count()),
        latest: if tool.keeps == Keeps::Heads {
            Some(heads()).filter(|heads| !heads.is_empty())
        } else {
            last.map(|one| one.label.clone())
        },
        pending: Vec::new(),
        ahead: Vec::new(),
        dirty,
        checksum_mismatch: Vec::new(),
        notes: Vec::new(),
        not_compared: tool.not_compared.filter(|_| known.is_some()).map(str::to_owned),
    };
    if let Some(known) = known {
        match tool.keeps {
            Keeps::Each => each(&mut history, applied, known),
            Keeps::Heads => heads_of(&mut history, applied, known),
            Keeps::Last => last_of(&mut history, applied, known),
        }
    }
    history.state = state(&history);
    history
}

fn state(history: &MigrationHistory) -> MigrationState {
    match (history.pending.is_empty(), history.ahead.is_empty()) {
        _ if !history.dirty.is_empty() => MigrationState::Dirty,
        _ if !history.checksum_mismatch.is_empty() => MigrationState::ChecksumMismatch,
        (false, false) => MigrationState::Diverged,
        (false, true) => MigrationState::Behind,
        (true, false) => MigrationState::Ahead,
        (true, true) if history.compared => MigrationState::Current,
        (true, true) => MigrationState::Unknown,
    }
}

fn each(history: &mut MigrationHistory, applied: &[Applied], known: &[Known]) {
    let mut done: BTreeMap<&str, &Applied> = applied.iter().map(|one| (one.id.as_str(), one)).collect();
    let ids: BTreeSet<&str> = known.iter().map(|one| one.id.as_str()).collect();
    // What a squashed migration replaces need not have files any more, and it counts as applied when all of them were.
    let replaced: BTreeSet<&str> = known.iter().flat_map(|one| one.replaces.iter().map(String::as_str)).collect();
    for one in known.iter().filter(|one| !one.replaces.is_empty()) {
        if done.contains_key(one.id.as_str()) {
            continue;
        }
        if let Some(last) = one.replaces.iter().map(|id| done.get(id.as_str()).copied()).collect::<Option<Vec<_>>>() {
            done.extend(last.last().map(|last| (one.id.as_str(), *last)));
        }
    }
    let squashed: BTreeSet<&str> = known
        .iter()
        .filter(|one| done.contains_key(one.id.as_str()))
        .flat_map(|one| one.replaces.iter().map(String::as_str))
        .collect();
    let baseline = applied.iter().filter(|one| one.baseline).map(|one| one.id.as_str()).max_by(|a, b| natural(a, b));
    for one in known {
        let covered = baseline.is_some_and(|base| !one.repeatable && natural(&one.id, base) != Ordering::Greater);
        match done.get(one.id.as_str()) {
            Some(row) if row.failed => {}
            Some(row) if differs(row, one) && one.repeatable => {
                history.pending.push(format!("{} (changed)", one.label))
            }
            Some(row) if differs(row, one) => history.checksum_mismatch.push(one.label.clone()),
            Some(_) => {}
            None if covered || squashed.contains(one.id.as_str()) => {}
            None => history.pending.push(one.label.clone()),
        }
    }
    let apps: Option<BTreeSet<&str>> =
        (history.tool == "django").then(|| known.iter().filter_map(|one| Some(one.id.split_once('.')?.0)).collect());
    let ours =
        |id: &str| apps.as_ref().is_none_or(|apps| id.split_once('.').is_some_and(|(app, _)| apps.contains(app)));
    let strange = |one: &&Applied| {
        let id = one.id.as_str();
        !one.failed && !one.baseline && !ids.contains(id) && !replaced.contains(id) && ours(id)
    };
    history.ahead = applied.iter().filter(strange).map(|one| one.label.clone()).collect();
}

/// Only where both sides have one.
fn differs(row: &Applied, file: &Known) -> bool {
    let Some(checksum) = &row.checksum else { return false };
    !file.checksums.is_empty() && !file.checksums.contains(checksum)
}

fn heads_of(history: &mut MigrationHistory, applied: &[Applied], known: &[Known]) {
    let by_id: BTreeMap<&str, &Known> = known.iter().map(|one| (one.id.as_str(), one)).collect();
    let (inside, outside): (Vec<&Applied>, Vec<&Applied>) =
        applied.iter().partition(|one| by_id.contains_key(one.id.as_str()));
    history.ahead = outside.iter().map(|one| one.label.clone()).collect();
    let mut done = BTreeSet::new();
    let mut left: Vec<&str> = inside.iter().map(|one| one.id.as_str()).collect();
    while let Some(id) = left.pop() {
        if done.insert(id) {
            left.extend(by_id.get(id).into_iter().flat_map(|one| one.parents.iter().map(String::as_str)));
        }
    }
    // Where a head is unknown, what leads to it is unknown, too: the files below it are most likely part of that.
    let all_strange = inside.is_empty() && !outside.is_empty();
    let sorted = in_order(known);
    if !all_strange {
        history.pending =
            sorted.iter().filter(|one| !done.contains(one.id.as_str())).map(|one| one.label.clone()).collect();
        history.applied = Some(known.iter().filter(|one| done.contains(one.id.as_str())).count());
    }
    let parents: BTreeSet<&str> = known.iter().flat_map(|one| one.parents.iter().map(String::as_str)).collect();
    let heads: Vec<&str> = known.iter().map(|one| one.id.as_str()).filter(|id| !parents.contains(id)).collect();
    if heads.len() > 1 {
        history.notes.push(format!("the files have {} heads: {}", heads.len(), heads.join(", ")));
    }
    if applied.len() > 1 {
        history.notes.push(format!("the database has {} heads", applied.len()));
    }
    let missing: BTreeSet<&str> = parents.into_iter().filter(|id| !by_id.contains_key(id)).collect();
    if !missing.is_empty() {
        let missing: Vec<&str> = missing.into_iter().collect();
        history.notes.push(format!("files refer to revisions that are not there: {}", missing.join(", ")));
    }
}

/// Parents first; what goes round in a circle comes last.
fn in_order(known: &[Known]) -> Vec<&Known> {
    let ids: BTreeSet<&str> = known.iter().map(|one| one.id.as_str()).collect();
    let (mut sorted, mut placed, mut left) = (Vec::new(), BTreeSet::new(), known.iter().collect::<Vec<_>>());
    while !left.is_empty() {
        let ready =
            |one: &&Known| one.parents.iter().all(|id| !ids.contains(id.as_str()) || placed.contains(id.as_str()));
        let (now, later): (Vec<&Known>, Vec<&Known>) = left.into_iter().partition(ready);
        if now.is_empty() {
            sorted.extend(later);
            break;
        }
        placed.extend(now.iter().map(|one| one.id.as_str()));
        sorted.extend(now);
        left = later;
    }
    sorted
}

fn last_of(history: &mut MigrationHistory, applied: &[Applied], known: &[Known]) {
    let Some(last) = applied.last() else {
        history.pending = known.iter().map(|one| one.label.clone()).collect();
        return;
    };
    if !known.iter().any(|one| one.id == last.id) && !last.failed {
        history.ahead.push(last.label.clone());
    }
    let later = known.iter().filter(|one| natural(&one.id, &last.id) == Ordering::Greater);
    history.pending = later.map(|one| one.label.clone()).collect();
}

#[cfg(test)]
mod tests {
    use super::super::{alembic, flyway, golang_migrate};
    use super::*;

    fn applied(ids: &[&str]) -> Vec<Applied> {
        ids.iter().map(|id| Applied::new(*id)).collect()
    }

    fn known(ids: &[(&str, &[&str])]) -> Vec<Known> {
        let parents = |parents: &[&str]| parents.iter().map(|id| (*id).to_owned()).collect();
        ids.iter().map(|(id, up)| Known { parents: parents(up), ..Known::new(*id, *id) }).collect()
    }

    fn told(tool: &Tool, rows: &[Applied], files: &[Known]) -> (MigrationState, Vec<String>, Vec<String>) {
        let history = compare(tool, None, rows, Some(files));
        (history.state, history.pending, history.ahead)
    }

    #[test]
    fn a_row_for_each_is_compared_one_by_one() {
        let files = known(&[("1", &[]), ("2", &[]), ("10", &[])]);
        let tell = |ids: &[&str]| told(&flyway::TOOL, &applied(ids), &files);
        assert_eq!(tell(&["1", "2", "10"]).0, MigrationState::Current);
        assert_eq!(tell(&["1"]), (MigrationState::Behind, vec!["2".to_owned(), "10".to_owned()], vec![]));
        assert_eq!(tell(&["1", "2", "10", "11"]), (MigrationState::Ahead, vec![], vec!["11".to_owned()]));
        assert_eq!(tell(&["1", "2", "11"]).0, MigrationState::Diverged);
        let baseline = [Applied { baseline: true, ..Applied::new("2") }];
        assert_eq!(told(&flyway::TOOL, &baseline, &files), (MigrationState::Behind, vec!["10".to_owned()], vec![]));
    }

    #[test]
    fn a_squashed_migration_stands_for_what_it_replaces() {
        let mut files = known(&[("shop.0001_squashed", &[]), ("shop.0003_c", &[])]);
        files[0].replaces = vec!["shop.0001_a".to_owned(), "shop.0002_b".to_owned()];
        let tell = |ids: &[&str]| told(&super::super::django::TOOL, &applied(ids), &files);
        assert_eq!(
            tell(&["auth.0001_initial", "shop.0001_a", "shop.0002_b", "shop.0003_c"]).0,
            MigrationState::Current
        );
        assert_eq!(tell(&["shop.0001_squashed", "shop.0003_c"]).0, MigrationState::Current);
        assert_eq!(tell(&["shop.0001_a"]).0, MigrationState::Behind);
        assert_eq!(tell(&["shop.0001_squashed", "shop.0003_c", "shop.0004_d"]).2, ["shop.0004_d"]);
    }

    #[test]
    fn heads_stand_for_all_that_leads_to_them() {
        let files = known(&[("c", &["a", "b"]), ("a", &[]), ("b", &["a"])]);
        let tell = |ids: &[&str]| told(&alembic::TOOL, &applied(ids), &files);
        assert_eq!(tell(&["c"]).0, MigrationState::Current);
        assert_eq!(tell(&["a"]), (MigrationState::Behind, vec!["b".to_owned(), "c".to_owned()], vec![]));
        assert_eq!(tell(&["x"]), (MigrationState::Ahead, vec![], vec!["x".to_owned()]));
        assert_eq!(tell(&["a", "x"]).0, MigrationState::Diverged);
        assert_eq!(tell(&[]).1, ["a", "b", "c"]);
        let circle = known(&[("a", &["b"]), ("b", &["a"])]);
        assert_eq!(compare(&alembic::TOOL, None, &[], Some(&circle)).pending.len(), 2);
    }

    #[test]
    fn the_last_one_stands_for_all_before_it() {
        let files = known(&[("1", &[]), ("2", &[]), ("10", &[])]);
        let tell = |ids: &[&str]| told(&golang_migrate::TOOL, &applied(ids), &files);
        assert_eq!(tell(&["2"]), (MigrationState::Behind, vec!["10".to_owned()], vec![]));
        assert_eq!(tell(&["11"]).0, MigrationState::Ahead);
        assert_eq!(tell(&[]).1, ["1", "2", "10"]);
        let dirty = [Applied { failed: true, ..Applied::new("2") }];
        assert_eq!(told(&golang_migrate::TOOL, &dirty, &files).0, MigrationState::Dirty);
    }
}
