//! One thing that went wrong, with its reason and its remedy.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::class::Class;
use crate::dsn::DsnError;
use crate::knowledge::Knowledge;
use crate::phase::Phase;

/// One thing that went wrong: what kind, what the server said, and what to do next.
///
/// Engines fill class, code, message, advice and source; the core stamps the phase.
/// The message is a lower-case fragment that states the fact first. It never holds the DSN or a secret.
#[derive(Clone, Debug)]
pub struct Failure {
    /// When it happened; `None` until the core has stamped it.
    pub phase: Option<Phase>,
    /// What kind it is.
    pub class: Class,
    /// The server's own code: SQLSTATE, error number, extended result code, HTTP status.
    pub code: Option<String>,
    /// The fact.
    pub message: String,
    /// What to do next.
    pub advice: Option<String>,
    /// The row that told the engine what the code means, where more than the code chose it, such as a pooler's words.
    /// It is not serialised.
    pub known: Option<&'static Knowledge>,
    /// The driver's own error, for the log of whoever embeds dbprobe. It is not serialised.
    pub source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure of `class`, with `message` as the fact.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            phase: None,
            class,
            code: None,
            message: shortened(message.into()),
            advice: None,
            known: None,
            source: None,
        }
    }

    /// With the server's own code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// With what to do next.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(shortened(advice.into()));
        self
    }

    /// With the row that told what the code means.
    #[must_use]
    pub fn known_by(mut self, row: &'static Knowledge) -> Self {
        self.known = Some(row);
        self
    }

    /// With the driver's own error.
    #[must_use]
    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Stamped with the phase in which it happened; a phase already there stays.
    #[must_use]
    pub fn in_phase(mut self, phase: Phase) -> Self {
        self.phase.get_or_insert(phase);
        self
    }

    /// Whether waiting will not help; see [`Class::is_permanent`].
    pub fn is_permanent(&self) -> bool {
        self.class.is_permanent()
    }

    /// Whether the session cannot be used after this.
    ///
    /// A time-out with a code came from the server, which goes on serving the session; one without came from a clock
    /// of ours, and the answer that is still under way would be taken for that of the next question.
    pub fn loses_session(&self) -> bool {
        match self.class {
            Class::Internal | Class::Protocol | Class::Refused | Class::Reset | Class::Unreachable => true,
            Class::Starting => true, // the server is about to end every session
            Class::Timeout => self.code.is_none(),
            _ => false,
        }
    }
}

/// What a server says is shown up to this many bytes: a message of megabytes would drown every output.
const LONGEST: usize = 1024;

fn shortened(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(phase) = self.phase {
            write!(f, "{phase}: ")?;
        }
        f.write_str(&self.message)?;
        self.code.as_ref().map_or(Ok(()), |code| write!(f, " ({code})"))
    }
}

/// Two failures are the same where users see the same; the driver's own error does not count.
impl PartialEq for Failure {
    fn eq(&self, other: &Self) -> bool {
        let seen = |failure: &Self| (failure.phase, failure.class);
        seen(self) == seen(other)
            && (&self.code, &self.message, &self.advice) == (&other.code, &other.message, &other.advice)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}

impl From<DsnError> for Failure {
    fn from(error: DsnError) -> Self {
        let class = if error.is_unsupported() { Class::Unsupported } else { Class::Config };
        let mut failure = Self::new(class, error.to_string()).in_phase(Phase::Configure);
        failure.advice = error.advice().map(str::to_owned);
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_phase_fact_and_code() {
        let failure = Failure::new(Class::Auth, "the server refused the password").code("28P01").in_phase(Phase::Auth);
        assert_eq!(failure.to_string(), "auth: the server refused the password (28P01)");
        assert!(failure.is_permanent() && !failure.loses_session());
    }

    #[test]
    fn what_a_server_says_has_an_end() {
        let failure = Failure::new(Class::Query, "ä".repeat(10_000)).advise("x".repeat(10_000));
        assert_eq!((failure.message.len(), failure.message.chars().last()), (1024 + '…'.len_utf8(), Some('…')));
        assert!(failure.advice.is_some_and(|advice| advice.len() < 1100));
    }

    #[test]
    fn the_first_phase_stays() {
        let failure = Failure::new(Class::Reset, "cut").in_phase(Phase::Tls).in_phase(Phase::Auth);
        assert_eq!(failure.phase, Some(Phase::Tls));
    }

    #[test]
    fn only_a_time_out_of_our_own_loses_the_session() {
        assert!(Failure::new(Class::Timeout, "no answer").loses_session());
        assert!(!Failure::new(Class::Timeout, "statement timeout").code("57014").loses_session());
    }
}
