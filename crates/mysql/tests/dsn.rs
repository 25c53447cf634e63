//! Whatever is given as a DSN: no panic, errors that point into it, and no secret in anything that can be shown.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests, which may stop at once")]

use dbprobe_core::Dsn;
use dbprobe_mysql::ENGINE;
use proptest::prelude::*;

/// Characters that mean something in a URI, some that do not, and some of more than one byte.
const ALPHABET: &str = "[a-z0-9:/?#@%&=,.+ äß()\\[\\]\\\\'\"-]{0,40}";

/// Where a password can stand.
fn spellings(encoded: &str) -> Vec<String> {
    vec![
        format!("mysql://app:{encoded}@h/d"),
        format!("mariadb://app:{encoded}@[::1]:2/d?ssl-mode=REQUIRED"),
        format!("mysql://app:{encoded}@tcp(h:3306)/d?parseTime=true"),
        format!("mysql://app:{encoded}@unix(/run/m.sock)/d"),
        format!("mysql://app:{encoded}@%2Frun%2Fm.sock/d"),
        format!("mysql://:{encoded}@h"),
        format!("mysql://app:{encoded}@/d?socket=/run/m.sock"),
    ]
}

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

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

proptest! {
    #[test]
    fn nothing_that_is_given_makes_it_panic(rest in ALPHABET) {
        shown(&format!("mysql://{rest}"));
        shown(&format!("mariadb:{rest}"));
        shown(&format!("mysql://u:{rest}@tcp({rest})/{rest}"));
    }

    #[test]
    fn a_password_is_never_shown_however_it_is_spelled(password in "[A-Z][A-Z0-9:/?@%&=,ä]{7,16}") {
        // As it should be written, and as somebody in a hurry writes it.
        for encoded in [percent_encoded(&password), password.clone()] {
            for text in spellings(&encoded) {
                let shown = shown(&text);
                prop_assert!(!shown.contains(&password) && !shown.contains(&encoded), "{}", shown);
            }
        }
    }
}
