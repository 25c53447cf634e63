//! What is written, and how it is found again.

use dbprobe_core::{Class, Failure, WriteProof, WriteRequest, Written};
use redis::Value;

use super::RedisSession;
use crate::classify::unexpected;
use crate::commands;
use crate::flight::{accepted, fly, withheld};
use crate::greeting::text;

/// Whose key a read without a write looks for. It need not be there.
const NOBODY: &str = "-";

impl RedisSession {
    /// Writes as well as the server lets it: into the prober's hash, or into a key of this session's own.
    pub(super) async fn prove(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        if let Some(mark) = self.mark.clone() {
            return self.set(request, mark).await;
        }
        let key = self.key(&request.prober).await?;
        let answers = fly(&mut self.wire, &commands::write(&key, request, self.ttl)).await?;
        let refused = answers.iter().find(|answer| matches!(answer, Value::ServerError(_)));
        if let Some(refusal) = refused.filter(|refusal| withheld(refusal) || is_abort(refusal)) {
            if matches!(answers.first(), Some(Value::Okay)) && answers.last() == Some(refusal) && !is_abort(refusal) {
                // An `EXEC` that the server does not know leaves the transaction open, which takes in whatever is sent.
                fly(&mut self.wire, &commands::discard()).await?;
            }
            return match self.set(request, request.nonce.to_string()).await {
                // What is missing for the better proof is what is missing.
                Err(failure) if withheld(refusal) && is_withholding(&failure) => {
                    Err(accepted(refusal).err().unwrap_or(failure))
                }
                result => result,
            };
        }
        // The first refusal is the reason; EXEC only says that there was one.
        for answer in &answers {
            accepted(answer)?;
        }
        let Some(Value::Array(results)) = answers.last() else { return Err(unexpected()) };
        for result in results {
            accepted(result)?;
        }
        match results.first() {
            Some(Value::Int(sequence)) => Ok(Written::new(request, WriteProof::Key, sequence.to_string())),
            _ => Err(unexpected()),
        }
    }

    /// Writes the nonce into a key that nobody but this session has: `SET` alone does not say who came later.
    async fn set(&mut self, request: &WriteRequest, mark: String) -> Result<Written, Failure> {
        let key = commands::own_key(&self.key(&request.prober).await?, &mark);
        let answers = fly(&mut self.wire, &commands::set(&key, request, self.ttl)).await?;
        match accepted(answers.first().ok_or_else(unexpected)?)? {
            Value::Okay => {
                self.left = Some(key);
                self.mark = Some(mark);
                Ok(Written::new(request, WriteProof::Key, ""))
            }
            _ => Err(unexpected()),
        }
    }

    /// Reads back what was `written`.
    pub(super) async fn look(&mut self, written: &Written) -> Result<(), Failure> {
        let key = self.key(&written.prober).await?;
        if let Some(mark) = &self.mark {
            let question = commands::get(&commands::own_key(&key, mark));
            let answers = fly(&mut self.wire, &question).await?;
            let answer = accepted(answers.first().ok_or_else(unexpected)?)?;
            return match answer {
                Value::Nil => Err(lost()),
                answer if text(answer) == Some(written.nonce.as_str()) => Ok(()),
                _ => Err(older()),
            };
        }
        let answers = fly(&mut self.wire, &commands::read(&key)).await?;
        let answer = accepted(answers.first().ok_or_else(unexpected)?)?;
        let Value::Array(values) = answer else { return Err(unexpected()) };
        let [nonce, sequence] = values.as_slice() else { return Err(unexpected()) };
        if text(nonce) == Some(written.nonce.as_str()) {
            return Ok(());
        }
        let number = |text: &str| text.parse::<i64>().ok();
        match (text(sequence).and_then(number), number(&written.token)) {
            (None, _) => Err(lost()),
            // Somebody of the same name wrote later.
            (Some(seen), Some(ours)) if seen > ours => Ok(()),
            _ => Err(older()),
        }
    }

    /// Reads a key that need not be there. Redis has nothing that everybody may read: a refusal is an answer, too.
    pub(super) async fn look_anywhere(&mut self) -> Result<(), Failure> {
        let question = commands::read(&self.key(&NOBODY.parse()?).await?);
        let answers = fly(&mut self.wire, &question).await?;
        match answers.first().ok_or_else(unexpected)? {
            Value::ServerError(error) if matches!(error.code(), "ASK" | "MOVED") => Ok(()),
            answer if withheld(answer) => Ok(()),
            answer => accepted(answer).map(drop),
        }
    }
}

/// Whether `EXEC` is what was refused: what stands behind it may be anything (`multi.c`, execCommandAbort).
fn is_abort(refusal: &Value) -> bool {
    matches!(refusal, Value::ServerError(error) if error.code() == "EXECABORT")
}

fn is_withholding(failure: &Failure) -> bool {
    matches!(failure.class, Class::Permission | Class::Unsupported)
}

fn lost() -> Failure {
    stale("the key that was just written is not there")
}

fn older() -> Failure {
    stale("the key holds something older than what was just written")
}

fn stale(message: &str) -> Failure {
    Failure::new(Class::StaleRead, message).advise(
        "look for a proxy that reads from replicas, a failover that lost writes, or an eviction policy at its limit",
    )
}
