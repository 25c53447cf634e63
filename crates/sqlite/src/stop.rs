//! How to end what a session's thread is doing, from outside of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use dbprobe_core::Cancel;
use rusqlite::InterruptHandle;

/// A request to stop. It is final: a session that was asked to stop is not used again.
///
/// `sqlite3_interrupt()` alone is not enough: it does not end a wait for a lock, and it is forgotten when no statement
/// runs at that moment. So the busy handler and the progress handler look at this flag, too.
#[derive(Default)]
pub(crate) struct Stop {
    asked: AtomicBool,
    thread: OnceLock<Thread>,
    /// Taken out before the connection is closed: interrupting waits for a close that is under way.
    interrupt: Mutex<Option<InterruptHandle>>,
    /// When the statement that runs now has to end, where it has a limit of its own.
    until: Mutex<Option<Instant>>,
}

impl Stop {
    /// Asks the thread to stop, and does not wait.
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        if let Some(handle) = self.interrupt.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            handle.interrupt();
        }
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// Whether it was asked to.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    /// Whether what runs now has to end.
    pub(crate) fn is_due(&self) -> bool {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_asked() || until.is_some_and(|until| Instant::now() >= until)
    }

    /// Gives what runs next a limit of its own, or none.
    pub(crate) fn limit(&self, until: Option<Instant>) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// Makes the calling thread the one that is stopped.
    pub(crate) fn adopt(&self) {
        let _ = self.thread.set(thread::current());
    }

    /// Arms, or with `None` disarms, the interruption of statements.
    pub(crate) fn arm(&self, handle: Option<InterruptHandle>) {
        *self.interrupt.lock().unwrap_or_else(PoisonError::into_inner) = handle;
    }

    /// Lets the thread rest for at most `pause`; whether it may go on.
    pub(crate) fn rest(&self, pause: Duration) -> bool {
        if !self.is_asked() {
            thread::park_timeout(pause);
        }
        !self.is_asked()
    }
}

#[async_trait]
impl Cancel for Stop {
    async fn cancel(&self) {
        self.ask();
    }
}
