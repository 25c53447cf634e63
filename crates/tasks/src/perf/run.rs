//! One run, from the first session to the last goodbye.

use std::collections::BTreeMap;
use std::time::Duration;

use dbprobe_core::{Class, Failure, Inspection, Level, Phase, Plan, Pong, milliseconds, now};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::SCHEMA;
use super::assess;
use super::connects;
use super::lane::{Lane, Work};
use super::measurement::{Measurement, Tally};
use super::nothing::Nothing;
use super::options::PerfOptions;
use super::result::{ConnectionMetrics, Perf, PerfAssessment, PerfSettings};
use super::stage::{self, Bounds};
use crate::database::Database;

/// How often nothing is done to find out what the measuring costs.
const OVERHEAD: Bounds = Bounds { warm_up: 100, iterations: 1_000, deadline: None };

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PerfProgress<'a> {
    /// What is being measured.
    pub operation: &'a str,
    /// How often it was carried out, the warm-up included.
    pub done: u32,
    /// How often it is to be carried out, the warm-up included.
    pub of: u32,
}

/// Is told how far a run is.
pub(super) type Watch<'a> = &'a (dyn for<'b> Fn(PerfProgress<'b>) + Sync);

/// One run under way.
pub(super) struct Run<'a> {
    database: &'a Database,
    options: &'a PerfOptions,
    watch: Watch<'a>,
    began: Instant,
    /// Operations that are still to be measured, this one included: each gets its share of the time.
    left: u32,
    result: Perf,
}

impl<'a> Run<'a> {
    pub(super) fn new(database: &'a Database, options: &'a PerfOptions, watch: Watch<'a>) -> Self {
        let stages = 3 + options.queries.len() + usize::from(options.concurrency > 1);
        let left = u32::try_from(stages).unwrap_or(u32::MAX);
        Self { database, options, watch, began: Instant::now(), left, result: empty(database, options) }
    }

    pub(super) async fn perf(mut self) -> Perf {
        let mut lanes = vec![Lane::new(&self.database.driver, &self.database.plan)];
        let outcome = self.all(&mut lanes).await;
        join_all(lanes.into_iter().map(Lane::close)).await;
        if let Err(failure) = outcome {
            self.result.error = Some(failure.to_string());
            self.result.failure = Some(failure);
        }
        assess::assess(&mut self.result, &self.options.rating);
        self.result.overall_assessment.overhead_us = self.overhead().await;
        self.result.duration_ms = milliseconds(self.began.elapsed());
        self.result
    }

    async fn all(&mut self, lanes: &mut Vec<Lane>) -> Result<(), Failure> {
        self.options.check()?;
        let (_, pong) = lanes[0].ready().await?;
        let free = self.inspect(&mut lanes[0]).await;
        room(self.options.concurrency, free)?;
        self.connects().await;
        let depth = lanes[0].connection().map_or(Level::Auth, |connection| connection.depth());
        if depth >= Level::Ping {
            let tally = self.stage(&mut lanes[..1], "ping", &[Work::Ping]).await.pop();
            self.result.connection_metrics.ping = tally.map(Tally::measurement);
        }
        self.write_and_read(&mut lanes[..1], depth, pong).await;
        let more = (1..self.options.concurrency).map(|_| Lane::new(&self.database.driver, &self.database.plan));
        lanes.extend(more);
        for query in &self.options.queries {
            let tally = self.stage(lanes, &query.name, &[Work::Query(query.query.clone())]).await.pop();
            self.put(&query.name, tally.map(Tally::measurement));
        }
        let over_all = if self.options.concurrency > 1 && depth >= Level::Ping {
            self.stage(lanes, "pool", &[Work::Ping]).await.pop().map(Tally::measurement)
        } else {
            None
        };
        self.result.pool_efficiency = assess::pool(&self.result.connection_metrics, self.options.concurrency, over_all);
        if self.database.plan.interrupt.has_fired() {
            return Err(Failure::new(Class::Timeout, "interrupted").advise("run it again: this one was told to end"));
        }
        Ok(())
    }

    /// What the server is, and how many connections it has free.
    async fn inspect(&mut self, lane: &mut Lane) -> Option<u64> {
        let connection = lane.connection()?;
        connection.allow(self.database.plan.timeout);
        let Inspection { version, role, connections, connections_max, .. } = connection.inspect().await.ok()?;
        self.result.server_version = version;
        self.result.role = role;
        Some(connections_max?.saturating_sub(connections?))
    }

    async fn connects(&mut self) {
        let bounds = self.bounds();
        let of = bounds.warm_up.min(1) + bounds.iterations.min(PerfOptions::MOST_CONNECTS);
        let watch = self.watch;
        let tick = move |done| watch(PerfProgress { operation: "connect", done, of });
        let (tally, phases) = connects::run(self.database, bounds, &tick).await;
        self.left = self.left.saturating_sub(1);
        let connect = Some(tally.measurement());
        self.result.connection_metrics = ConnectionMetrics { connect, phases, ping: None };
    }

