//! One target while it is waited for.

use std::time::Duration;

use dbprobe_core::{Class, Failure, Phase, Status, milliseconds};
use tokio::time::Instant;

use super::attempt::{Attempt, has_socket};
use super::options::{WaitOptions, WaitUntil};
use super::outcome::{WaitProgress, WaitServer, WaitState, Waited};
use super::pause::Pauses;
use super::streak::Streak;
use crate::database::Database;

/// One target while it is waited for.
pub(super) struct Watch<'a> {
    database: &'a Database,
    options: &'a WaitOptions,
    pub(super) state: WaitState,
    begun: Instant,
    ended: Option<Instant>,
    attempts: u32,
    in_a_row: u32,
    streak: Streak,
    pauses: Pauses,
    failure: Option<Failure>,
    changed: bool,
    server: Option<WaitServer>,
    /// Since when a failure lasts that waiting does not help against.
    permanent_since: Option<Instant>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(database: &'a Database, options: &'a WaitOptions) -> Self {
        Self {
            database,
            options,
            state: WaitState::Waiting,
            begun: Instant::now(),
            ended: None,
            attempts: 0,
            in_a_row: 0,
            streak: Streak::default(),
            pauses: Pauses::new(options.interval),
            failure: None,
            changed: false,
            server: None,
            permanent_since: None,
        }
    }

    /// Takes note of an attempt, and returns the pause before the next one; `None` where there is none.
    pub(super) fn take(&mut self, attempt: Attempt) -> Option<Duration> {
        self.attempts = self.attempts.saturating_add(1);
        if attempt.server != WaitServer::default() {
            self.server = Some(attempt.server.clone());
        }
        let pause = match self.options.until {
            WaitUntil::Usable => self.until_usable(attempt),
            WaitUntil::Down => self.until_down(attempt),
        };
        if pause.is_none() {
            self.ended = Some(Instant::now());
        }
        pause
    }

    fn until_usable(&mut self, attempt: Attempt) -> Option<Duration> {
        let Some(failure) = attempt.failure else { return self.succeeded(&attempt.server) };
        // One that the end of the wait cut short, right after a success, has found out nothing.
        if attempt.is_short && failure.class == Class::Timeout && self.in_a_row > 0 {
            self.changed = false;
            return Some(self.pauses.next());
        }
        self.streak.end();
        self.in_a_row = 0;
        self.failed(failure, attempt.is_short)
    }

    fn until_down(&mut self, attempt: Attempt) -> Option<Duration> {
        let class = attempt.failure.as_ref().map(|failure| failure.class);
        // Short of time, nothing answers.
        let counts = !(attempt.is_short && class == Some(Class::Timeout));
        // Somebody who refuses us is there. What does not exist is gone.
        let refuses = attempt.failure.as_ref().is_some_and(Failure::is_permanent) && class != Some(Class::NotFound);
        match attempt.failure {
            Some(failure) if refuses => {
                self.in_a_row = 0;
                self.failed(failure, attempt.is_short)
            }
            _ if attempt.status == Status::Down && counts => self.counted(self.in_a_row.saturating_add(1)),
            // It still answers: that is no failure.
            _ => {
                self.in_a_row = 0;
                self.changed = self.failure.take().is_some();
                Some(self.pauses.next())
            }
        }
    }

    fn succeeded(&mut self, server: &WaitServer) -> Option<Duration> {
        let count = self.streak.count(server);
        self.counted(count)
    }

    /// An attempt that counts: so many have been found in a row.
    fn counted(&mut self, in_a_row: u32) -> Option<Duration> {
        self.in_a_row = in_a_row;
        self.changed = self.failure.take().is_some();
        self.permanent_since = None;
        self.pauses.restart();
        if in_a_row >= self.options.stable.max(1) {
            self.state = WaitState::Ready;
            return None;
        }
        Some(self.options.interval)
    }

    fn failed(&mut self, failure: Failure, is_short: bool) -> Option<Duration> {
        // An attempt that was cut short by the end of the wait hides no reason that was found before.
        if is_short && failure.class == Class::Timeout && self.failure.is_some() {
            self.changed = false;
            return Some(self.pauses.next());
        }
        self.changed = self.failure.as_ref().is_none_or(|before| kind(before) != kind(&failure));
        if self.changed {
            self.pauses.restart();
        }
        let permanent = failure.is_permanent() && !self.options.keep_going;
        let patience = self.patience(&failure, permanent);
        self.failure = Some(failure);
        if permanent && patience.is_zero() {
            self.state = WaitState::Failed;
            return None;
        }
        let pause = self.pauses.next();
        Some(if permanent { pause.min(patience) } else { pause })
    }

    /// How much longer a permanent failure has to last before it ends the wait.
    fn patience(&mut self, failure: &Failure, permanent: bool) -> Duration {
        if !permanent {
            self.permanent_since = None;
            return Duration::ZERO;
        }
        if failure.phase == Some(Phase::Configure) || !has_socket(self.database) {
            return Duration::ZERO;
        }
        let since = *self.permanent_since.get_or_insert_with(Instant::now);
        WaitOptions::SOCKET_PATIENCE.saturating_sub(since.elapsed())
    }

    pub(super) fn progress(&self, index: usize) -> WaitProgress<'_> {
        WaitProgress {
            index,
            target: &self.database.name,
            state: self.state,
            attempts: self.attempts,
            in_a_row: self.in_a_row,
            stable: self.options.stable.max(1),
            failure: self.failure.as_ref(),
            changed: self.changed,
        }
    }

    pub(super) fn finish(self) -> Waited {
        let ended = self.ended.unwrap_or_else(Instant::now);
        Waited {
            target: self.database.name.clone(),
            engine: self.database.known_engine(),
            state: self.state,
            attempts: self.attempts,
            in_a_row: self.in_a_row,
            elapsed_ms: milliseconds(ended.duration_since(self.begun)),
            server: self.server,
            failure: self.failure,
        }
    }
}

/// What makes two failures the same reason. A message may hold a number that is another one each time, and a port whose
/// server is not there yet hangs up now with a code and now without.
fn kind(failure: &Failure) -> (Option<Phase>, Class) {
    (failure.phase, failure.class)
}
