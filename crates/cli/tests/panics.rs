//! The net under the whole program. It changes the panic hook of its process, so it is a test program of its own.

#![allow(clippy::panic, reason = "panics are what is tested")]

mod fake;

use dbprobe_cli::contain;
use fake::{PASSWORD, dbprobe};

#[test]
fn a_defect_is_told_without_what_it_may_quote_and_is_exit_code_101() {
    let mut told = String::new();
    assert_eq!(contain(|| 7, |text| told.push_str(text)), 7);
    assert_eq!(told, "");

    let code = contain(|| panic!("lost"), |text| told.push_str(text));
    assert_eq!(code, 101);
    assert!(told.starts_with("dbprobe: internal error: lost at crates/cli/tests/panics.rs:"), "{told}");

    told.clear();
    let code = contain(|| panic!("out of bounds of `{PASSWORD}`"), |text| told.push_str(text));
    assert!(code == 101 && !told.contains(PASSWORD) && told.contains("a panic at crates/cli"), "{told}");

    told.clear();
    let code = contain(|| dbprobe(&["check", "fake://panics"]).code, |text| told.push_str(text));
    assert_eq!((code, told.as_str()), (2, ""), "a driver's panic is a line of the report");
}
