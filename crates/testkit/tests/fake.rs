//! The suite on the scripted engine, over TCP: what an honest engine does passes every case.

use std::process::ExitCode;

use dbprobe_testkit::conformance::Suite;
use dbprobe_testkit::fake::{ENGINE, FAULTS, Fake};

fn main() -> ExitCode {
    Suite::new(&ENGINE).server("fake", || async { Fake::start() }).faults(FAULTS).main()
}
