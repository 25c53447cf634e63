//! The files that results are saved in and compared with.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use dbprobe::read_file;
use dbprobe::tasks::{Perf, PerfBaseline};

use crate::printable::printable;
use crate::render;
use crate::trouble::Trouble;

/// A result with a hundred queries has not half of it.
const LONGEST: u64 = 16 << 20;

/// Reads what a run is compared with.
///
/// # Errors
/// The file and why it is none.
pub(super) fn load(file: &Path) -> Result<PerfBaseline, Trouble> {
    let bytes = read_file(file, LONGEST).map_err(|error| wrong(file, &error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong(file, "it is not UTF-8"))?;
    PerfBaseline::parse(&text).map_err(|why| wrong(file, &format!("not a baseline: {why}")))
}

/// Whether a result may be saved there: nothing is there, or an earlier result.
///
/// # Errors
/// The file and what it is instead.
pub(super) fn may_replace(file: &Path) -> Result<(), Trouble> {
    let refused = |why: &str| wrong(file, &format!("it is not replaced: {why}"));
    let text = match read_file(file, LONGEST) {
        Ok(bytes) => String::from_utf8(bytes).unwrap_or_default(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let directory = directory(file);
            let there = fs::metadata(&directory).is_ok_and(|facts| facts.is_dir());
            return if there { Ok(()) } else { Err(wrong(&directory, "there is no such directory")) };
        }
        Err(error) => return Err(refused(&error.to_string())),
    };
    let schema = serde_json::from_str::<serde_json::Value>(&text).ok();
    let schema = schema.as_ref().and_then(|value| value.get("schema")).and_then(serde_json::Value::as_str);
    if schema == Some("dbprobe.perf/v1") { Ok(()) } else { Err(refused("it is no result of `dbprobe perf`")) }
}

/// Saves `result`: the file holds the old result or the new one, and never a part.
///
/// # Errors
/// The file and what the system says.
pub(super) fn save(file: &Path, result: &Perf) -> Result<(), Trouble> {
    let text = render::pretty(result).map_err(Trouble::Encoding)?;
    may_replace(file)?; // it may have become something else since the run began
    // A link stays a link, and what it leads to is replaced.
    let file = &fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = directory(file).join(format!(".{name}.{}.tmp", std::process::id()));
    let written = write(&beside, &text).and_then(|()| fs::rename(&beside, file));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        wrong(file, &format!("it cannot be written: {error}"))
    })
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut open = OpenOptions::new().write(true).create_new(true).open(file)?;
    open.write_all(text.as_bytes())?;
    open.sync_all()
}

/// Whether both are one file.
pub(super) fn is_same(file: &Path, other: Option<&Path>) -> bool {
    let whole = |path: &Path| fs::canonicalize(path).ok();
    other.is_some_and(|other| other == file || (whole(other).is_some() && whole(other) == whole(file)))
}

fn directory(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn wrong(file: &Path, why: &str) -> Trouble {
    Trouble::Usage(format!("{}: {}", printable(&file.display().to_string()), printable(why)))
}
