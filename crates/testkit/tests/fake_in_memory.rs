//! The suite on the scripted engine by a pipe in memory: an embedded engine passes every case that does not need a network.

use std::process::ExitCode;

use dbprobe_testkit::conformance::Suite;
use dbprobe_testkit::fake::{ENGINE, FAULTS, Fake};

fn main() -> ExitCode {
    Suite::new(&ENGINE).server("fake-in-memory", || async { Ok(Fake::in_memory()) }).faults(FAULTS).main()
}
