//! What is said of a database's migrations in one line.

use super::state::{MigrationHistory, MigrationState, Migrations};

/// So many names of a list are written out.
const NAMED: usize = 5;

/// A history that is not seen was never begun, or lies elsewhere.
const UNSEEN: &str = "a new database: apply the migrations; else let the search path of this role or of the DSN lead to the schema that the history is in";

impl Migrations {
    /// What is known, in one line: every history that says something about the state.
    pub fn message(&self) -> String {
        let says = |history: &&MigrationHistory| {
            self.directory.is_none() || history.compared || history.state == MigrationState::Dirty
        };
        match &self.reason {
            Some(reason) => reason.clone(),
            None => self.histories.iter().filter(says).map(tell).collect::<Vec<_>>().join("; "),
        }
    }

    /// What to do about it; `None` where nothing has to be done.
    pub fn advice(&self) -> Option<&'static str> {
        let unseen = self.histories.iter().any(|history| history.compared && history.table.is_none());
        match self.state {
            MigrationState::Behind if unseen => Some(UNSEEN),
            state => advice(state),
        }
    }
}

fn tell(history: &MigrationHistory) -> String {
    let tool = &history.tool;
    let mut facts = vec![format!("{tool}: {}", state_word(history.state))];
    let lists = [
        ("failed or half-applied", &history.dirty),
        ("changed since it was applied", &history.checksum_mismatch),
        ("pending", &history.pending),
        ("applied but not in the files", &history.ahead),
    ];
    facts.extend(
        lists
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(what, list)| format!("{} {what}: {}", list.len(), some(list))),
    );
    match (history.applied, &history.latest) {
        (Some(applied), Some(latest)) => facts.push(format!("{applied} applied, latest {latest}")),
        (Some(applied), None) => facts.push(format!("{applied} applied")),
        (None, Some(latest)) => facts.push(format!("latest {latest}")),
        (None, None) => facts.push("none applied".to_owned()),
    }
    facts.extend(history.notes.iter().cloned());
    facts.join(", ")
}

/// A history without files is not unknown to whoever reads the line.
fn state_word(state: MigrationState) -> &'static str {
    match state {
        MigrationState::Unknown => "not compared with files",
        MigrationState::ChecksumMismatch => "checksum mismatch",
        MigrationState::Diverged => "diverged, behind and ahead at once",
        other => other.as_str(),
    }
}

fn some(list: &[String]) -> String {
    let named = list.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match list.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn advice(state: MigrationState) -> Option<&'static str> {
    Some(match state {
        MigrationState::Current | MigrationState::Unknown => return None,
        MigrationState::NotFound => {
            "name the tool with `--migration-tool` where the database is new; else check the directory, the schema and the search path"
        }
        MigrationState::Ahead => {
            "usual while a deployment rolls on or back: make sure that this release can live with the newer schema"
        }
        MigrationState::Behind => "apply the pending migrations before this release starts",
        MigrationState::Diverged => {
            "the database was migrated from another branch or release: find it before anything is applied"
        }
        MigrationState::ChecksumMismatch => {
            "an applied migration must not be edited: restore its file, and put the change into a new one"
        }
        MigrationState::Dirty => {
            "nothing goes on before it is mended: look whether it is being applied at this moment, else undo its half by hand and repair the history with the tool"
        }
    })
}
