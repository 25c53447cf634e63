//! Reply code → class: one table.
//!
//! Sources: RFC 5321, sections 3.1, 3.8 and 4.2.3; RFC 3207, section 4; RFC 4954, sections 4 and 6; RFC 7504; the
//! enhanced codes are those of RFC 3463 and IANA's registry of them.

use dbprobe_core::{Class, Failure};

use crate::reply::Reply;

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing: it is the server's first word.
    Banner,
    Hello,
    StartTls,
    Auth,
    Noop,
    Quit,
}

impl Asked {
    fn fact(self) -> &'static str {
        match self {
            Self::Banner => "the server takes no mail from here",
            Self::Hello => "the server refused the greeting",
            Self::StartTls => "the server refused STARTTLS",
            Self::Auth => "the server refused the login",
            Self::Noop => "the server refused a NOOP",
            Self::Quit => "the server refused a QUIT",
        }
    }
}

/// A reply code, how its enhanced code begins, what it answers, what that means, and what to do next.
type Row = (u16, &'static str, Option<Asked>, Class, &'static str);

const BUSY: &str = "the server has no room for another client: see its log and its limits, in Postfix \
    smtpd_client_connection_count_limit and the maxproc of smtpd in master.cf";
const BACKEND: &str =
    "the mail server cannot ask whoever knows the passwords: check Dovecot, saslauthd or the directory";
const PASSWORD: &str = "check the user and the password; many providers want an app password here";
const UNWANTED: &str = "the server does not want this client: see its log; a block list or a missing reverse name of this \
    machine is the usual reason";
const OUR_NAME: &str =
    "the server does not like the name this machine gives: set the parameter `ehlo` to its full host name";

/// The first row that fits counts, so that exact ones stand above their code.
const TABLE: &[Row] = &[
    (421, "4.3.2", None, Class::Starting, "an administrator is stopping the server, or it does not take mail now"),
    (421, "4.4.2", None, Class::Reset, "the server gave up waiting for this client"),
    (421, "", Some(Asked::Noop), Class::Starting, "the server is about to close every connection: see its log"),
    (421, "", None, Class::Overloaded, BUSY),
    (432, "", None, Class::Auth, "the password has to be set anew before this way of logging in works (RFC 4954)"),
    (450, "4.7", None, Class::Permission, UNWANTED),
    (450, "", None, Class::Overloaded, BUSY),
    (451, "4.3.1", None, Class::DiskFull, "free disk space for the server's queue"),
    (451, "", None, Class::Overloaded, "the server failed at something of its own: see its log"),
    (452, "4.3.1", None, Class::DiskFull, "free disk space for the server's queue"),
    (452, "", Some(Asked::Banner), Class::DiskFull, "free disk space for the server's queue"),
    (452, "", None, Class::Overloaded, BUSY),
    (
        454,
        "",
        Some(Asked::StartTls),
        Class::Tls,
        "the server's TLS does not work: check its certificate, its key and its log",
    ),
    (454, "", Some(Asked::Auth), Class::Overloaded, BACKEND),
    (500, "", Some(Asked::Auth), Class::Unsupported, "the server takes no AUTH here: try port 587 or 465"),
    (502, "", Some(Asked::Auth), Class::Unsupported, "the server takes no AUTH here: try port 587 or 465"),
    (503, "", Some(Asked::Auth), Class::Unsupported, "the server takes no AUTH here: try port 587 or 465"),
    (504, "", Some(Asked::Auth), Class::Unsupported, "the server does not know this way to log in: try another `auth`"),
    (
        500,
        "",
        Some(Asked::StartTls),
        Class::Tls,
        "the server does not know STARTTLS: a proxy in between may have left it out",
    ),
    (502, "", Some(Asked::StartTls), Class::Tls, "the server does not carry out STARTTLS: see its configuration"),
    (501, "", Some(Asked::Hello), Class::Permission, OUR_NAME),
    (504, "", Some(Asked::Hello), Class::Permission, OUR_NAME),
    (550, "", Some(Asked::Hello), Class::Permission, OUR_NAME),
    (
        500,
        "",
        None,
        Class::Protocol,
        "check that nothing in between changes what is sent, such as a firewall's SMTP inspection",
    ),
    (
        501,
        "",
        None,
        Class::Protocol,
        "check that nothing in between changes what is sent, such as a firewall's SMTP inspection",
    ),
    (
        502,
        "",
        None,
        Class::Unsupported,
        "the server does not carry out what every SMTP server must (RFC 5321, section 4.5.1)",
    ),
    (
        503,
        "",
        None,
        Class::Protocol,
        "check that nothing in between changes what is sent, such as a firewall's SMTP inspection",
    ),
    (
        504,
        "",
        None,
        Class::Unsupported,
        "the server does not carry out what every SMTP server must (RFC 5321, section 4.5.1)",
    ),
    (521, "", None, Class::Unsupported, "the host never takes mail (RFC 7504): check the name, and its MX record"),
    (530, "5.7.0", Some(Asked::Auth), Class::Tls, "the server wants TLS first: say starttls=require"),
    (530, "", Some(Asked::Auth), Class::Auth, "the server wants a login of another kind: see the methods it offers"),
    (
        530,
        "",
        None,
        Class::Auth,
        "the server wants a login or TLS first: give a user and a password, and starttls=require",
    ),
    (
        534,
        "",
        None,
        Class::Auth,
        "the server finds this way to log in too weak: try another `auth`, or an app password",
    ),
    (535, "", None, Class::Auth, PASSWORD),
    (538, "", None, Class::Tls, "the server takes this login only under TLS: say starttls=require"),
    (550, "", None, Class::Permission, UNWANTED),
    (553, "", None, Class::Permission, UNWANTED),
    (554, "5.7", None, Class::Permission, UNWANTED),
    (
        554,
        "",
        Some(Asked::Banner),
        Class::Permission,
        "no SMTP service for this client (RFC 5321, section 3.1): the host takes no mail, or this machine is on a block list",
    ),
    (554, "", Some(Asked::Auth), Class::Auth, PASSWORD),
    (556, "", None, Class::Unsupported, "the domain takes no mail (RFC 7504)"),
];

/// What kind of failure `reply` is to what was `asked`.
fn row(asked: Asked, reply: &Reply) -> (Class, &'static str) {
    let enhanced = reply.enhanced().unwrap_or_default();
    let fits =
        |row: &&Row| row.0 == reply.code && enhanced.starts_with(row.1) && row.2.is_none_or(|only| only == asked);
    match TABLE.iter().find(fits) {
        Some((_, _, _, class, advice)) => (*class, advice),
        None if reply.code >= 500 => (Class::Permission, UNWANTED),
        None if reply.code >= 400 => (Class::Overloaded, BUSY),
        None => (
            Class::Protocol,
            "the answer does not fit the question: check that nothing in between changes what is sent",
        ),
    }
}

/// What the server said in the place of what was `asked`.
pub(crate) fn refusal(asked: Asked, reply: &Reply) -> Failure {
    let (class, advice) = row(asked, reply);
    let text = reply.text();
    let message = if text.is_empty() { asked.fact().to_owned() } else { format!("{}: {text}", asked.fact()) };
    Failure::new(class, message).code(reply.code.to_string()).advise(advice)
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
    fn every_row_is_reached() {
        for (at, (code, enhanced, asked, ..)) in TABLE.iter().enumerate() {
            let first = TABLE.iter().position(|(other, begins, only, ..)| {
                other == code && enhanced.starts_with(begins) && (only.is_none() || only == asked)
            });
            assert_eq!(first, Some(at), "{code} {enhanced} {asked:?}");
        }
    }
}
