//! Panics: a driver's is a line of a report, one of our own is a defect to be reported.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// The exit code of a Rust program that panicked.
const PANICKED: u8 = 101;

/// Runs `program`; a panic that nobody catches in it is told to `tell`, and is exit code 101.
///
/// The core catches a driver's panic and reports it; the usual hook would print it in the middle of the output first.
/// So the hook only remembers, and what reaches this function is printed.
pub fn contain(program: impl FnOnce() -> u8, tell: impl FnOnce(&str)) -> u8 {
    let last = Arc::new(Mutex::new(String::new()));
    let memory = Arc::clone(&last);
    std::panic::set_hook(Box::new(move |panic| {
        *memory.lock().unwrap_or_else(PoisonError::into_inner) = describe(panic);
    }));
    catch_unwind(AssertUnwindSafe(program)).unwrap_or_else(|_| {
        let what = last.lock().unwrap_or_else(PoisonError::into_inner);
        tell(&format!("dbprobe: internal error: {what}\n  advice: this is a defect of dbprobe: please report it\n"));
        PANICKED
    })
}

/// The place, and the message only where it is a literal: a formatted one may quote a piece of a DSN, as those of the
/// standard library on slicing a text do.
fn describe(panic: &PanicHookInfo<'_>) -> String {
    let message = panic.payload().downcast_ref::<&'static str>().unwrap_or(&"a panic");
    let place = panic.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let backtrace = Backtrace::capture(); // only with RUST_BACKTRACE
    match backtrace.status() {
        BacktraceStatus::Captured => format!("{message}{place}\n{backtrace}"),
        _ => format!("{message}{place}"),
    }
}
