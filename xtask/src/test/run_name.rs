//! The name of a test run: on which machine, in which process, begun when.

use std::process::{Command, id};
use std::time::SystemTime;

use crate::process;

/// A name that no other run has.
pub(crate) fn new() -> String {
    let seconds = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs());
    format!("{}/{}/{seconds}", machine(), id()).replace('/', "_")
}

/// Whether the name is of a run of this machine whose process is gone, so that nobody else
/// will remove its containers.
pub(super) fn is_dead(run: &str) -> bool {
    let Some(rest) = run.strip_prefix(&format!("{}_", machine())) else { return false };
    let Some((process, _)) = rest.split_once('_') else { return false };
    process.parse::<u32>().is_ok() && !process::succeeds(Command::new("kill").args(["-0", process]))
}

fn machine() -> String {
    process::output(Command::new("uname").arg("-n")).unwrap_or_else(|_| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_gone_process_of_this_machine_is_dead() {
        assert!(!is_dead(&new()));
        assert!(!is_dead("elsewhere_1_1"));
        assert!(!is_dead(&format!("{}_manual_1", machine())));
        assert!(is_dead(&format!("{}_{}_1", machine(), u32::MAX >> 1)));
    }
}
