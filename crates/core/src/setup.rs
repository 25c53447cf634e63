//! What an administrator prepares once: a health table and a role with the least privileges.

/// What `dbprobe init` is to prepare.
#[derive(Clone, Debug, Default)]
pub struct SetupOptions {
    /// The role that dbprobe logs in as; `None` prepares the health table only.
    pub role: Option<String>,
}

/// One statement, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupStatement {
    /// What it is for: one line.
    pub purpose: String,
    /// The statement, without its final semicolon.
    pub sql: String,
}

/// The statements that prepare a database for dbprobe, in order. Carrying them out twice is harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// The statements.
    pub statements: Vec<SetupStatement>,
    /// What is left to do by hand, such as setting a password.
    pub by_hand: Vec<String>,
    /// Whether a statement ends with its line and not with a semicolon, as Redis' commands do.
    pub lines: bool,
}

impl Setup {
    /// Adds a statement.
    #[must_use]
    pub fn statement(mut self, purpose: impl Into<String>, sql: impl Into<String>) -> Self {
        self.statements.push(SetupStatement { purpose: purpose.into(), sql: sql.into() });
        self
    }

    /// Adds something to do by hand.
    #[must_use]
    pub fn by_hand(mut self, what: impl Into<String>) -> Self {
        self.by_hand.push(what.into());
        self
    }

    /// Its statements are commands of one line each, without semicolons; comments begin with `#`.
    #[must_use]
    pub fn in_lines(mut self) -> Self {
        self.lines = true;
        self
    }

    /// The statements as a script with comments.
    pub fn script(&self) -> String {
        let (comment, end) = if self.lines { ("#", "") } else { ("--", ";") };
        let statements = self.statements.iter().map(|one| format!("{comment} {}\n{}{end}\n", one.purpose, one.sql));
        let by_hand = self.by_hand.iter().map(|what| format!("{comment} by hand: {what}\n"));
        statements.chain(by_hand).collect::<Vec<_>>().join("\n")
    }
}
