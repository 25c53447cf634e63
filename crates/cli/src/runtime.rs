//! The one place where asynchronous work is waited for.

use std::future::Future;
use std::io;

/// Runs `work` to its end on this thread.
///
/// One thread is enough for waiting, and starting more costs as much as a whole probe. What a probe left behind on a
/// blocking thread, such as a look-up that nobody can cancel, is not waited for.
///
/// # Errors
/// What the operating system says when it gives no event queue.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    Ok(result)
}
