//! AUTH (RFC 4954).

use dbprobe_core::{Class, Failure};

use crate::asked::Asked;
use crate::base64::encode;
use crate::classify::refusal;
use crate::config::{Login, Mechanism};
use crate::extensions::Extensions;
use crate::line::Line;
use crate::reply::Reply;

/// A command line's longest, with its end (RFC 5321, section 4.5.3.1.4).
const LONGEST: usize = 512;
/// So much of a base64 text, six bytes, is not in an answer by chance.
const TELLING: usize = 8;

/// Logs in over `line` by the mechanism that the DSN names, or the first that the server offers.
///
/// PLAIN is one round trip, LOGIN three.
///
/// # Errors
/// Class `auth`: the credentials were refused; class `unsupported`: the two sides share no mechanism; others as the
/// table of the reply codes has them.
pub(crate) async fn log_in(line: &mut Line, login: &Login, offered: &Extensions) -> Result<(), Failure> {
    let reply = match mechanism(login, offered)? {
        Mechanism::Plain => plain(line, login).await?,
        Mechanism::Login => one_by_one(line, login).await?,
    };
    if reply.code == 235 {
        return Ok(());
    }
    Err(refusal(Asked::Auth, &without_secrets(reply, login)))
}

fn mechanism(login: &Login, offered: &Extensions) -> Result<Mechanism, Failure> {
    let offers = |mechanism: Mechanism| offered.mechanisms().iter().any(|word| word == mechanism.as_str());
    let wanted = login.mechanism.map_or_else(|| vec![Mechanism::Plain, Mechanism::Login], |named| vec![named]);
    wanted.iter().copied().find(|mechanism| offers(*mechanism)).ok_or_else(|| {
        let (message, advice) = match offered.mechanisms() {
            [] => (
                "the server offers no login here".to_owned(),
                "try port 587 or 465, or leave user and password out: a check needs no login",
            ),
            others => (
                format!("the server offers other ways to log in: {}", others.join(" ")),
                "let the server offer PLAIN or LOGIN under TLS, or leave user and password out",
            ),
        };
        Failure::new(Class::Unsupported, message).advise(advice)
    })
}

/// `AUTH PLAIN` with the initial response, or, where that is too long for a command, after being asked for it.
async fn plain(line: &mut Line, login: &Login) -> Result<Reply, Failure> {
    let response = plain_response(login);
    let command = format!("AUTH PLAIN {response}");
    if command.len() + 2 <= LONGEST {
        return line.ask(&command).await;
    }
    let reply = line.ask("AUTH PLAIN").await?;
    if reply.code == 334 { line.ask(&response).await } else { Ok(reply) }
}

fn plain_response(login: &Login) -> String {
    encode(format!("\0{}\0{}", login.user, login.password.expose()).as_bytes())
}

/// What the server asks for is not looked at: some translate it, and the order is always the same.
async fn one_by_one(line: &mut Line, login: &Login) -> Result<Reply, Failure> {
    let mut reply = line.ask("AUTH LOGIN").await?;
    for answer in [login.user.as_bytes(), login.password.expose().as_bytes()] {
        if reply.code != 334 {
            return Ok(reply);
        }
        reply = line.ask(&encode(answer)).await?;
    }
    Ok(reply)
}

/// Some servers repeat what they did not understand, and this was a password, whole or the beginning of it.
pub(crate) fn without_secrets(reply: Reply, login: &Login) -> Reply {
    let password = login.password.expose();
    let text = reply.text();
    let whole = !password.is_empty() && text.contains(password);
    if whole || [encode(password.as_bytes()), plain_response(login)].iter().any(|said| repeats(&text, said)) {
        return Reply { lines: vec!["what it said repeats the password".to_owned()], ..reply };
    }
    reply
}

/// Whether `text` holds a part of the base64 in `said` that gives something away.
fn repeats(text: &str, said: &str) -> bool {
    let part = said.len().min(TELLING);
    part > 0 && said.as_bytes().windows(part).any(|part| text.as_bytes().windows(part.len()).any(|seen| seen == part))
}

#[cfg(test)]
mod tests {
    use dbprobe_core::Secret;

    use super::*;

    fn login(mechanism: Option<Mechanism>) -> Login {
        Login { user: "tim".to_owned(), password: Secret::new("tanstaaftanstaaf"), mechanism }
    }

    fn offering(auth: &str) -> Extensions {
        Extensions::of(&Reply { code: 250, lines: vec!["mail".to_owned(), format!("AUTH {auth}")] })
    }

    /// RFC 4616, section 4, the first example.
    #[test]
    fn plain_is_that_of_the_standard() {
        assert_eq!(plain_response(&login(None)), encode(b"\0tim\0tanstaaftanstaaf"));
        assert_eq!(plain_response(&login(None)), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
    }

    #[test]
    fn the_first_common_way_is_taken() {
        for (named, offered, taken) in [
            (None, "LOGIN PLAIN", Some(Mechanism::Plain)),
            (None, "LOGIN CRAM-MD5", Some(Mechanism::Login)),
            (Some(Mechanism::Login), "LOGIN PLAIN", Some(Mechanism::Login)),
            (Some(Mechanism::Plain), "LOGIN", None),
            (None, "GSSAPI", None),
            (None, "", None),
        ] {
            let seen = mechanism(&login(named), &offering(offered));
            assert_eq!(seen.as_ref().ok().copied(), taken, "{offered}");
            assert!(seen.is_ok() || seen.is_err_and(|failure| failure.class == Class::Unsupported));
        }
    }

    #[test]
    fn a_server_that_repeats_the_password_is_not_repeated() {
        for said in [
            "535 no tanstaaftanstaaf",
            "500 what is AHRpbQB0YW5zdGFhZnRhbnN0YWFm",
            "500 dGFuc3RhYWZ0YW5zdGFhZg==",
            "500 AUTH PLAIN AHRpbQB0YW5z...",
        ] {
            let mut reply = Reply::default();
            reply.take(said.as_bytes()).expect("an answer");
            let failure = refusal(Asked::Auth, &without_secrets(reply, &login(None)));
            assert!(failure.message.ends_with("what it said repeats the password"), "{failure}");
        }
    }
}
