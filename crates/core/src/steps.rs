//! The clock of one probe: every step is timed, bounded and recorded here.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::class::Class;
use crate::failure::Failure;
use crate::guard::{self, Ended};
use crate::phase::Phase;
use crate::step::{Attempt, Outcome, Step};
use crate::tls::Tls;
use crate::write::WriteProof;

/// Who a session is with: what only the connecting can tell.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    address: Option<String>,
    tls: Option<Tls>,
}

/// The clock of one probe: an engine names a phase and gives the work, the clock times, bounds and records it.
#[derive(Debug)]
pub struct Steps {
    started: Instant,
    deadline: Instant,
    attempt: Instant,
    attempt_deadline: Instant,
    open: Option<(Phase, Instant)>,
    steps: Vec<Step>,
    attempts: Vec<Attempt>,
    address: Option<String>,
    tls: Option<Tls>,
}

impl Steps {
    /// A clock that starts now and ends after `timeout`.
    pub fn new(timeout: Duration) -> Self {
        let started = Instant::now();
        let deadline = after(started, timeout);
        Self {
            started,
            deadline,
            attempt: started,
            attempt_deadline: deadline,
            open: None,
            steps: Vec::with_capacity(8),
            attempts: Vec::new(),
            address: None,
            tls: None,
        }
    }

    /// Times, bounds and records `work` as `phase`.
    ///
    /// # Errors
    /// What `work` answers, stamped with `phase`; class `timeout` when the time of this attempt is over first.
    pub async fn run<T>(&mut self, phase: Phase, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        self.run_or_look(phase, work, std::future::pending()).await
    }

    /// As [`Steps::run`], with a second look at a peer that says nothing: `look` begins when half of the attempt's time
    /// is over, and what it finds out ends the step at once.
    ///
    /// # Errors
    /// Those of [`Steps::run`], and what `look` found.
    pub async fn run_or_look<T>(
        &mut self,
        phase: Phase,
        work: impl Future<Output = Result<T, Failure>>,
        look: impl Future<Output = Option<Failure>>,
    ) -> Result<T, Failure> {
        self.open(phase);
        let half = Instant::now() + self.remaining() / 2;
        let second = async {
            sleep_until(half).await;
            match look.await {
                Some(failure) => Err(failure),
                None => std::future::pending().await,
            }
        };
        let either = async {
            tokio::select! {
                biased;
                result = work => result,
                found = second => found,
            }
        };
        let result = timeout_at(self.attempt_deadline, either).await;
        match result.unwrap_or_else(|_| Err(no_answer(phase))) {
            Ok(value) => {
                self.finish(Outcome::Passed, None);
                Ok(value)
            }
            Err(failure) => Err(self.fail(failure)),
        }
    }

    /// Turns the last step into one that was not taken after all: asking took its time, but nothing came of it.
    pub fn retract(&mut self, reason: &str) {
        if let Some(step) = self.steps.last_mut() {
            step.outcome = Outcome::Skipped(reason.to_owned());
        }
    }

    /// Begins an attempt at one of `left` remaining hosts: it gets its share of what time is left, at most `limit`.
    pub fn begin_attempt(&mut self, left: usize, limit: Option<Duration>) {
        self.attempt = Instant::now();
        let remaining = self.deadline.saturating_duration_since(self.attempt);
        let share = remaining / u32::try_from(left.max(1)).unwrap_or(u32::MAX);
        let share = if left > 1 { share } else { remaining };
        self.attempt_deadline = self.attempt + limit.map_or(share, |limit| limit.min(share));
    }

    /// Gives `endpoint` up: its steps leave the report and `failure` is noted beside them.
    pub fn give_up(&mut self, endpoint: impl Into<String>, failure: Failure) {
        let duration = self.attempt.elapsed();
        self.steps.retain(|step| step.phase < Phase::Resolve);
        self.attempts.push(Attempt { endpoint: endpoint.into(), failure, duration });
        self.address = None;
        self.tls = None;
    }

    /// Notes which address answered: `ip:port` or a socket's path.
    pub fn connected_to(&mut self, address: impl Into<String>) {
        self.address = Some(address.into());
    }

    /// Notes what the TLS handshake told.
    pub fn secured(&mut self, tls: Tls) {
        self.tls = Some(tls);
    }

    /// Whether a TLS handshake of this attempt was noted.
    pub fn is_secured(&self) -> bool {
        self.tls.is_some()
    }

    /// What is left of this attempt's time, for limits that a server sets itself.
    pub fn remaining(&self) -> Duration {
        self.attempt_deadline.saturating_duration_since(Instant::now())
    }

    /// The time of the whole probe, for limits that a server keeps for the life of a session.
    pub fn timeout(&self) -> Duration {
        self.deadline.saturating_duration_since(self.started)
    }

    /// Who a session is with, for probes that use it again.
    pub(crate) fn peer(&self) -> Peer {
        Peer { address: self.address.clone(), tls: self.tls.clone() }
    }

