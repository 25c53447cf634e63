//! What a run asks its database for, and what it makes of trouble, on an engine in this process that counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Class, Driver, Failure, Inspection, Interrupt, Plan, Pong, Query, Rows, Session, Steps, Target, WriteProof,
    WriteRequest, Written,
};

use super::*;

/// What happened on the server.
#[derive(Debug, Default)]
struct Counts {
    opened: AtomicU32,
    open: AtomicU32,
    most_open: AtomicU32,
    pings: AtomicU32,
    writes: AtomicU32,
    reads: AtomicU32,
    queries: AtomicU32,
}

#[derive(Debug)]
struct Server {
    counts: Arc<Counts>,
    target: Target,
    /// The session ends at every query that this divides.
    cut_every: u32,
    read_only: bool,
    reads_fail: bool,
    free: Option<u64>,
}

fn server() -> Server {
    let target = Target {
        engine: "counting",
        endpoints: Vec::new(),
        user: None,
        has_password: false,
        database: None,
        parameters: BTreeMap::new(),
        redacted: "counting://".to_owned(),
    };
    Server { counts: Arc::default(), target, cut_every: 0, read_only: false, reads_fail: false, free: None }
}

#[async_trait]
impl Driver for Server {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, _: &mut Steps) -> Result<(), Failure> {
        Ok(())
    }

    async fn connect(&self, _: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        self.counts.opened.fetch_add(1, Relaxed);
        let open = self.counts.open.fetch_add(1, Relaxed) + 1;
        self.counts.most_open.fetch_max(open, Relaxed);
        let Self { cut_every, read_only, reads_fail, free, .. } = *self;
        Ok(Box::new(Open { counts: Arc::clone(&self.counts), cut_every, read_only, reads_fail, free }))
    }
}

struct Open {
    counts: Arc<Counts>,
    cut_every: u32,
    read_only: bool,
    reads_fail: bool,
    free: Option<u64>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.counts.open.fetch_sub(1, Relaxed);
    }
}

