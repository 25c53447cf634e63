//! Reply code → class, cause, advice: one table, and what an enhanced code or the question makes of it. The enhanced codes
//! are those of RFC 3463 and IANA's registry of them.

use dbprobe_core::Class::{Auth, DiskFull, Overloaded, Permission, Protocol, Reset, Starting, Tls, Unsupported};
use dbprobe_core::Knowledge;

use crate::asked::Asked;

const BACKEND: &str =
    "the mail server cannot ask whoever knows the passwords: check Dovecot, saslauthd or the directory";
const BUSY: &str = "the server has no room for another client: see its log and its limits, in Postfix \
             smtpd_client_connection_count_limit and the maxproc of smtpd in master.cf";
const CHANGED: &str = "check that nothing in between changes what is sent, such as a firewall's SMTP inspection";
const MISFIT: &str = "the answer does not fit the question: check that nothing in between changes what is sent";
const NO_AUTH: &str = "the server takes no AUTH here: try port 587 or 465";
const OUR_NAME: &str =
    "the server does not like the name this machine gives: set the parameter `ehlo` to its full host name";
const PASSWORD: &str = "check the user and the password; many providers want an app password here";
const QUEUE: &str = "free disk space for the server's queue";
const REQUIRED: &str = "the server does not carry out what every SMTP server must (RFC 5321, section 4.5.1)";
const UNWANTED: &str = "the server does not want this client: see its log; a block list or a missing reverse name of this \
             machine is the usual reason";

/// A row about a reply, by the number of the RFC and the section. Replies have no names.
macro_rules! rfc {
    ($code:literal, $class:ident, $number:literal, $section:literal) => {
        Knowledge::new($code, "", $class, concat!("https://www.rfc-editor.org/rfc/rfc", $number, "#section-", $section))
    };
}

/// What a reply means by its code alone: exact ones stand above their kind.
pub(crate) const KNOWLEDGE: &[Knowledge] = &[
    rfc!("421", Overloaded, "5321", "4.2.3")
        .because("the server has too many clients, or this one connects too often")
        .advise(BUSY),
    rfc!("432", Auth, "4954", "6")
        .because("the password was stored for another way of logging in")
        .advise("the password has to be set anew before this way of logging in works (RFC 4954)"),
    rfc!("450", Overloaded, "5321", "4.2.3")
        .because("the server is busy, or puts new clients off for a while (greylisting)")
        .advise(BUSY),
    rfc!("451", Overloaded, "5321", "4.2.3")
        .because("the server failed at something of its own, or puts new clients off")
        .advise("the server failed at something of its own: see its log"),
    rfc!("452", Overloaded, "5321", "4.2.3").because("the server is short of room or of memory").advise(BUSY),
    rfc!("454", Overloaded, "4954", "6")
        .because("the server cannot do this just now: its TLS or its source of passwords does not work")
        .advise(BUSY),
    rfc!("500", Protocol, "5321", "4.2.3")
        .because("something in between changed the line, or the server does not know the command")
        .advise(CHANGED),
    rfc!("501", Protocol, "5321", "4.2.3")
        .because("something in between changed the line, or the server does not like its parameter")
        .advise(CHANGED),
    rfc!("502", Unsupported, "5321", "4.2.3").because("the server does not carry the command out").advise(REQUIRED),
    rfc!("503", Protocol, "5321", "4.2.3")
        .because("something in between swallowed a command that must come first")
        .advise(CHANGED),
    rfc!("504", Unsupported, "5321", "4.2.3").because("the server does not carry the parameter out").advise(REQUIRED),
    rfc!("521", Unsupported, "7504", "3")
        .because("the host never takes mail")
        .advise("the host never takes mail (RFC 7504): check the name, and its MX record"),
    rfc!("530", Auth, "4954", "6")
        .because("the server wants a login first, or TLS")
        .advise("the server wants a login or TLS first: give a user and a password, and starttls=require"),
    rfc!("534", Auth, "4954", "6")
        .because("the account's rules ask for a stronger login: an app password, or OAuth")
        .advise("the server finds this way to log in too weak: try another `auth`, or an app password"),
    rfc!("535", Auth, "4954", "6")
        .because("the user or the password is wrong, or the provider wants an app password")
        .advise(PASSWORD),
    rfc!("538", Tls, "4954", "6")
        .because("the connection is not encrypted, and the server takes no password in clear")
        .advise("the server takes this login only under TLS: say starttls=require"),
    rfc!("550", Permission, "5321", "4.2.3")
        .because("this machine is on a block list, or has no reverse name")
        .advise(UNWANTED),
    rfc!("553", Permission, "5321", "4.2.3").because("this machine may not send as it says it is").advise(UNWANTED),
    rfc!("554", Permission, "5321", "4.2.3")
        .because("this machine is on a block list, or has no reverse name")
        .advise(UNWANTED),
    rfc!("556", Unsupported, "7504", "4")
        .because("the domain says that it takes no mail")
        .advise("the domain takes no mail (RFC 7504): check the name, and its MX record"),
    rfc!("2*", Protocol, "5321", "4.2.1")
        .because("something in between answers in the server's place, or swallowed an answer")
        .advise(MISFIT),
    rfc!("3*", Protocol, "5321", "4.2.1")
        .because("something in between answers in the server's place, or swallowed an answer")
        .advise(MISFIT),
    rfc!("4*", Overloaded, "5321", "4.2.1").because("the server cannot take this client just now").advise(BUSY),
    rfc!("5*", Permission, "5321", "4.2.1").because("the server does not want this client").advise(UNWANTED),
];

