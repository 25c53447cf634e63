//! One target under watch.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use dbprobe_config::{QuerySettings, TargetSettings};
use dbprobe_core::{Class, Failure, Interrupt, Monitor, Phase, Policy, Registry, Report, Status, milliseconds};
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::answers::{beyond, samples};
use crate::gate::Gate;
use crate::record::{Answer, Record};
use crate::schedule::Schedule;

/// How long a target that is let go may say goodbye.
const GOODBYE: Duration = Duration::from_millis(300);

/// One target under watch: what is known of it, and the task that finds it out.
///
/// There is one task a target, and it does one thing at a time, so there is at most one probe in flight.
#[derive(Debug)]
pub(crate) struct Watch {
    record: watch::Sender<Arc<Record>>,
    /// Whether somebody has asked for a probe now.
    wish: AtomicBool,
    wished: Notify,
    /// When the last probe ended, in milliseconds from `born`.
    pulse: AtomicU64,
    born: Instant,
    first: Instant,
    interrupt: Interrupt,
}

/// What every watch of one exporter works with.
#[derive(Debug)]
pub(crate) struct Means {
    pub(crate) registry: Registry,
    /// The upper bounds of the histograms' buckets.
    pub(crate) buckets: Arc<[f64]>,
    /// As many probes as the process has descriptors for.
    pub(crate) gate: Gate,
}

impl Means {
    /// The engine that the DSN of `settings` asks for, where it can be read now.
    pub(crate) fn engine(&self, settings: &TargetSettings) -> Option<&'static str> {
        let dsn = settings.source.load().ok()?;
        self.registry.engine(&dsn).ok().map(|engine| engine.name)
    }
}

impl Watch {
    /// A watch whose first probe is at `first`. Nothing happens before [`Watch::run`].
    pub(crate) fn new(record: Record, first: Instant) -> Self {
        let (record, _) = watch::channel(Arc::new(record));
        Self {
            record,
            wish: AtomicBool::new(false),
            wished: Notify::new(),
            pulse: AtomicU64::new(0),
            born: Instant::now(),
            first,
            interrupt: Interrupt::new(),
        }
    }

    /// What is known now.
    pub(crate) fn record(&self) -> Arc<Record> {
        Arc::clone(&self.record.borrow())
    }

    /// Probes at once, or joins the probe under way; returns what is known then, or at `end`. `None` when the target is let
    /// go before.
    ///
    /// It is a tick that comes early, with the target's own time and repetitions: that somebody could not wait for it says
    /// nothing about the target.
    pub(crate) async fn probe(&self, end: Instant) -> Option<Arc<Record>> {
        let mut records = self.record.subscribe();
        let before = records.borrow_and_update().counts.probes;
        self.wish.store(true, Ordering::SeqCst);
        self.wished.notify_one();
        tokio::select! {
            biased;
            _ = timeout_at(end, records.wait_for(|record| record.counts.probes > before)) => Some(self.record()),
            () = self.interrupt.fired() => None,
        }
    }

    /// How long nothing has come of it beyond what may pass between two probes, and since when; `None` while it moves.
    pub(crate) fn silence(&self, now: Instant) -> Option<Duration> {
        let settings = &self.record.borrow().settings;
        let pulse = self.born + Duration::from_millis(self.pulse.load(Ordering::SeqCst));
        let silence = now.saturating_duration_since(pulse.max(self.first));
        (silence > settings.interval * 3 + longest_round(settings)).then_some(silence)
    }

    /// Asks for the end: a probe under way stops what the server does for it, the session is closed.
    pub(crate) fn stop(&self) {
        self.interrupt.fire();
    }

