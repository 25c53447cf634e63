//! Whatever is given as a DSN: no panic, errors that point into it, and no secret in anything that can be shown.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests, which may stop at once")]

use dbprobe_core::Dsn;
use dbprobe_tcp::ENGINE;
use proptest::prelude::*;

/// Characters that mean something in a URI, some that do not, and some of more than one byte.
const ALPHABET: &str = "[a-z0-9:/?#@%&=,.+ äß\\[\\]\\\\'\"-]{0,40}";

/// Everything that `dbprobe` could print about a DSN.
fn shown(text: &str) -> String {
    let Ok(dsn) = Dsn::parse(text) else { return String::new() };
    match (ENGINE.open)(&dsn) {
        Ok(driver) => {
            let target = driver.target();
            let reading = serde_json::to_string(&target.reading()).expect("JSON");
            format!("{driver:?} {target:?} {} {reading}", target.name())
        }
        Err(error) => {
            if let Some(columns) = error.columns() {
                let last = text.chars().count() + 1;
                assert!(
                    columns.start >= 1 && columns.start <= last && columns.end <= last + 1,
                    "{columns:?} in {last}"
                );
            }
            format!("{error} {error:?} {:?}", error.advice())
        }
    }
}

proptest! {
    #[test]
    fn nothing_that_is_given_makes_it_panic(rest in ALPHABET) {
        shown(&format!("tcp://{rest}"));
        shown(&format!("tcp:{rest}"));
        shown(&format!("tcp://host:4000?{rest}"));
    }

    #[test]
    fn what_it_shows_of_a_dsn_is_the_same_dsn(host in "[a-z][a-z0-9.-]{0,20}", port in 1_u16.., word in "auto|none|mysql|ssh") {
        let text = format!("tcp://{host}:{port}?protocol={word}");
        let driver = (ENGINE.open)(&Dsn::parse(&text).expect("a DSN")).expect("a driver");
        let again = (ENGINE.open)(&Dsn::parse(&driver.target().redacted).expect("a DSN")).expect("a driver");
        prop_assert_eq!(driver.target(), again.target());
    }

    #[test]
    fn a_password_that_has_no_place_is_not_shown(password in "[A-Z][A-Z0-9:/?@%&=,ä]{7,16}") {
        let encoded: String = password.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for secret in [&password, &encoded] {
            for text in [format!("tcp://app:{secret}@h:1"), format!("tcp://{secret}@h:1"), format!("tcp://h:1?{secret}=1")] {
                let shown = shown(&text);
                prop_assert!(!shown.contains(&password) && !shown.contains(&encoded), "{}", shown);
            }
        }
    }
}
