//! The answer to one request: a database's replies as tokens, each ended as SQL Server ends it.

use super::reply::{Environment, Reply, ServerError};
use super::token::{Change, End, Tokens, done};

/// `CurCmd` of a SELECT; other statements say 0 here, and no client looks.
const SELECT: u16 = 0xc1;

/// From this severity on, the connection ends with an error.
const FATAL: u8 = 20;

/// What lasts from one request to the next.
#[derive(Debug)]
pub(super) struct State {
    pub(super) database: String,
    pub(super) language: String,
    /// The descriptor of the open transaction.
    pub(super) transaction: Option<u64>,
    /// The last descriptor that was given.
    pub(super) last_transaction: u64,
}

/// How the connection goes on after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Next,
    /// Closed, after the whole answer.
    Close,
    /// Closed, without an end of message.
    Cut,
    /// Reset, without an end of message.
    Reset,
}

/// Whether a batch is answered or a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Batch,
    /// A procedure; whether another call of the same request follows.
    Procedure {
        more: bool,
    },
}

/// Writes replies as tokens.
pub(super) struct Answer<'a> {
    pub(super) tokens: &'a mut Tokens,
    pub(super) state: &'a mut State,
    pub(super) server: &'a str,
    of: Of,
    /// The end that waits until it is known whether more follows: status, command and rows.
    waiting: Option<(u16, u16, u64)>,
    /// The last error's number, for the return status.
    failed: Option<u32>,
    /// Whether an error waits for its own end.
    open_error: bool,
    fatal: bool,
}

impl<'a> Answer<'a> {
    pub(super) fn new(tokens: &'a mut Tokens, state: &'a mut State, server: &'a str, of: Of) -> Self {
        Self { tokens, state, server, of, waiting: None, failed: None, open_error: false, fatal: false }
    }

    /// Writes all of it; what follows is how the connection goes on.
    pub(super) fn write(mut self, replies: &[Reply]) -> Then {
        for reply in replies {
            match reply {
                Reply::Rows { columns, rows } => {
                    self.end_waiting();
                    self.tokens.columns(columns);
                    for row in rows {
                        self.tokens.row(columns, row);
                    }
                    self.waiting = Some((done::COUNT, SELECT, rows.len() as u64));
                }
                Reply::Done { rows } => {
                    self.end_waiting();
                    self.waiting = Some((if rows.is_some() { done::COUNT } else { 0 }, 0, rows.unwrap_or(0)));
                }
                Reply::Error(error) => {
                    // Errors and what is said beside them share one end.
                    if !self.open_error {
                        self.end_waiting();
                    }
                    self.tokens.error(error, self.server);
                    self.open_error = true;
                    self.failed = Some(error.number);
                    self.fatal |= error.class >= FATAL;
                }
                Reply::Info(info) => {
                    if !self.open_error {
                        self.end_waiting();
                    }
                    self.tokens.info(info, self.server);
                }
                Reply::Environment(change) => {
                    if !self.open_error {
                        self.end_waiting();
                    }
                    self.change(change);
                }
                Reply::Raw(bytes) => {
                    self.end_waiting();
                    self.tokens.bytes.extend(bytes);
                }
                Reply::Close => {
                    self.end_waiting();
                    return Then::Cut;
                }
                Reply::Reset => {
                    self.end_waiting();
                    return Then::Reset;
                }
            }
            if self.fatal {
                break;
            }
        }
        // Bytes of the test's own are the end as it wants it.
        if !matches!(replies.last(), Some(Reply::Raw(_))) {
            self.end();
        }
        if self.fatal { Then::Close } else { Then::Next }
    }

    fn transaction_bit(&self) -> u16 {
        if self.state.transaction.is_some() { done::IN_TRANSACTION } else { 0 }
    }

    /// Ends what came before, with more to follow.
    fn end_waiting(&mut self) {
        let (status, command, rows) = match (self.waiting.take(), std::mem::take(&mut self.open_error)) {
            (Some(end), _) => end,
            (None, true) => (done::ERROR, 0, 0),
            (None, false) => return,
        };
        let end = if self.of == Of::Batch { End::Statement } else { End::InProcedure };
        self.tokens.done(end, status | done::MORE | self.transaction_bit(), command, rows);
    }

    /// Ends the answer.
    fn end(&mut self) {
        let fatal = if self.fatal { done::SERVER_ERROR } else { 0 };
        match self.of {
            Of::Batch => {
                let failed = if self.open_error { done::ERROR } else { 0 };
                let (status, command, rows) = self.waiting.take().unwrap_or((failed, 0, 0));
                self.tokens.done(End::Statement, status | fatal | self.transaction_bit(), command, rows);
            }
            Of::Procedure { more } => {
                self.end_waiting();
                self.tokens.return_status(self.failed.unwrap_or(0));
                let status = if self.failed.is_some() { done::ERROR } else { done::FINAL };
                let more = if more && !self.fatal { done::MORE } else { 0 };
                self.tokens.done(End::Procedure, status | more | fatal | self.transaction_bit(), 0, 0);
            }
        }
    }

    fn change(&mut self, change: &Environment) {
        match change {
            Environment::Database(new) => {
                let old = std::mem::replace(&mut self.state.database, new.clone());
                self.tokens.change(Change::Database { new, old: &old });
                self.tokens.info(&database_changed(new), self.server);
            }
            Environment::Language(new) => {
                let old = std::mem::replace(&mut self.state.language, new.clone());
                self.tokens.change(Change::Language { new, old: &old });
                self.tokens.info(&language_changed(new), self.server);
            }
            Environment::Begin => {
                self.state.last_transaction += 1;
                self.state.transaction = Some(self.state.last_transaction);
                self.tokens.change(Change::Begin { new: self.state.last_transaction });
            }
            Environment::Commit => {
                let old = self.state.transaction.take().unwrap_or(0);
                self.tokens.change(Change::Commit { old });
            }
            Environment::Rollback => {
                let old = self.state.transaction.take().unwrap_or(0);
                self.tokens.change(Change::Rollback { old });
            }
            Environment::TransactionEnded => {
                let old = self.state.transaction.take().unwrap_or(0);
                self.tokens.change(Change::TransactionEnded { old });
            }
        }
    }
}

/// 5701 is in every login's answer, and follows `USE`.
pub(super) fn database_changed(name: &str) -> ServerError {
    ServerError::new(5701, 0, format!("Changed database context to '{name}'.")).state(2)
}

/// 5703 is in every login's answer.
pub(super) fn language_changed(name: &str) -> ServerError {
    ServerError::new(5703, 0, format!("Changed language setting to {name}."))
}
