//! `dbprobe pool`: exit codes and outputs, with an engine that behaves as its DSN says.

mod fake;

use dbprobe_cli::Screen;
use fake::{PASSWORD, dbprobe, dbprobe_on};
use serde_json::Value;

fn pool(arguments: &[&str]) -> fake::Ran {
    dbprobe(&[&["pool"], arguments].concat())
}

#[test]
fn the_exit_code_is_that_of_the_worst_target() {
    let (fine, down, unknown) = ("fake://orders", "fake://refused", "fake://x!y");
    for (arguments, code) in [
        (vec![fine], 0),
        (vec![fine, "--moderate", "1"], 0),
        (vec![fine, "--high", "4", "--moderate", "1"], 1),
        (vec![fine, "--pool-size", "94"], 0),
        (vec![fine, "--pool-size", "95"], 1),
        (vec![down], 2),
        (vec![unknown], 3),
        (vec![fine, unknown, "--high", "4", "--moderate", "1"], 3),
        (vec![fine, unknown, down], 2),
    ] {
        for format in ["text", "json"] {
            let ran = pool(&[arguments.as_slice(), &["-o", format]].concat());
            assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{arguments:?} as {format}: {}", ran.out);
            assert!(!ran.out.is_empty(), "{arguments:?} as {format}");
        }
    }
}

#[test]
fn piped_text_is_one_line_a_fact() {
    let ran = pool(&["fake://orders", "--pool-size", "50", "--max-overflow", "10", "--instances", "2"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(
        lines,
        [
            "orders:1: optimal 4 of 97 4.12%",
            "orders:1: headroom: 2 pools of 50 + 10 need 120 connections, and others leave 94: set the size to 37 and \
             the overflow to 10 at most",
            "orders:1: advice: 2 pools of 50 + 10 need 120 connections, and others leave 94: set the size to 37 and \
             the overflow to 10 at most",
        ]
    );
    assert_eq!(ran.code, 1);
}

#[test]
fn json_has_the_names_of_the_design_and_leaves_out_what_is_not_known() {
    let seen: Value = serde_json::from_str(&pool(&["fake://orders", "-o", "json"]).out).expect("JSON");
    assert_eq!((&seen["schema"], &seen["database_name"]), (&"dbprobe.pool/v1".into(), &"orders:1".into()));
    assert_eq!((&seen["pool_size"], &seen["checked_out"]), (&97.into(), &4.into()));
    assert_eq!((&seen["utilization_percent"], &seen["pool_health"]), (&4.12.into(), &"optimal".into()));
    assert_eq!(seen["overflow_analysis"]["free"], 93);
    assert_eq!(seen["recommendation"], "nothing to do");
    for absent in ["error", "connections", "not_known", "hidden"] {
        assert!(seen.get(absent).is_none(), "{absent}: {seen}");
    }
    let both = pool(&["fake://orders", "fake://refused", "-o", "json"]);
    let both: Vec<Value> = serde_json::from_str(&both.out).expect("an array");
    assert_eq!(both[1]["failure"]["class"], "refused");
    assert!(both[1]["error"].as_str().is_some_and(|error| error.starts_with("tcp: ")), "{}", both[1]);
    assert!(both[1].get("pool_health").is_none(), "{}", both[1]);
}

#[test]
fn a_terminal_shows_a_bar_and_what_servers_say_does_no_harm() {
    let screen = Screen { width: Some(80), colour: false, ascii: true };
    let ran = dbprobe_on(screen, &["pool", "fake://orders"]);
    let mut lines = ran.out.lines();
    assert_eq!(lines.next(), Some("* optimal  orders:1  93 more connections fit"));
    assert_eq!(lines.next(), Some("  ##......................................  4 of 97 connections, 4.1 %"));
    for format in ["text", "json"] {
        let ran = pool(&[&format!("fake://app:{PASSWORD}@hostile"), "-o", format]);
        assert_eq!(ran.code, 2);
        assert!(!ran.out.contains('\u{1b}') && !ran.out.contains(PASSWORD), "{}", ran.out);
    }
    let ran = dbprobe_on(screen, &["pool", &format!("fake://app:{PASSWORD}@hostile")]);
    assert!(!ran.out.contains('\u{1b}') && !ran.out.contains(PASSWORD), "{}", ran.out);
}

#[test]
fn options_that_mean_nothing_are_mistakes() {
    for arguments in [
        vec!["--max-overflow", "3"],
        vec!["--instances", "2"],
        vec!["--application", "shop"],
        vec!["--moderate", "90"],
        vec!["--high", "101"],
        vec!["-o", "junit"],
    ] {
        let ran = pool(&[&["fake://orders"], arguments.as_slice()].concat());
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{arguments:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn quiet_is_one_line_for_what_is_not_fine() {
    let ran = pool(&["fake://orders", "fake://refused", "-q"]);
    assert_eq!(ran.out, "refused:1: not known: the database did not answer\n");
}

#[test]
fn a_dsn_that_cannot_be_read_is_pointed_at() {
    let ran = pool(&["fake://orders", "fake://x!y"]);
    assert!(ran.out.contains("\nfake:***: fake://···\nfake:***:         ^\n"), "{}", ran.out);
    let screen = Screen { width: Some(80), ..Screen::PLAIN };
    let ran = dbprobe_on(screen, &["pool", "fake://x!y"]);
    assert!(ran.out.contains("\n    fake://···\n            ^\n"), "{}", ran.out);
}
