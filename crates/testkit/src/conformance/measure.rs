//! What of this process an engine could leave behind.

use tokio::runtime::Handle;

/// Open descriptors of this process, where the system tells.
pub(crate) fn descriptors() -> Option<usize> {
    // The directory that is being read is open, too, the same each time.
    std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count)
}

/// Threads of this process, where the system tells.
pub(crate) fn threads() -> Option<usize> {
    std::fs::read_dir("/proc/self/task").ok().map(Iterator::count)
}

/// Tasks on this case's runtime, which has none but the engine's.
pub(crate) fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}
