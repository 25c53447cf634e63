//! The one place where asynchronous work is waited for.

use std::future::Future;
use std::io;
use std::pin::pin;

use dbprobe::Interrupt;

use crate::signals::{Signal, Signals};

/// Runs `work` to its end on this thread, and says which signal has asked for it, if one has.
///
/// The first SIGINT or SIGTERM fires `interrupt`, after which `work` has to end soon by itself; the second one kills.
///
/// One thread is enough for waiting, and starting more costs as much as a whole probe. What a probe left behind on a
/// blocking thread, such as a look-up that nobody can cancel, is not waited for.
///
/// # Errors
/// What the operating system says when it gives no event queue.
pub(crate) fn run<T>(work: impl Future<Output = T>, interrupt: &Interrupt) -> io::Result<(T, Option<Signal>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let mut work = pin!(work);
        tokio::select! {
            biased;
            result = &mut work => Ok((result, None)),
            signal = signals.next() => {
                interrupt.fire();
                Ok((work.await, Some(signal)))
            }
        }
    });
    runtime.shutdown_background();
    result
}
