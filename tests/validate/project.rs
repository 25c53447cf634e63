//! A copy of a project's migrations that a test can change, and what `dbprobe validate` makes of it.

use std::fs;
use std::path::{Path, PathBuf};

use dbprobe_testkit::binary::{dbprobe, run};
use serde_json::Value;
use tempfile::TempDir;

/// A directory of migrations that belongs to one test.
pub(crate) struct Project {
    directory: TempDir,
    /// Where in it the migrations lie.
    below: &'static str,
}

/// What was found: the state, the check's outcome, and the exit code.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) outcome: String,
    pub(crate) state: String,
    /// The history that was compared.
    pub(crate) history: Value,
}

impl Project {
    /// A copy of `tests/validate/<name>`.
    pub(crate) fn copy(name: &str, below: &'static str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        copy(&here().join(name), directory.path());
        Self { directory, below }
    }

    /// A directory with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { directory: tempfile::tempdir().expect("a directory"), below: "" };
        for (name, content) in files {
            project.write(name, content);
        }
        project
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join(self.below)
    }

    /// Where in it the migrations lie.
    pub(crate) fn below(&self) -> &'static str {
        self.below
    }

    pub(crate) fn write(&self, file: &str, content: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, content).expect("a file");
    }

    pub(crate) fn append(&self, file: &str, text: &str) {
        let content = fs::read_to_string(self.path().join(file)).expect("the file");
        self.write(file, &(content + text));
    }

    /// Removes a file or a directory.
    pub(crate) fn remove(&self, name: &str) {
        let path = self.path().join(name);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.expect("what is to be removed");
    }

    /// What `dbprobe validate` says of the database of `dsn` and these migrations.
    pub(crate) fn validate(&self, dsn: &str, tool: &str) -> Told {
        validate(dsn, &["--migrations".as_ref(), self.path().as_os_str(), "--migration-tool".as_ref(), tool.as_ref()])
    }

    /// The same where the tool has to be found out.
    pub(crate) fn guess(&self, dsn: &str) -> Told {
        validate(dsn, &["--migrations".as_ref(), self.path().as_os_str()])
    }
}

impl Told {
    #[track_caller]
    pub(crate) fn is(&self, state: &str, outcome: &str, code: i32) -> &Self {
        let told = (self.state.as_str(), self.outcome.as_str(), self.code);
        assert_eq!(told, (state, outcome, Some(code)), "{:#}", self.history);
        self
    }

    /// A list of the history's.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let list = self.history[name].as_array();
        list.map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }
}

fn validate(dsn: &str, options: &[&std::ffi::OsStr]) -> Told {
    let finished = run(dbprobe().args(["validate", dsn, "-o", "json", "--max-latency", "1h"]).args(options));
    assert!(finished.stderr.is_empty(), "{finished:#?}");
    let result = finished.json();
    let database = &result["databases"][0];
    let checks = database["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["check"] == "migrations").expect("the check");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let histories = database["migrations"]["histories"].as_array();
    let compared = histories.and_then(|all| all.iter().find(|history| history["compared"] == true));
    Told {
        code: finished.code,
        outcome: text(&check["outcome"]),
        state: text(&database["migrations"]["state"]),
        history: compared.cloned().unwrap_or_else(|| database.clone()),
    }
}

/// The directory of this test.
pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("validate")
}

/// Every file below `from`, with its path relative to it.
pub(crate) fn files(from: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, content)| (format!("{name}/{below}"), content)));
        } else {
            found.push((name, fs::read(&path).expect("a file")));
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    for (name, content) in files(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, content).expect("a file");
    }
}
