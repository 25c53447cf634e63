//! What a server says, as a failure. What a reply means stands in the tables of [`crate::knowledge`].

use dbprobe_core::{Class, Failure, Knowledge};

use crate::asked::Asked;
use crate::knowledge::{KNOWLEDGE, SPECIAL};
use crate::reply::Reply;

/// What `reply` means to what was `asked`; `None` for one that is none of SMTP's.
fn row(asked: Asked, reply: &Reply) -> Option<&'static Knowledge> {
    let code = reply.code.to_string();
    let enhanced = reply.enhanced().unwrap_or_default();
    let special = SPECIAL.iter().find(|special| {
        special.row.code == code
            && enhanced.starts_with(special.enhanced)
            && special.asked.is_none_or(|only| only == asked)
    });
    special.map(|special| &special.row).or_else(|| Knowledge::find(KNOWLEDGE, &code))
}

const MISFIT: &str = "the answer does not fit the question: check that nothing in between changes what is sent";

/// What the server said in the place of what was `asked`.
pub(crate) fn refusal(asked: Asked, reply: &Reply) -> Failure {
    let row = row(asked, reply);
    let (class, advice) = row.map_or((Class::Protocol, MISFIT), |row| (row.class, row.advice));
    let text = reply.text();
    let message = if text.is_empty() { asked.fact().to_owned() } else { format!("{}: {text}", asked.fact()) };
    let failure = Failure::new(class, message).code(reply.code.to_string()).advise(advice);
    row.into_iter().fold(failure, Failure::known_by)
}

/// The peer speaks, but not SMTP.
pub(crate) fn not_smtp(what: &str) -> Failure {
    Failure::new(Class::Protocol, format!("the peer does not speak SMTP: {what}"))
        .advise("check the port: 25 and 587 are SMTP's, and 465 is for `smtps`, which is TLS from the first byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(asked: Asked, line: &str) -> Class {
        let mut reply = Reply::default();
        reply.take(line.as_bytes()).expect("an answer");
        refusal(asked, &reply).class
    }

    #[test]
    fn the_enhanced_code_and_the_question_come_before_the_code() {
        for (asked, line, expected) in [
            (Asked::Banner, "421 4.7.0 too many connections", Class::Overloaded),
            (Asked::Banner, "421 4.3.2 not now", Class::Starting),
            (Asked::Noop, "421 bye", Class::Starting),
            (Asked::Banner, "554 no", Class::Permission),
            (Asked::Banner, "521 no", Class::Unsupported),
            (Asked::Noop, "452 4.3.1 full", Class::DiskFull),
            (Asked::StartTls, "454 4.7.0 TLS not available", Class::Tls),
            (Asked::Auth, "454 4.7.0 later", Class::Overloaded),
            (Asked::Auth, "535 5.7.8 no", Class::Auth),
            (Asked::Auth, "538 5.7.11 no", Class::Tls),
            (Asked::Noop, "530 5.7.0 Must issue a STARTTLS command first", Class::Auth),
            (Asked::Hello, "501 what", Class::Permission),
            (Asked::Noop, "500 what", Class::Protocol),
            (Asked::Noop, "555 what", Class::Permission),
            (Asked::Noop, "455 what", Class::Overloaded),
            (Asked::Noop, "354 go on", Class::Protocol),
        ] {
            assert_eq!(class(asked, line), expected, "{asked:?} {line}");
        }
    }

    #[test]
    fn every_special_reply_is_reached() {
        for (at, special) in SPECIAL.iter().enumerate() {
            let first = SPECIAL.iter().position(|other| {
                other.row.code == special.row.code
                    && special.enhanced.starts_with(other.enhanced)
                    && (other.asked.is_none() || other.asked == special.asked)
            });
            assert_eq!(first, Some(at), "{} {} {:?}", special.row.code, special.enhanced, special.asked);
        }
    }
}