    /// Whether somebody has asked for the end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.interrupt.has_fired()
    }

    /// Probes at every tick, and when somebody asks, until [`Watch::stop`].
    pub(crate) async fn run(self: Arc<Self>, means: Arc<Means>) {
        let settings = Arc::clone(&self.record.borrow().settings);
        let mut schedule = Schedule::new(self.first.max(Instant::now()), settings.interval);
        let mut patient = Patient { settings, means, interrupt: self.interrupt.clone(), monitor: None };
        loop {
            // A tick that is due goes first: however many ask, there are repetitions and queries.
            let is_tick = tokio::select! {
                biased;
                () = self.interrupt.fired() => break,
                () = sleep_until(schedule.next()) => true,
                () = self.next_wish() => false,
            };
            // In a box, so that ten thousand targets that wait need little memory.
            let report = Box::pin(patient.examine()).await;
            if self.is_stopping() {
                break; // what an interrupted probe found says nothing about the target
            }
            self.publish(&report, &patient);
            if is_tick {
                let skipped = schedule.taken(Instant::now());
                if skipped > 0 {
                    self.change(|record| record.counts.skipped += skipped);
                }
                Box::pin(self.ask(&mut patient, &schedule)).await;
            }
        }
        if let Some(monitor) = patient.monitor.take() {
            let _ = timeout(GOODBYE, monitor.close()).await;
        }
    }

    async fn next_wish(&self) {
        while !self.wish.swap(false, Ordering::SeqCst) {
            self.wished.notified().await;
        }
    }

    fn is_wished(&self) -> bool {
        self.wish.load(Ordering::SeqCst)
    }

    fn publish(&self, report: &Arc<Report>, patient: &Patient) {
        // Whoever asked before this moment gets this answer.
        self.wish.store(false, Ordering::SeqCst);
        let status = patient.monitor.as_ref().and_then(Monitor::status).unwrap_or_else(|| report.status());
        let endpoint = patient.monitor.as_ref().and_then(endpoint);
        let (name, took) = (&patient.settings.name, milliseconds(report.duration));
        tracing::debug!(target_name = name, status = report.status().as_str(), duration_ms = took, "{name} was probed");
        self.change(|record| record.add(report, status, endpoint, &patient.means.buckets));
        self.beat();
    }

    /// Puts a changed copy of the record in its place.
    fn change(&self, change: impl FnOnce(&mut Record)) {
        let mut record = Record::clone(&self.record.borrow());
        change(&mut record);
        self.record.send_replace(Arc::new(record));
    }

    fn beat(&self) {
        let age = self.born.elapsed().as_millis();
        self.pulse.store(u64::try_from(age).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Runs the user's own queries where the target answers, and takes down what they found to be wrong.
    async fn ask(&self, patient: &mut Patient, schedule: &Schedule) {
        if self.record.borrow().status.is_some_and(Status::answers) {
            self.ask_due(patient, schedule).await;
        } else if !self.record.borrow().answers.is_empty() {
            // What is not measured is withdrawn; the queries are asked again as soon as somebody answers.
            self.change(|record| record.answers.clear());
        }
        if let Some(monitor) = patient.monitor.as_mut() {
            monitor.plan_mut().concerns = concerns(&self.record.borrow());
        }
    }

    /// Runs the queries that are due, as far as there is time until the next tick and nobody wishes for a probe.
    async fn ask_due(&self, patient: &mut Patient, schedule: &Schedule) {
        let settings = Arc::clone(&patient.settings);
        for query in &settings.queries {
            let record = self.record();
            let last = record.answers.iter().find(|answer| answer.settings.name == query.name);
            if last.is_some_and(|answer| !due(answer, Timestamp::now(), settings.interval)) {
                continue;
            }
            let left = schedule.next().saturating_duration_since(Instant::now());
            let Some(monitor) = patient.monitor.as_mut().filter(|_| !left.is_zero() && !self.is_wished()) else {
                return;
            };
            let asked_at = Timestamp::now();
            let rows = AssertUnwindSafe(monitor.query(&query.query, query.timeout.min(left))).catch_unwind().await;
            if self.is_stopping() {
                return;
            }
            let rows = rows.unwrap_or_else(|_| Err(Failure::new(Class::Internal, "the query panicked")));
            let rows = rows.map_err(|failure| named(query, failure, left < query.timeout));
            let result = rows.and_then(|rows| samples(query, &rows));
            self.change(|record| record.answer(Answer { settings: query.clone(), asked_at, result }));
        }
    }
}

/// A target with what is kept of it between two probes.
struct Patient {
    settings: Arc<TargetSettings>,
    means: Arc<Means>,
    interrupt: Interrupt,
    /// `None` until the DSN could be read.
    monitor: Option<Monitor>,
}

impl Patient {
    /// One probe with the policy's repetitions. Whatever goes wrong is a report.
    async fn examine(&mut self) -> Arc<Report> {
        let _permit = tokio::select! {
            biased;
            permit = self.means.gate.enter() => permit,
            () = self.interrupt.fired() => None,
        };
        let mut monitor = match self.monitor.take().map_or_else(|| self.open(), Ok) {
            Ok(monitor) => monitor,
            Err(failure) => return Arc::new(Report::unasked(&self.settings.name, self.scheme(), failure)),
        };
        let kept = self.settings.policy.max_connection_age;
        let keeps = self.means.gate.keeps_sessions();
        monitor.policy_mut().max_connection_age = if keeps { kept } else { Duration::ZERO };
        let work = async {
            let report = monitor.probe().await;
            (report, monitor)
        };
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok((report, monitor)) => {
                // A reference that leads elsewhere now may lead to another engine, so it is opened anew.
                let misconfigured = report.status() == Status::Unknown
                    && report.failure().is_some_and(|failure| failure.phase == Some(Phase::Configure));
                self.monitor = Some(monitor).filter(|_| !misconfigured);
                report
            }
            // The monitor and its session are gone; the next probe begins with new ones.
            Err(_) => Arc::new(Report::unasked(&self.settings.name, self.scheme(), defect())),
        }
    }

    fn open(&self) -> Result<Monitor, Failure> {
        let opened = std::panic::catch_unwind(AssertUnwindSafe(|| self.settings.open(&self.means.registry)));
        let (driver, mut plan) = opened.unwrap_or_else(|_| Err(defect()))?;
        plan.interrupt = self.interrupt.clone();
        // The record keeps the history.
        let policy = Policy { history: 1, ..self.settings.policy.clone() };
        Ok(Monitor::new(driver, plan, policy).named(&self.settings.name))
    }

    fn scheme(&self) -> Option<&'static str> {
        self.means.engine(&self.settings)
    }
}

