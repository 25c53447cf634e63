//! One flight: commands sent together, and as many answers.

use dbprobe_core::{Class, Failure};
use dbprobe_net::io_failure;
use redis::{Pipeline, RedisError, Value};
use tokio::io::AsyncWriteExt;

use crate::classify::{not_redis, refusal, wants_tls};
use crate::peer;
use crate::wire::{ALLOWANCE, Trouble, Wire};

/// Sends every command of `commands` at once and waits for as many answers: one round trip. What the server refuses is
/// among the answers.
///
/// A server that refuses and hangs up, as one with too many clients does, is quoted: an answer that is there counts,
/// even where the commands could not be sent any more.
pub(crate) async fn fly(wire: &mut Wire, commands: &Pipeline) -> Result<Vec<Value>, Failure> {
    fly_far(wire, commands, ALLOWANCE).await
}

/// The same for answers of up to `allowance` bytes.
pub(crate) async fn fly_far(wire: &mut Wire, commands: &Pipeline, allowance: usize) -> Result<Vec<Value>, Failure> {
    wire.allow(allowance);
    let sent = send(wire, &commands.get_packed_pipeline()).await;
    let mut answers = Vec::with_capacity(commands.len());
    // The answers to one flight are read to their end, so nothing is lost with what the parser has read ahead.
    let mut decoder = Default::default();
    while answers.len() < commands.len() {
        let failure = match redis::parse_redis_value_async(&mut decoder, wire).await {
            Ok(answer) => {
                answers.push(answer);
                continue;
            }
            Err(error) => failed(wire, &sent, &error),
        };
        return match answers.first() {
            Some(Value::ServerError(_)) if failure.class == Class::Reset => Ok(filled(answers, commands.len())),
            _ => Err(failure),
        };
    }
    if decoder.buffer().is_empty() { Ok(answers) } else { Err(not_redis("the server said more than it was asked")) }
}

async fn send(wire: &mut Wire, bytes: &[u8]) -> std::io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}

/// Why there is no answer. The parser's own words may quote the peer, who may quote a password.
fn failed(wire: &mut Wire, sent: &std::io::Result<()>, error: &RedisError) -> Failure {
    match (wire.trouble(), sent) {
        (Some(Trouble::Stranger(beginning)), _) if wire.is_plain() && peer::wants_tls(&beginning) => wants_tls(),
        (Some(Trouble::Stranger(beginning)), _) => not_redis(peer::whose(&beginning)),
        (Some(Trouble::TooMuch), _) => not_redis("the peer sends far more than was asked for"),
        (Some(Trouble::Io(error)), _) => io_failure(&error, "talking to the server"),
        (None, _) if !error.is_io_error() => not_redis(peer::whose(b"")),
        (None, Err(error)) => io_failure(error, "talking to the server"),
        (None, Ok(())) => io_failure(&std::io::ErrorKind::UnexpectedEof.into(), "talking to the server"),
    }
}

/// The answer that came stands for those that did not.
fn filled(mut answers: Vec<Value>, count: usize) -> Vec<Value> {
    if let Some(last) = answers.last().cloned() {
        answers.resize(count, last);
    }
    answers
}

/// The answer, unless it is a refusal.
pub(crate) fn accepted(answer: &Value) -> Result<&Value, Failure> {
    match answer {
        Value::ServerError(error) => Err(refusal(error)),
        answer => Ok(answer),
    }
}

/// Whether the server refuses this command and says nothing of itself: it does not know it, not in this form, or not
/// for this role.
///
/// Proxies and hosted servers word it as they like (Envoy before 1.21 without a code, Codis, Alibaba Cloud, Upstash).
pub(crate) fn withheld(answer: &Value) -> bool {
    const BEGINNINGS: [&str; 4] =
        ["unknown command", "unknown subcommand", "unsupported command", "wrong number of arguments"];
    const ENDS: [&str; 3] = ["not allowed", "not available", "not support"];
    let Value::ServerError(error) = answer else { return false };
    let text = error.details().unwrap_or_default().to_ascii_lowercase();
    match error.code() {
        "NOPERM" => true,
        "unsupported" => text.starts_with("command"),
        "ERR" => {
            BEGINNINGS.iter().any(|known| text.starts_with(known))
                || (text.contains("command") && ENDS.iter().any(|known| text.contains(known)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_withheld_is_told_from_a_server_in_trouble() {
        let said = |line: &str| redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("an answer");
        for line in [
            "ERR unknown command 'HELLO', with args beginning with: ",
            "ERR unknown subcommand 'SETNAME'. Try CLIENT HELP.",
            "ERR wrong number of arguments for 'hello' command",
            "NOPERM this user has no permissions to run the 'multi' command",
            "unsupported command 'CLIENT'",
            "ERR command 'MULTI' is not allowed",
            "ERR command 'config' not support for normal user",
            "ERR Command is not available: 'CLIENT'. See https://upstash.com/docs",
        ] {
            assert!(withheld(&said(line)), "{line}");
        }
        for line in [
            "LOADING Redis is loading the dataset in memory",
            "ERR max number of clients reached",
            "OOM command not allowed when used memory > 'maxmemory'.",
            "READONLY You can't write against a read only replica.",
            "EXECABORT Transaction discarded because of previous errors.",
            "unsupported",
        ] {
            assert!(!withheld(&said(line)), "{line}");
        }
        assert!(!withheld(&Value::Okay));
    }
}