/// What a reply means to one question, or with one enhanced code.
pub(crate) struct Special {
    /// How the enhanced code begins.
    pub(crate) enhanced: &'static str,
    /// What it answers; anything where there is nothing.
    pub(crate) asked: Option<Asked>,
    pub(crate) row: Knowledge,
}

/// The first one that fits counts, and all of them before [`KNOWLEDGE`].
pub(crate) const SPECIAL: &[Special] = &[
    Special {
        enhanced: "4.3.2",
        asked: None,
        row: rfc!("421", Starting, "3463", "3.4")
            .because("an administrator is at work on the server")
            .advise("an administrator is stopping the server, or it does not take mail now: wait"),
    },
    Special {
        enhanced: "4.4.2",
        asked: None,
        row: rfc!("421", Reset, "3463", "3.5")
            .because("the client, or the network between, was too slow for the server")
            .advise("the server gave up waiting for this client: look at the network in between"),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Noop),
        row: rfc!("421", Starting, "5321", "3.8")
            .because("the server is shutting down")
            .advise("the server is about to close every connection: see its log"),
    },
    Special {
        enhanced: "4.7",
        asked: None,
        row: rfc!("450", Permission, "3463", "3.8")
            .because("this machine is on a block list, or has no reverse name")
            .advise(UNWANTED),
    },
    Special {
        enhanced: "4.3.1",
        asked: None,
        row: rfc!("451", DiskFull, "3463", "3.4").because("the disk of the server's queue is full").advise(QUEUE),
    },
    Special {
        enhanced: "4.3.1",
        asked: None,
        row: rfc!("452", DiskFull, "3463", "3.4").because("the disk of the server's queue is full").advise(QUEUE),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Banner),
        row: rfc!("452", DiskFull, "5321", "4.2.3").because("the disk of the server's queue is full").advise(QUEUE),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::StartTls),
        row: rfc!("454", Tls, "3207", "4")
            .because("the server's certificate or key cannot be loaded")
            .advise("the server's TLS does not work: check its certificate, its key and its log"),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Auth),
        row: rfc!("454", Overloaded, "4954", "6")
            .because("the source of the passwords is down, such as Dovecot or LDAP")
            .advise(BACKEND),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Auth),
        row: rfc!("500", Unsupported, "4954", "4")
            .because("this port is for mail between servers, which do not log in")
            .advise(NO_AUTH),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Auth),
        row: rfc!("502", Unsupported, "4954", "4")
            .because("this port is for mail between servers, which do not log in")
            .advise(NO_AUTH),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Auth),
        row: rfc!("503", Unsupported, "4954", "4")
            .because("this port is for mail between servers, or logins are only taken under TLS")
            .advise(NO_AUTH),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Auth),
        row: rfc!("504", Unsupported, "4954", "4")
            .because("the server offers other ways to log in")
            .advise("the server does not know this way to log in: try another `auth`"),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::StartTls),
        row: rfc!("500", Tls, "3207", "4")
            .because("a firewall or a proxy between hides STARTTLS")
            .advise("the server does not know STARTTLS: a proxy in between may have left it out"),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::StartTls),
        row: rfc!("502", Tls, "3207", "4")
            .because("TLS is switched off on the server")
            .advise("the server does not carry out STARTTLS: see its configuration"),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Hello),
        row: rfc!("501", Permission, "5321", "4.1.1.1")
            .because("the name that this machine gives is no full host name")
            .advise(OUR_NAME),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Hello),
        row: rfc!("504", Permission, "5321", "4.1.1.1")
            .because("the name that this machine gives is no full host name")
            .advise(OUR_NAME),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Hello),
        row: rfc!("550", Permission, "5321", "4.1.4")
            .because("the name that this machine gives does not resolve, or is not its own")
            .advise(OUR_NAME),
    },
    Special {
        enhanced: "5.7.0",
        asked: Some(Asked::Auth),
        row: rfc!("530", Tls, "3207", "4")
            .because("the connection is not encrypted, and the server takes no login in clear")
            .advise("the server wants TLS first: say starttls=require"),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Auth),
        row: rfc!("530", Auth, "4954", "6")
            .because("the server wants another kind of login, such as a client certificate")
            .advise("the server wants a login of another kind: see the methods it offers"),
    },
    Special {
        enhanced: "5.7",
        asked: None,
        row: rfc!("554", Permission, "3463", "3.8")
            .because("this machine is on a block list, or has no reverse name")
            .advise(UNWANTED),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Banner),
        row: rfc!("554", Permission, "5321", "3.1")
            .because("this machine is on a block list, or the host takes no mail at all")
            .advise(
                "no SMTP service for this client (RFC 5321, section 3.1): the host takes no mail, or this machine is \
             on a block list",
            ),
    },
    Special {
        enhanced: "",
        asked: Some(Asked::Auth),
        row: rfc!("554", Auth, "4954", "6").because("the user or the password is wrong").advise(PASSWORD),
    },
];
