//! Cargo's further commands, installed when they are first needed.

use anyhow::Result;

use crate::process;

/// A command of cargo that comes as a crate of its own.
#[derive(Debug)]
pub(crate) struct Tool {
    /// As cargo calls it: `deny` is `cargo deny`, from the crate `cargo-deny`.
    pub(crate) command: &'static str,
    /// What is installed where there is none. One that is there already is taken as it is.
    pub(crate) version: &'static str,
}

impl Tool {
    /// Installs the command unless cargo has it already.
    pub(crate) fn install(&self) -> Result<()> {
        if process::succeeds(process::cargo().args([self.command, "--version"])) {
            return Ok(());
        }
        // It runs for a second: an unoptimised build is there a good deal sooner.
        process::run(process::cargo().args(["install", "--locked", "--debug", "--quiet", &self.package()]))
    }

    fn package(&self) -> String {
        format!("cargo-{}@{}", self.command, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_comes_from_the_crate_of_its_name() {
        assert_eq!(Tool { command: "deny", version: "0.20.2" }.package(), "cargo-deny@0.20.2");
    }
}
