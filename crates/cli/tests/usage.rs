//! What is said about a wrong command line, and what is never said.

mod fake;

use fake::{PASSWORD, dbprobe};

#[test]
fn a_usage_error_is_exit_code_3_and_prints_no_result() {
    for arguments in [
        vec![],
        vec!["check"],
        vec!["chek", "x"],
        vec!["check", "--timout", "5s", "fake://orders"],
        vec!["check", "-t", "0", "fake://orders"],
        vec!["check", "-t", "0s", "fake://orders"],
        vec!["check", "-t", "5", "fake://orders"],
        vec!["check", "--retries", "-1", "fake://orders"],
        vec!["check", "--concurrency", "0", "fake://orders"],
        vec!["check", "--level", "deep", "fake://orders"],
        vec!["check", "--prober", "a'b", "fake://orders"],
        vec!["check", "--level", "tcp", "--expect-role", "primary", "fake://orders"],
        vec!["check", "--level", "auth", "--expect-role", "replica", "fake://orders"],
        vec!["dsn"],
        vec!["dsn", "fake://orders", "fake://orders"],
        vec!["dsn", "fake://orders", "-o", "nagios"],
        vec!["engines", "x"],
        vec!["init", "fake://orders", "--role", ""],
    ] {
        let ran = dbprobe(&arguments);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{arguments:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_results() {
    for arguments in [vec!["--help"], vec!["-h"], vec!["check", "--help"], vec!["help", "check"], vec!["--version"]] {
        let ran = dbprobe(&arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
        assert!(!ran.out.is_empty(), "{arguments:?}");
    }
}

#[test]
fn an_error_names_the_remedy() {
    for (arguments, expected) in [
        (vec!["check"], "no DSN is given"),
        (vec!["check", "--timout", "5s", "x"], "unknown option `--timout`, did you mean `--timeout`?"),
        (vec!["check", "-t", "5", "x"], "a unit is missing at column 2"),
        (vec!["check", "-t", "1m5x", "x"], "unknown unit at column 4"),
        (vec!["check", "--level", "pingg", "x"], "did you mean `ping`?"),
        (vec!["check", "--level", "tcp", "--expect-role", "primary", "x"], "needs `--level ping` or deeper"),
        (vec!["chek", "x"], "unknown command, did you mean `check`?"),
        (vec!["fake://u@h"], "to check a DSN, write `dbprobe check <DSN>`"),
        (vec!["check", "--retries", "x", "x"], "a whole number from 0 to 1000 is expected"),
    ] {
        let ran = dbprobe(&arguments);
        assert!(ran.err.contains(expected), "{arguments:?}: {}", ran.err);
    }
}

/// Every place where a DSN may end up by mistake.
#[test]
fn a_password_in_the_wrong_place_is_not_repeated() {
    let dsn = format!("fake://u:{PASSWORD}@orders");
    let option = |name: &str| format!("{name}={dsn}");
    let broken = format!("fake://u:{PASSWORD}@x!y");
    let encoded = "fake://u:hunte%72hunter2@refused".to_owned();
    for arguments in [
        vec![dsn.clone()],
        vec!["check".to_owned(), format!("-{dsn}")],
        vec!["check".to_owned(), format!("--{dsn}")],
        vec!["check".to_owned(), option("--dsn")],
        vec!["check".to_owned(), option("--timeout")],
        vec!["check".to_owned(), option("--no-color")],
        vec!["check".to_owned(), "--timeout".to_owned(), dsn.clone()],
        vec!["check".to_owned(), "--retries".to_owned(), dsn.clone()],
        vec!["check".to_owned(), "--level".to_owned(), dsn.clone()],
        vec!["check".to_owned(), "--output".to_owned(), dsn.clone()],
        vec!["check".to_owned(), "--prober".to_owned(), format!("{dsn} ")],
        vec!["check".to_owned(), format!("-p{PASSWORD}"), dsn.clone()],
        vec!["check".to_owned(), dsn.clone()],
        vec!["check".to_owned(), broken.clone()],
        vec!["check".to_owned(), encoded],
        vec!["check".to_owned(), PASSWORD.to_owned(), format!("u:{PASSWORD}"), format!("@{PASSWORD}")],
        vec!["check".to_owned(), format!("@env:{dsn}"), format!("@file:{dsn}")],
        vec!["check".to_owned(), format!("u:{PASSWORD}@orders")],
        vec!["check".to_owned(), format!("{PASSWORD}:x@orders")],
        vec!["check".to_owned(), format!("oracle://u:{PASSWORD}@h")],
        vec!["dsn".to_owned(), dsn.clone()],
        vec!["dsn".to_owned(), broken.clone()],
        vec!["dsn".to_owned(), dsn.clone(), dsn.clone()],
        vec!["engines".to_owned(), dsn.clone()],
        vec!["init".to_owned(), dsn.clone()],
        vec!["init".to_owned(), dsn.clone(), "--print".to_owned()],
        vec!["init".to_owned(), broken],
        vec!["init".to_owned(), dsn.clone(), option("--print")],
    ] {
        for extra in [&[][..], &["-v"], &["-o", "json"], &["-o", "nagios"]] {
            let words: Vec<&str> = arguments.iter().map(String::as_str).chain(extra.iter().copied()).collect();
            let ran = dbprobe(&words);
            assert!(!ran.out.contains(PASSWORD) && !ran.err.contains(PASSWORD), "{words:?}: {}{}", ran.out, ran.err);
        }
    }
}
