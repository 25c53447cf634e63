//! What a reply answers.

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing: it is the server's first word.
    Banner,
    Hello,
    StartTls,
    Auth,
    Noop,
    Quit,
}

impl Asked {
    /// What went wrong, where it is refused.
    pub(crate) fn fact(self) -> &'static str {
        match self {
            Self::Banner => "the server takes no mail from here",
            Self::Hello => "the server refused the greeting",
            Self::StartTls => "the server refused STARTTLS",
            Self::Auth => "the server refused the login",
            Self::Noop => "the server refused a NOOP",
            Self::Quit => "the server refused a QUIT",
        }
    }
}
