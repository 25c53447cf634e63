//! Becoming the command.

use std::ffi::OsString;
use std::io::{Error, ErrorKind};
use std::path::Path;
use std::process::Command;

use crate::console::Console;
use crate::descriptors::Limit;
use crate::printable::printable;

/// As shells have it: found, but not to be executed.
const NOT_EXECUTABLE: u8 = 126;
/// As shells have it.
const NOT_FOUND: u8 = 127;

/// Replaces this process by `words`, with the limit of open files that it was started with; returns only where that fails,
/// with an exit code.
///
/// The system resets what signals do but for those that are ignored, as `nohup` wants it, and every descriptor of ours
/// closes itself. The standard library lets all signals through again, and SIGPIPE kill, which it had ignored.
pub(super) fn become_command(words: &[OsString], limit: Limit, console: &mut Console<'_>) -> u8 {
    let [program, arguments @ ..] = words else { return 0 };
    limit.restore();
    let mut command = Command::new(program);
    command.args(arguments);
    let error = match replace(command) {
        Ok(code) => return code,
        Err(error) => error,
    };
    let (code, advice) = explain(Path::new(program), &error);
    let name = program.to_string_lossy();
    console.remark(&format!("dbprobe: `{}` cannot be run: {error}\n  advice: {advice}\n", printable(&name)));
    code
}

#[cfg(unix)]
fn replace(mut command: Command) -> Result<u8, Error> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// Other systems cannot replace a process: it is waited for.
#[cfg(not(unix))]
fn replace(mut command: Command) -> Result<u8, Error> {
    let status = command.status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn explain(program: &Path, error: &Error) -> (u8, &'static str) {
    let is_path = program.components().count() > 1;
    match error.kind() {
        ErrorKind::NotFound if is_path && program.exists() => (
            NOT_EXECUTABLE,
            "it is there, but its interpreter is not: look at its first line, or at the libc it was made for",
        ),
        ErrorKind::NotFound if is_path => {
            (NOT_FOUND, "there is no such file: check the path, as this container sees it")
        }
        ErrorKind::NotFound => (NOT_FOUND, "no directory of PATH has it, or its interpreter is missing"),
        ErrorKind::PermissionDenied => {
            (NOT_EXECUTABLE, "it is there, but may not be executed: `chmod +x` may be missing")
        }
        _ => (
            NOT_EXECUTABLE,
            "it is there, but the system does not start it: check the file, and the limits of this container",
        ),
    }
}
