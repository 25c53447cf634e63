//! The table of `docs/diagnose.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::case::Said;
use crate::expected;

/// Held while the file is read or written: engines are compared side by side.
static FILE: Mutex<()> = Mutex::new(());

const BEGIN: &str = "<!-- The table is written by tests/diagnose: DBPROBE_UPDATE_DIAGNOSE=1 -->\n";
const HEAD: &str = "| set-up | rung, class | cause | next |\n|---|---|---|---|\n";
const END: &str = "<!-- end of the table -->\n";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/diagnose.md")
}

/// Compares what was said of the set-ups that are expected with the lines of `engine`, or puts it in their place.
#[track_caller]
pub(crate) fn compare(engine: &str, all: &[Said]) {
    let _file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let page = fs::read_to_string(path()).unwrap_or_default();
    let mut lines: Vec<String> = all.iter().filter(|said| expected::has(said)).map(line).collect();
    lines.sort();
    let Some((before, rest)) = page.split_once(BEGIN) else { panic!("docs/diagnose.md has no place for the table") };
    let (table, after) = rest.split_once(END).expect("the end of the table");
    let is_ours = |line: &&str| line.starts_with(&format!("| {engine}: "));
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| set-up"));
    if std::env::var_os("DBPROBE_UPDATE_DIAGNOSE").is_some() {
        let mut all: Vec<String> = rows.filter(|line| !is_ours(line)).map(str::to_owned).chain(lines).collect();
        all.sort();
        let table: String = all.iter().map(|line| format!("{line}\n")).collect();
        fs::write(path(), format!("{before}{BEGIN}{HEAD}{table}{END}{after}")).expect("the page can be written");
        return;
    }
    let known: Vec<&str> = rows.filter(is_ours).collect();
    assert_eq!(known, lines, "docs/diagnose.md is stale: run the test with DBPROBE_UPDATE_DIAGNOSE=1");
}

fn line(said: &Said) -> String {
    let cell = |text: &str| steady(text).replace('|', "\\|");
    format!(
        "| {}: {} | {}, {} | {} ({}) | `{}` |",
        said.engine,
        said.set_up.replace('_', " "),
        said.rung,
        said.class,
        cell(&said.cause),
        said.confidence,
        cell(&said.next)
    )
}

/// Without what changes from run to run: ports, numbers, dates and directories of this run.
fn steady(text: &str) -> String {
    // Which name servers a machine has, and which names it searches, is its own.
    let text = text.split("; the name servers").next().unwrap_or(text);
    let mut shown = String::with_capacity(text.len());
    for (at, piece) in text.split("/tmp/").enumerate() {
        if at == 0 {
            shown.push_str(piece);
            continue;
        }
        let end = piece.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(piece.len());
        shown.push_str("/…");
        shown.push_str(&piece[end..]);
    }
    let mut steady = String::with_capacity(shown.len());
    let mut digits = String::new();
    for c in shown.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        // Codes of SQLSTATE and errors have four or five digits as well, but stand in no cause of the table.
        steady.push_str(if digits.len() >= 4 { "NNNN" } else { &digits });
        digits.clear();
        if c != '\0' {
            steady.push(c);
        }
    }
    // The address from which a container sees this machine.
    let steady = steady.replace("172.17.0.1", "…");
    // The name of this test, with the number that cargo gave it.
    match steady.split_once(" diagnose-") {
        Some((before, rest)) => format!("{before} …{}", rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric())),
        None => steady,
    }
}