/// `failure` with the name of the query that failed; `cut` says that there was less time than its own.
fn named(query: &QuerySettings, failure: Failure, cut: bool) -> Failure {
    let message = format!("query `{}`: {}", query.name, failure.message);
    if cut && failure.class == Class::Timeout {
        let why = format!("query `{}` did not end before the next probe was due", query.name);
        let advice = "make it faster, or raise the `interval` of the target: both share one session";
        return Failure { message: why, ..failure }.advise(advice);
    }
    Failure { message, ..failure }
}

/// The failure for a panic outside of a driver.
fn defect() -> Failure {
    Failure::new(Class::Internal, "the probe panicked")
        .advise("this is a defect of dbprobe: please report it with the engine and the server's version")
}

/// What the user's own queries found to be wrong.
fn concerns(record: &Record) -> Vec<Failure> {
    let concern = |answer: &Answer| match &answer.result {
        Ok(samples) => beyond(&answer.settings, samples),
        // A session that was lost is for the next probe to judge.
        Err(failure) if failure.loses_session() && failure.class != Class::Timeout => None,
        Err(failure) => Some(failure.clone()),
    };
    record.answers.iter().filter_map(concern).collect()
}

/// `interval` is that of the target: a tick comes a little early or late, and half a second must not make a minute two.
fn due(answer: &Answer, now: Timestamp, interval: Duration) -> bool {
    let age = now.duration_since(answer.asked_at);
    let slack = Duration::from_millis(500).min(interval / 2);
    Duration::try_from(age).map_or(true, |age| age + slack >= answer.settings.interval)
}

/// The path of a page, without what could be a secret in its query.
fn endpoint(monitor: &Monitor) -> Option<String> {
    let target = monitor.driver().target();
    (target.engine == "http").then(|| format!("/{}", target.database.as_deref().unwrap_or_default()))
}

/// How long one probe with its repetitions and queries may take when everything hangs.
fn longest_round(settings: &TargetSettings) -> Duration {
    let policy = &settings.policy;
    let attempts = settings.plan.timeout.saturating_mul(policy.retries + 1);
    let queries: Duration = settings.queries.iter().map(|query| query.timeout).sum();
    attempts + policy.retry_interval.saturating_mul(policy.retries) + queries + Duration::from_secs(1)
}

#[cfg(test)]
mod tests;
