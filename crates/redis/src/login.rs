//! The first flight: who we are, and what kind of server it is.

use dbprobe_core::Failure;
use redis::Value;

use crate::classify::{refusal, refused_login, unexpected};
use crate::commands;
use crate::config::{Config, Protocol};
use crate::flight::{fly, withheld};
use crate::greeting::Greeting;
use crate::wire::Wire;

/// Logs in: one round trip. What only names the session may be refused.
pub(crate) async fn log_in(wire: &mut Wire, config: &Config) -> Result<Greeting, Failure> {
    let mut answers = fly(wire, &commands::login(config)).await?.into_iter();
    let mut next = || answers.next().ok_or_else(unexpected);
    if config.user.is_some() || config.password.is_some() {
        match next()? {
            Value::ServerError(error) => return Err(refused_login(&error)),
            answer => done(&answer)?,
        }
    }
    let greeting = match next()? {
        // It only tells; with a version it also chooses, and must not be without effect.
        answer if config.protocol == Protocol::Resp2 && withheld(&answer) => Greeting::default(),
        Value::ServerError(error) => return Err(refusal(&error)),
        answer => Greeting::new(&answer).ok_or_else(unexpected)?,
    };
    match next()? {
        answer if withheld(&answer) => {}
        answer => done(&answer)?,
    }
    if config.database > 0 {
        done(&next()?)?;
    }
    Ok(greeting)
}

/// `OK`, or a refusal.
fn done(answer: &Value) -> Result<(), Failure> {
    match answer {
        Value::Okay => Ok(()),
        Value::ServerError(error) => Err(refusal(error)),
        _ => Err(unexpected()),
    }
}
