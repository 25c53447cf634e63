//! A planted password is in no output of any command, at any verbosity, in any format.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use dbprobe_testkit::binary::{dbprobe, run};
use dbprobe_testkit::secrecy::{PLANTED, PLANTED_PLAIN};

/// DSNs in which somebody wrote `password`, rightly or wrongly; nobody listens where they lead.
fn spellings(password: &str) -> Vec<String> {
    let encoded: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let at = "127.0.0.1:1";
    vec![
        format!("postgres://app:{password}@{at}/orders"),
        format!("postgresql://app:{encoded}@{at}/orders?sslmode=disable"),
        format!("postgres://{at}/orders?user=app&password={password}"),
        format!("postgres://{at}/orders?user=app&password={encoded}"),
        format!("postgres:///orders?host=127.0.0.1&port=1&user=app&password={encoded}"),
        format!("postgres://app:{encoded}@%2Fdoes%2Fnot%2Fexist/orders"),
        format!("postgres://app:{encoded}@{at},127.0.0.1:2/orders?target_session_attrs=read-write"),
        format!("postgres://app:{encoded}@[::1]:1/orders"),
        format!("postgres://:{encoded}@{at}/orders"),
        format!("postgres:app:{password}@{at}"),
        format!("postgres:/app:{password}@{at}"),
        format!("postgres//app:{password}@{at}"),
        format!("app:{password}@{at}"),
        format!("mysql://app:{password}@tcp({at})/orders"),
        format!("mysql://app:{encoded}@{at}/orders?tls=true"),
        format!("mariadb://app:{password}@unix(/does/not/exist)/orders"),
        format!("mysql://app:x@{at}/orders?{password}=1"),
        format!("sqlserver://app:{password}@{at}/orders"),
        format!("sqlserver://{at}/orders?user id=app&password={encoded}"),
        format!("mssql://app:{encoded}@{at}/orders?encrypt={password}"),
        format!("redis://app:{encoded}@{at}/0"),
        format!("redis://:{password}@{at}"),
        format!("rediss://{at}/0?password={encoded}"),
        format!("redis+unix:///does/not/exist?password={password}"),
        format!("http://app:{encoded}@{at}/health?token={encoded}"),
        format!("http://{at}/health#header=Authorization:{encoded}"),
        format!("https://{at}/#{password}=1"),
        format!("smtp://app:{encoded}@{at}"),
        format!("smtps://app:{password}@{at}?auth=plain"),
        format!("tcp://app:{password}@{at}"),
        format!("tcp://{at}?protocol={password}"),
        format!("nosuch://app:{password}@{at}/orders"),
        format!("postgres://app:x@{password}@{at}/orders"),
        format!("postgres://app:x/{password}@{at}/orders"),
        format!("postgres://app:{password}%zz@{at}/orders"),
        format!("postgres://app:x@{at}/orders?passwort={password}"),
        format!("postgres://app:x@{at}/orders?{password}=1"),
        format!("postgres://app:x@{at}/orders?sslmode={password}"),
        format!("postgres://app:x@{at}:{password}/orders"),
        format!("file:demo.db?key={password}"),
        format!("sqlite://app:{password}@{at}/orders.db"),
        format!("@env:{password}://x"),
    ]
}

#[test]
fn no_command_shows_a_password_however_it_was_spelt() {
    for password in [PLANTED, PLANTED_PLAIN] {
        for dsn in spellings(password) {
            let dsn = dsn.as_str();
            let lines: [&[&str]; 12] = [
                &["check", dsn],
                &["check", "-v", dsn],
                &["check", "-q", dsn],
                &["check", "-o", "json", dsn],
                &["check", "-v", "-o", "nagios", dsn],
                &["check", "-o", "junit", dsn],
                &["check", "-o", "prometheus", dsn],
                &["dsn", dsn],
                &["dsn", "-o", "json", dsn],
                &["init", "--print", dsn],
                // In the wrong place.
                &["check", "--timeout", dsn, dsn],
                &[dsn],
            ];
            for line in lines {
                let finished = run(dbprobe().args(line).env("RUST_BACKTRACE", "1"));
                assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
                finished.assert_no_secret(password);
            }
        }
    }
}

#[test]
fn an_error_points_at_the_character_without_showing_it() {
    let finished = run(dbprobe().args(["dsn", "postgres://u:hun@ter2@h/d"]));
    assert_eq!(finished.code, Some(3));
    let shown = finished.stdout + &finished.stderr;
    assert!(shown.contains("there is a `@` in the host at column 22"), "{shown}");
    let caret = shown.lines().find(|line| line.trim() == "^").expect("a caret");
    let masked = shown.lines().find(|line| line.contains("postgres://·")).expect("the masked DSN");
    let column = |line: &str, at: &str| line.split(at).next().map(|before| before.chars().count());
    assert_eq!(column(caret, "^"), column(masked, "postgres://").map(|start| start + 21), "{shown}");
}
