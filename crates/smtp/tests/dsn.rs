//! Whatever is given as a DSN: no panic, errors that point into it, and no secret in anything that can be shown.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests, which may stop at once")]

use dbprobe_core::Dsn;
use dbprobe_smtp::ENGINE;
use proptest::prelude::*;

/// Characters that mean something in a URI, some that do not, and some of more than one byte.
const ALPHABET: &str = "[a-z0-9:/?#@%&=,.+ äß\\[\\]\\\\'\"-]{0,40}";

/// Where a password can stand.
fn spellings(encoded: &str) -> Vec<String> {
    vec![
        format!("smtp://app:{encoded}@mail"),
        format!("smtps://app:{encoded}@[::1]:465?tls=skip-verify"),
        format!("smtp://app:{encoded}@mail:587?starttls=never&auth=login"),
        format!("smtp://app:{encoded}@mail?auth=none"),
        format!("smtp://:{encoded}@mail"),
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
        shown(&format!("smtp://{rest}"));
        shown(&format!("smtps:{rest}"));
        shown(&format!("smtp://app:s3cret@mail?{rest}"));
    }

    #[test]
    fn what_it_shows_of_a_dsn_is_the_same_dsn(
        user in "[a-zA-Z@:/ ä]{1,12}",
        host in "[a-z][a-z0-9.-]{0,20}",
        port in 1_u16..,
        ehlo in "[a-z]{1,8}\\.example",
    ) {
        let user = percent_encoded(&user);
        let text = format!("smtps://{user}:x@{host}:{port}?ehlo={ehlo}&ssl-ca=/etc/a%26b.pem");
        let driver = (ENGINE.open)(&Dsn::parse(&text).expect("a DSN")).expect("a driver");
        let again = (ENGINE.open)(&Dsn::parse(&driver.target().redacted).expect("a DSN")).expect("a driver");
        prop_assert_eq!(driver.target(), again.target());
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

    #[test]
    fn no_name_of_ours_can_end_a_command(name in "[a-z.\\[\\]: \r\n\0]{1,20}") {
        let text = format!("smtp://mail?ehlo={}", percent_encoded(&name));
        let opened = Dsn::parse(&text).map(|dsn| (ENGINE.open)(&dsn).is_ok()).expect("a DSN");
        prop_assert!(!opened || !name.contains([' ', '\r', '\n', '\0', ':']), "{:?}", name);
    }
}
