//! The checked-in matrix.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use dbprobe_testkit::conformance::Row;

/// Held while the file is read or written: engines are compared side by side.
static FILE: Mutex<()> = Mutex::new(());

const HEADING: &str = "\
# engine, fault: phase, class, status and exit code of `dbprobe check`. Written by the test beside it.
";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/matrix.txt")
}

/// Compares what the command said with the lines of `engine`, or puts it in their place.
#[track_caller]
pub(crate) fn compare(engine: &str, rows: &[Row]) {
    let _file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = fs::read_to_string(path()).unwrap_or_default();
    let mut lines: Vec<String> = rows.iter().map(|row| row.to_string().trim_end().to_owned()).collect();
    lines.sort();
    let is_ours = |line: &&str| line.split_whitespace().next() == Some(engine);
    if std::env::var_os("DBPROBE_UPDATE_MATRIX").is_some() {
        let others = whole.lines().filter(|line| !line.starts_with('#') && !is_ours(line));
        let mut all: Vec<String> = others.map(str::to_owned).chain(lines).collect();
        all.sort();
        let text = all.iter().fold(HEADING.to_owned(), |text, line| text + line + "\n");
        fs::write(path(), text).expect("the matrix can be written");
        return;
    }
    let known: Vec<&str> = whole.lines().filter(is_ours).collect();
    let mut difference = String::new();
    for line in known.iter().filter(|line| !lines.iter().any(|seen| seen == *line)) {
        let _ = writeln!(difference, "- {line}");
    }
    for line in lines.iter().filter(|line| !known.contains(&line.as_str())) {
        let _ = writeln!(difference, "+ {line}");
    }
    assert!(difference.is_empty(), "the matrix and the command disagree:\n{difference}");
}
