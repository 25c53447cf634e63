//! A server that knows the password and repeats it: nothing of that is shown.

#![allow(clippy::expect_used, reason = "a broken assumption ends the test with its place")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::spawn;

use dbprobe_core::{Class, Dsn, Phase, Plan, Report, probe};
use dbprobe_smtp::ENGINE;

/// What a probe says of a server that answers a command which begins so with that.
fn report(answers: &'static [(&str, &str)]) -> Report {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.write_all(b"220 mail ESMTP\r\n").expect("a banner");
        for line in BufReader::new(stream.try_clone().expect("a stream")).lines().map_while(Result::ok) {
            let known = answers.iter().find(|(begins, _)| line.starts_with(begins));
            let says = known.map_or("250 x", |(_, says)| says);
            let _ = stream.write_all(format!("{says}\r\n").as_bytes());
        }
    });
    let dsn = format!("smtp://app:tanstaaftanstaaf@{address}?starttls=never&auth=plain");
    let driver = (ENGINE.open)(&Dsn::parse(&dsn).expect("a DSN")).expect("a driver");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let report = runtime.block_on(probe(driver.as_ref(), &Plan::default()));
    drop(runtime);
    serving.join().expect("the server's end");
    report
}

#[test]
fn an_answer_after_the_login_that_repeats_the_password_is_not_shown() {
    let repeating: [(Phase, &'static [(&str, &str)]); 2] = [
        (Phase::Ping, &[("EHLO", "250-x\r\n250 AUTH PLAIN"), ("AUTH", "235 in"), ("NOOP", "550 tanstaaftanstaaf")]),
        (Phase::Close, &[("EHLO", "250-x\r\n250 AUTH PLAIN"), ("AUTH", "235 in"), ("QUIT", "550 tanstaaftanstaaf")]),
    ];
    for (phase, answers) in repeating {
        let report = report(answers);
        let failure = report.step(phase).and_then(|step| step.failure()).expect("a refusal");
        assert_eq!((failure.class, failure.code.as_deref()), (Class::Permission, Some("550")));
        assert!(!format!("{report:?}").contains("tanstaaf"), "{report:?}");
    }
}
