//! Whatever is given as a DSN: no panic, errors that point into it, and a normal form that means the same.

#![allow(clippy::expect_used, reason = "helpers of tests, which may stop at once")]

use dbprobe_core::{Dsn, Target};
use dbprobe_sqlite::ENGINE;
use proptest::prelude::*;

/// Characters that mean something in a URI, some that do not, and some of more than one byte.
const ALPHABET: &str = "[a-z0-9:/?#@%&=,.+ äß\\[\\]\\\\'\"-]{0,40}";

fn read(text: &str) -> Option<Target> {
    let dsn = Dsn::parse(text).ok()?;
    match (ENGINE.open)(&dsn) {
        Ok(driver) => Some(driver.target().clone()),
        Err(error) => {
            let last = text.chars().count() + 1;
            let columns = error.columns().expect("every error of this engine has a place");
            assert!(columns.start >= 1 && columns.start <= last && columns.end <= last + 1, "{columns:?} in {last}");
            None
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ALPHABET) {
        for scheme in ["file:", "file://", "file:///", "sqlite:", "sqlite://"] {
            if let Some(target) = read(&format!("{scheme}{text}")) {
                let again = read(&target.redacted).expect("the normal form of a DSN is one");
                prop_assert_eq!(again, target);
            }
        }
    }

    #[test]
    fn any_name_of_a_file_can_be_written_as_a_dsn(name in "[^\0]{1,40}") {
        prop_assume!(!name.ends_with('/') && name != ":memory:");
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let target = read(&format!("file:{encoded}")).expect("a file");
        prop_assert_eq!(target.database, Some(name));
    }
}

#[test]
fn a_password_that_is_written_where_none_can_be_is_not_shown() {
    for dsn in [
        "file://app:hunter2@db/app.db",
        "sqlite://app:hunter2@db/app.db?mode=rwc",
        "file:app.db?password=hunter2",
        "file:app.db?hunter2=1",
        "file:app.db?mode=hunter2",
        "file:app.db?cache=hunter2",
        "file:app.db?immutable=hunter2",
    ] {
        let error = (ENGINE.open)(&Dsn::parse(dsn).expect("a scheme")).expect_err(dsn);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{dsn}: {error:?}");
    }
}
