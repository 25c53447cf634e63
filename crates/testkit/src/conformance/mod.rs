//! The suite that every engine has to pass, against every server it claims to know.
//!
//! An engine crate runs it from `tests/conformance/main.rs` with `harness = false`:
//!
//! ```no_run
//! # use std::process::ExitCode;
//! # use dbprobe_testkit::conformance::Suite;
//! # use dbprobe_testkit::fake;
//! fn main() -> ExitCode {
//!     Suite::new(&fake::ENGINE)
//!         .server("fake", || async { fake::Fake::start() })
//!         .faults(fake::FAULTS)
//!         .main()
//! }
//! ```
//!
//! Cases are named `<server>::<group>::<case>` and are chosen as with any other test program. One that a server cannot
//! be asked to run is skipped with a reason, counted and printed.

mod access;
mod activity;
mod broken;
mod case;
mod close;
mod connect;
mod deadline;
mod faults;
mod hygiene;
mod identity;
mod inspect;
mod lookup;
mod matrix;
mod measure;
mod monitor;
mod order;
mod outcome;
mod ping;
mod redaction;
mod report;
mod results;
mod server;
mod serving;
mod stage;
mod suite;
mod tripwire;

pub use broken::Broken;
pub use matrix::{Row, Said};
pub use outcome::Outcome;
pub(crate) use results::{Tallies, report, steadied};
pub use serving::Serving;
pub(crate) use suite::text;
pub use suite::{Suite, one_line_a_panic};
