//! Programs as a terminal starts them.

use std::process::Command;

/// `program` with the usual effect of signals, whatever the tests were started by: in the background of a script, or by
/// `nohup`, some are ignored, which every process inherits.
pub(crate) fn started(program: &str) -> Command {
    if cfg!(not(target_os = "linux")) {
        return Command::new(program);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT,QUIT,TERM,USR1", program]);
    command
}