#[async_trait]
impl Session for Open {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        self.counts.pings.fetch_add(1, Relaxed);
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(Pong::new().read_only(self.read_only))
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        self.counts.writes.fetch_add(1, Relaxed);
        tokio::time::sleep(Duration::from_millis(4)).await;
        Ok(Written::new(request, WriteProof::Table, ""))
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        self.counts.reads.fetch_add(1, Relaxed);
        tokio::time::sleep(Duration::from_millis(2)).await;
        if self.reads_fail {
            return Err(Failure::new(Class::Corrupt, "a page cannot be read"));
        }
        assert!(written.is_some() || self.read_only, "a write is read back");
        Ok(())
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let mut inspection = Inspection::default();
        inspection.version = Some("1.0".to_owned());
        inspection.connections = self.free.map(|_| 3);
        inspection.connections_max = self.free.map(|free| free + 3);
        Ok(inspection)
    }

    async fn query(&mut self, query: &Query) -> Result<Rows, Failure> {
        let count = self.counts.queries.fetch_add(1, Relaxed) + 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
        if query.sql == "refused" {
            return Err(Failure::new(Class::Permission, "denied").code("42501"));
        }
        if self.cut_every > 0 && count.is_multiple_of(self.cut_every) {
            return Err(Failure::new(Class::Reset, "cut"));
        }
        Ok(Rows::default())
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

fn asked(queries: &[&str]) -> PerfOptions {
    let queries = queries.iter().map(|name| PerfQuery::new(*name, Query::read_only(*name))).collect();
    PerfOptions { warm_up: 3, iterations: 20, queries, ..PerfOptions::default() }
}

async fn measured(server: Server, options: &PerfOptions) -> (Perf, Arc<Counts>) {
    let counts = Arc::clone(&server.counts);
    let result = perf(&Database::new(Arc::new(server)), options).await;
    assert_eq!(counts.open.load(Relaxed), 0, "sessions afterwards");
    (result, counts)
}

fn times(measurement: &Measurement) -> (u64, Option<f64>) {
    (measurement.distribution.n, measurement.distribution.mean_ms)
}

#[tokio::test(start_paused = true)]
async fn each_operation_is_carried_out_as_often_as_asked_and_timed_by_itself() {
    let (result, counts) = measured(server(), &asked(&["orders"])).await;
    let count = |counter: &AtomicU32| counter.load(Relaxed);
    assert_eq!(count(&counts.opened), 1 + 1 + 20, "the session, the warm-up and the measured connects");
    assert_eq!(count(&counts.pings), 1 + 3 + 20, "one when the session was opened");
    assert_eq!([count(&counts.writes), count(&counts.reads), count(&counts.queries)], [23; 3]);
    assert_eq!(count(&counts.most_open), 2);
    let ping = result.connection_metrics.ping.as_ref().map(times);
    assert_eq!(ping.map(|(n, _)| n), Some(20));
    for (name, least) in [("read", 2.0), ("write", 4.0), ("orders", 10.0)] {
        let (n, mean) = times(&result.query_performance[name]);
        assert!(n == 20 && mean.is_some_and(|mean| mean >= least && mean < least + 2.0), "{name}: {mean:?}");
    }
    let assessment = &result.overall_assessment;
    assert_eq!((&assessment.rated_by, assessment.performance_rating), (&vec!["orders".to_owned()], Some(Rating::Good)));
    assert!(
        result.notes.iter().any(|note| note == "orders: 20 samples are too few for p99 (100)"),
        "{:?}",
        result.notes
    );
}

#[tokio::test(start_paused = true)]
async fn several_sessions_share_the_iterations() {
    let options = PerfOptions { concurrency: 4, ..asked(&["orders"]) };
    let (result, counts) = measured(server(), &options).await;
    assert_eq!(counts.queries.load(Relaxed), 23);
    assert_eq!(counts.pings.load(Relaxed), 4 + 23 + 23, "one a session, and the ping alone and over all");
    assert_eq!(counts.most_open.load(Relaxed), 4);
    let pool = result.pool_efficiency.expect("it was measured");
    assert!(pool.scaling_ratio.is_some_and(|ratio| (3.9..=4.1).contains(&ratio)), "{pool:?}");
    assert!(pool.saving_percent.is_some() && pool.measurement.is_some_and(|all| all.distribution.n == 20));
}

#[tokio::test(start_paused = true)]
async fn a_lost_session_is_counted_and_replaced_within_bounds() {
    let (result, counts) = measured(Server { cut_every: 8, ..server() }, &asked(&["orders"])).await;
    let orders = &result.query_performance["orders"];
    assert_eq!((orders.errors, orders.reconnects, orders.distribution.n), (2, 2, 18));
    assert_eq!((orders.errors_by_class[&Class::Reset], counts.queries.load(Relaxed)), (2, 23));
    let (result, counts) = measured(Server { cut_every: 1, ..server() }, &asked(&["orders"])).await;
    let orders = &result.query_performance["orders"];
    assert_eq!((orders.errors, counts.queries.load(Relaxed)), (5, 5));
    assert_eq!(orders.ended_early.as_deref(), Some("5 failures in a row"));
    assert_eq!(result.failed(), ["orders"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_query_is_asked_once_and_the_others_are_measured() {
    let (result, counts) = measured(server(), &asked(&["refused", "orders"])).await;
    assert_eq!(counts.queries.load(Relaxed), 1 + 23);
    let refused = &result.query_performance["refused"];
    assert_eq!(refused.failure.as_ref().and_then(|failure| failure.code.as_deref()), Some("42501"));
    assert_eq!(result.failed(), ["refused"]);
    assert_eq!(result.overall_assessment.rated_by, ["orders"]);
}

#[tokio::test(start_paused = true)]
async fn a_fast_ping_makes_no_good_database_of_one_that_cannot_read() {
    let (result, _) = measured(Server { reads_fail: true, ..server() }, &asked(&[])).await;
    let assessment = &result.overall_assessment;
    assert_eq!((result.failed(), assessment.performance_rating), (vec!["read"], None));
    assert!(
        result.connection_metrics.ping.is_some_and(|ping| ping.distribution.n == 20) && assessment.rated_by.is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_only_session_is_not_written_to() {
    let (result, counts) = measured(Server { read_only: true, ..server() }, &asked(&[])).await;
    assert_eq!((counts.writes.load(Relaxed), counts.reads.load(Relaxed)), (0, 23));
    assert_eq!(result.query_performance["write"].skipped.as_deref(), Some("read_only"));
    assert!(result.failed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn more_sessions_than_there_is_room_for_are_refused() {
    let options = PerfOptions { concurrency: 4, ..asked(&[]) };
    let (result, counts) = measured(Server { free: Some(7), ..server() }, &options).await;
    assert!(result.error.as_deref().is_some_and(|error| error.contains("at most 3")), "{:?}", result.error);
    assert_eq!((counts.opened.load(Relaxed), result.is_measured()), (1, false));
}

#[tokio::test(start_paused = true)]
async fn a_duration_ends_the_run_and_every_operation_has_its_share() {
    let options = PerfOptions { iterations: 1_000_000, duration: Some(Duration::from_secs(4)), ..asked(&["orders"]) };
    let began = tokio::time::Instant::now();
    let (result, _) = measured(server(), &options).await;
    // The last operation under way is finished, and doing nothing takes no time.
    assert!(began.elapsed() < Duration::from_millis(4_100), "{:?}", began.elapsed());
    assert!(result.operations().all(|(_, measurement)| measurement.distribution.n >= 50), "{result:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_it_at_once() {
    let interrupt = Interrupt::new();
    let server = server();
    let counts = Arc::clone(&server.counts);
    let plan = Plan { interrupt: interrupt.clone(), ..Plan::default() };
    let database = Database::new(Arc::new(server)).plan(plan);
    let stop = |progress: PerfProgress<'_>| {
        if (progress.operation, progress.done) == ("orders", 5) {
            interrupt.fire();
        }
    };
    let result = perf_watched(&database, &asked(&["orders"]), &stop).await;
    assert_eq!((counts.queries.load(Relaxed), counts.open.load(Relaxed)), (5, 0));
    assert!(result.failure.is_some() && result.query_performance["orders"].errors == 0);
}

#[tokio::test]
async fn names_are_unambiguous() {
    for names in [&["ping"][..], &["orders", "orders"]] {
        let (result, counts) = measured(server(), &asked(names)).await;
        assert_eq!(result.failure.map(|failure| failure.class), Some(Class::Config), "{names:?}");
        assert_eq!(counts.opened.load(Relaxed), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_can_be_saved_and_compared_with() {
    let (result, _) = measured(server(), &asked(&["orders"])).await;
    let saved = serde_json::to_string(&result).expect("JSON");
    let same = PerfBaseline::parse(&saved).expect("a baseline").compare(&result, 20.0);
    assert!(!same.regression && same.warnings.is_empty(), "{same:?}");
    assert_eq!(same.changes.len(), 10, "p50 and p95 of connect, ping, read, write and orders: {same:?}");
    let mut faster: serde_json::Value = serde_json::from_str(&saved).expect("JSON");
    faster["query_performance"]["orders"]["p50_ms"] = 1.into();
    faster["query_performance"]["orders"]["p90_ms"] = 1.into();
    faster["server_version"] = "0.9".into();
    let slower = PerfBaseline::parse(&faster.to_string()).expect("a baseline").compare(&result, 20.0);
    let found: Vec<_> = slower.changes.iter().filter(|change| change.regression).collect();
    assert_eq!(found.iter().map(|it| (it.operation.as_str(), it.percentile)).collect::<Vec<_>>(), [("orders", "p50")]);
    assert_eq!(slower.warnings, ["the baseline is of another server version: 0.9, not 1.0"]);
}