    /// Notes that the probe is on a session with `peer`, as its connecting found it.
    pub(crate) fn back_with(&mut self, peer: Peer) {
        (self.address, self.tls) = (peer.address, peer.tls.map(|tls| tls.at(Timestamp::now())));
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn open(&mut self, phase: Phase) {
        self.open = Some((phase, Instant::now()));
    }

    /// Ends the open step, if there is one.
    pub(crate) fn finish(&mut self, outcome: Outcome, proof: Option<WriteProof>) {
        if let Some((phase, at)) = self.open.take() {
            let start = Some(at.duration_since(self.started));
            self.steps.push(Step { phase, outcome, start, duration: Some(at.elapsed()), proof });
        }
    }

    /// Ends the open step with `failure`, stamped with its phase.
    pub(crate) fn fail(&mut self, failure: Failure) -> Failure {
        let failure = match self.open {
            Some((phase, _)) => failure.in_phase(phase),
            None => failure,
        };
        self.finish(Outcome::Failed(failure.clone()), None);
        failure
    }

    /// Ends what a driver left: the open step, or one named `phase` where the failure came outside of any.
    pub(crate) fn abandon(&mut self, phase: Phase, failure: Failure) {
        if self.open.is_none() {
            let known = failure
                .phase
                .is_some_and(|at| self.steps.iter().any(|step| step.phase == at && step.failure().is_some()));
            if known {
                return; // the failure is on record already
            }
            self.open(failure.phase.unwrap_or(phase));
        }
        self.fail(failure);
    }

    /// Ends the open step, or one named `phase`, because the deadline came.
    pub(crate) fn time_out(&mut self, phase: Phase) {
        let phase = self.open.map_or(phase, |(open, _)| open);
        self.abandon(phase, no_answer(phase));
    }

    pub(crate) fn skip(&mut self, phase: Phase, reason: &str) {
        self.steps.push(Step::skipped(phase, reason));
    }

    pub(crate) fn into_parts(self) -> (Vec<Step>, Vec<Attempt>, Option<String>, Option<Tls>) {
        (self.steps, self.attempts, self.address, self.tls)
    }
}

/// What came of a bounded piece of work, as a result of `phase`.
pub(crate) fn settled<T>(ended: Ended<T>, phase: Phase) -> Result<T, Failure> {
    match ended {
        Ended::Answered(result) => result.map_err(|failure| failure.in_phase(phase)),
        Ended::Panicked(message) => Err(guard::panicked(&message).in_phase(phase)),
        Ended::TimedOut => Err(no_answer(phase)),
        Ended::Interrupted => Err(guard::interrupted().in_phase(phase)),
    }
}

/// The end of `timeout`. One beyond what the clock can hold is as good as ten years.
pub(crate) fn after(started: Instant, timeout: Duration) -> Instant {
    started.checked_add(timeout).unwrap_or(started + Duration::from_secs(315_360_000))
}

/// The failure for a step that a clock of ours ended.
pub(crate) fn no_answer(phase: Phase) -> Failure {
    let (message, advice) = match phase {
        Phase::Configure => ("the settings could not be read in time", "check the file system that holds them"),
        Phase::Resolve => {
            ("no answer from the resolver in time", "check /etc/resolv.conf and the name servers it names")
        }
        Phase::Tcp => (
            "no answer to the connection request in time",
            "a firewall that drops packets or a wrong address looks like this: compare with `dbprobe check --level tcp`",
        ),
        Phase::Tls => (
            "the peer accepted the connection but did not answer the TLS negotiation in time",
            "the server process may be stopped or overloaded, or the port belongs to something else",
        ),
        Phase::Auth => (
            "the login was not finished in time",
            "the server process may be stopped or overloaded, or the port belongs to something else",
        ),
        Phase::Write => (
            "the write was not confirmed in time",
            "look for a lock, a full log disk, or a synchronous replica that is missing",
        ),
        Phase::Ping | Phase::Read | Phase::Inspect => (
            "the session is open but the server did not answer in time",
            "the server process may be stopped, overloaded or waiting for its disk",
        ),
        Phase::Close => ("the goodbye was not finished in time", "the connection was dropped instead"),
    };
    Failure::new(Class::Timeout, message).advise(advice).in_phase(phase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_of_several_hosts_gets_its_share() {
        let mut steps = Steps::new(Duration::from_secs(6));
        steps.begin_attempt(3, None);
        let first = steps.run(Phase::Tcp, std::future::pending::<Result<(), Failure>>()).await;
        assert_eq!(first.err().map(|failure| (failure.class, failure.phase)), Some((Class::Timeout, Some(Phase::Tcp))));
        assert_eq!(steps.steps.last().and_then(|step| step.duration), Some(Duration::from_secs(2)));
        steps.give_up("a:1", no_answer(Phase::Tcp));
        steps.begin_attempt(2, Some(Duration::from_secs(1)));
        assert_eq!(steps.remaining(), Duration::from_secs(1));
        assert!(steps.into_parts().0.is_empty(), "the steps of a host that was given up leave the report");
    }
}
