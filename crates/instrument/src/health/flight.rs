//! One check at a time, whoever and however many ask.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::checks::Checks;
use super::failure::Failure;
use super::outcome::{Outcome, Time};

/// How much longer than a check those who wait for it do. Only one that blocks its thread does not end by itself.
const GRACE: Duration = Duration::from_millis(50);

/// The check under way, or the last one.
pub(super) struct Flight {
    checks: Arc<Checks>,
    deadline: Duration,
    keep: Duration,
    run: Mutex<Option<Run>>,
}

/// A check on a task of its own: one who hangs up ends it for nobody. Dropping this ends it.
struct Run {
    outcome: watch::Receiver<Option<Arc<Outcome>>>,
    deadline: Instant,
    _task: JoinSet<()>,
}

impl Flight {
    pub(super) fn new(checks: Checks, deadline: Duration, keep: Duration) -> Self {
        Self { checks: Arc::new(checks), deadline, keep, run: Mutex::new(None) }
    }

    pub(super) fn service(&self) -> &str {
        &self.checks.service
    }

    /// The last outcome while it may be kept, else that of a new check, or of the one under way.
    pub(super) async fn outcome(&self) -> Arc<Outcome> {
        let Some((mut outcome, deadline)) = self.run() else { return self.unanswered(Failure::internal()) };
        match timeout_at(deadline + GRACE, outcome.wait_for(Option::is_some)).await {
            Ok(Ok(seen)) => seen.as_ref().map(Arc::clone),
            Ok(Err(_)) => None, // its runtime has gone
            Err(_) => return self.unanswered(Failure::timeout()),
        }
        .unwrap_or_else(|| self.unanswered(Failure::internal()))
    }

    /// Where the outcome arrives, and until when; `None` outside a runtime.
    fn run(&self) -> Option<(watch::Receiver<Option<Arc<Outcome>>>, Instant)> {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if !run.as_ref().is_some_and(|run| run.serves(self.keep)) {
            *run = Some(self.begin()?);
        }
        run.as_ref().map(|run| (run.outcome.clone(), run.deadline))
    }

    fn begin(&self) -> Option<Run> {
        let runtime = Handle::try_current().ok()?;
        let (sender, outcome) = watch::channel(None);
        let (checks, deadline) = (Arc::clone(&self.checks), Instant::now() + self.deadline);
        let mut task = JoinSet::new();
        let check = async move {
            let time = Time::now();
            let seen = checks.look(deadline).await;
            sender.send_replace(Some(Arc::new(Outcome::new(&checks, seen, time))));
        };
        task.spawn_on(check, &runtime);
        Some(Run { outcome, deadline, _task: task })
    }

    fn unanswered(&self, failure: Failure) -> Arc<Outcome> {
        Arc::new(Outcome::unanswered(&self.checks, failure))
    }
}

impl Run {
    /// Whether it is under way, or ended not longer than `keep` ago.
    fn serves(&self, keep: Duration) -> bool {
        match self.outcome.borrow().as_ref() {
            Some(outcome) => outcome.since.elapsed() < keep,
            None => self.outcome.has_changed().is_ok(), // else its runtime has gone
        }
    }
}