    async fn write_and_read(&mut self, lane: &mut [Lane], depth: Level, pong: Option<Pong>) {
        let mode = self.database.plan.write;
        let read_only = pong.is_some_and(|pong| pong.read_only);
        let wanted = self.options.writes(mode);
        let writes = wanted && depth >= Level::Write && !read_only;
        if wanted && !writes {
            let why = if depth < Level::Write { "not_applicable" } else { "read_only" };
            self.put("write", Some(Measurement::skipped(why)));
        }
        match (writes, depth >= Level::Read) {
            (true, _) => {
                let mut tallies = self.stage(lane, "write", &[Work::Write(mode), Work::Read]).await.into_iter();
                self.put("write", tallies.next().map(Tally::measurement));
                self.put("read", tallies.next().map(Tally::measurement));
            }
            (false, true) => {
                let tally = self.stage(lane, "read", &[Work::Read]).await.pop();
                self.put("read", tally.map(Tally::measurement));
            }
            (false, false) => self.put("read", Some(Measurement::skipped("not_applicable"))),
        }
    }

    async fn stage(&mut self, lanes: &mut [Lane], operation: &str, round: &[Work]) -> Vec<Tally> {
        let bounds = self.bounds();
        let of = bounds.warm_up + bounds.iterations;
        let watch = self.watch;
        let tick = move |done| watch(PerfProgress { operation, done, of });
        let tallies = stage::run(lanes, round, bounds, &tick).await;
        self.left = self.left.saturating_sub(1);
        tallies
    }

    /// What the next operation may take.
    fn bounds(&self) -> Bounds {
        let now = Instant::now();
        let share =
            |duration: Duration| now + (self.began + duration).saturating_duration_since(now) / self.left.max(1);
        Bounds {
            warm_up: self.options.warm_up,
            iterations: self.options.iterations,
            deadline: self.options.duration.map(share),
        }
    }

    fn put(&mut self, name: &str, measurement: Option<Measurement>) {
        if let Some(measurement) = measurement {
            self.result.query_performance.insert(name.to_owned(), measurement);
        }
    }

    /// The median of the same loop round an operation that does nothing, in microseconds.
    async fn overhead(&self) -> Option<f64> {
        let plan = Plan { interrupt: self.database.plan.interrupt.clone(), ..Plan::default() };
        let mut lanes = [Lane::new(&(std::sync::Arc::new(Nothing::new()) as _), &plan)];
        let tally = stage::run(&mut lanes, &[Work::Ping], OVERHEAD, &|_| {}).await.pop()?;
        let [lane] = lanes;
        lane.close().await;
        let median = tally.recorder.quantile(0.5)?;
        Some((median.as_secs_f64() * 1e8).round() / 100.0)
    }
}

/// Whether so many sessions hurt nobody.
fn room(concurrency: u32, free: Option<u64>) -> Result<(), Failure> {
    let wanted = u64::from(concurrency);
    let refused = |why: String| Err(Failure::new(Class::Config, why).in_phase(Phase::Configure));
    match free {
        _ if concurrency <= 1 => Ok(()),
        Some(free) if wanted * 2 > free => refused(format!(
            "{wanted} sessions are more than half of the {free} connections that the server has free: \
             at most {} leave room for others",
            (free / 2).max(1)
        )),
        None if concurrency > PerfOptions::MOST_CONCURRENCY => refused(format!(
            "{wanted} sessions are too many for a server that does not tell how many connections it has free: \
             at most {} are opened there",
            PerfOptions::MOST_CONCURRENCY
        )),
        _ => Ok(()),
    }
}

fn empty(database: &Database, options: &PerfOptions) -> Perf {
    Perf {
        schema: SCHEMA,
        database_name: database.name.clone(),
        engine: database.known_engine(),
        server_version: None,
        role: None,
        timestamp: now(),
        duration_ms: 0.0,
        settings: PerfSettings {
            warm_up: options.warm_up,
            iterations: options.iterations,
            duration_ms: options.duration.map(milliseconds),
            concurrency: options.concurrency,
            timeout_ms: milliseconds(database.plan.timeout),
            allow_writes: options.allows_writes(),
        },
        connection_metrics: ConnectionMetrics::default(),
        query_performance: BTreeMap::new(),
        pool_efficiency: None,
        overall_assessment: PerfAssessment::default(),
        comparison: None,
        notes: Vec::new(),
        error: None,
        failure: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_is_free_is_left_to_others() {
        assert!(room(1, Some(0)).is_ok(), "the one session is there already");
        assert!(room(8, Some(16)).is_ok() && room(40, Some(97)).is_ok());
        assert!(room(16, None).is_ok());
        let refused = room(49, Some(97)).expect_err("49 of 97");
        assert_eq!((refused.class, refused.phase), (Class::Config, Some(Phase::Configure)));
        assert!(refused.message.contains("at most 48"), "{refused}");
        assert!(room(17, None).is_err_and(|failure| failure.message.contains("at most 16")));
    }
}
