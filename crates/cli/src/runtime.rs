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
            // It may have come in the last moment: whoever goes on, as `wait` does with its command, must not miss it.
            result = &mut work => Ok((result, signals.missed())),
            signal = signals.next() => {
                interrupt.fire();
                Ok((work.await, Some(signal)))
            }
        }
    });
    runtime.shutdown_background();
    result
}

#[cfg(all(test, unix))]
mod tests {
    use signal_hook::consts::SIGTERM;
    use signal_hook::low_level::raise;

    use super::*;

    #[test]
    fn a_signal_in_the_last_moment_is_not_missed() {
        let work = async {
            let _ = raise(SIGTERM);
            7
        };
        assert_eq!(run(work, &Interrupt::new()).ok(), Some((7, Some(Signal::Terminate))));
        assert_eq!(run(async { 8 }, &Interrupt::new()).ok(), Some((8, None)));
    }
}
