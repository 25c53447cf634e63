//! Configurations of `serve`.

use std::fmt::Write;

/// A configuration as text, with one target after another.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    listen: Vec<String>,
    interval: &'static str,
    timeout: &'static str,
    naming: &'static str,
    targets: String,
}

impl Config {
    /// Without targets, on a free port of 127.0.0.1, probing once a second.
    pub(crate) fn new() -> Self {
        let listen = vec!["127.0.0.1:0".to_owned()];
        Self { listen, interval: "1s", timeout: "5s", naming: "both", targets: String::new() }
    }

    pub(crate) fn timeout(self, timeout: &'static str) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) fn naming(self, naming: &'static str) -> Self {
        Self { naming, ..self }
    }

    pub(crate) fn listen(mut self, address: &str) -> Self {
        self.listen.push(address.to_owned());
        self
    }

    pub(crate) fn target(self, name: &str, dsn: &str) -> Self {
        self.target_with(name, dsn, &[])
    }

    /// A target with further lines of its own.
    pub(crate) fn target_with(mut self, name: &str, dsn: &str, lines: &[&str]) -> Self {
        // In single quotes nothing is special but the quote itself.
        let dsn = dsn.replace('\'', "''");
        let _ = writeln!(self.targets, "  {name}:\n    dsn: '{dsn}'");
        for line in lines {
            let _ = writeln!(self.targets, "    {line}");
        }
        self
    }

    pub(crate) fn text(&self) -> String {
        let listen: Vec<String> = self.listen.iter().map(|address| format!("\"{address}\"")).collect();
        format!(
            "listen: [{}]\ndefaults: {{interval: {}, timeout: {}, retries: 0}}\nmetrics: {{naming: {}}}\ntargets:\n{}",
            listen.join(", "),
            self.interval,
            self.timeout,
            self.naming,
            self.targets
        )
    }
}
