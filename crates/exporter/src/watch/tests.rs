//! A watch over a scripted target, on a clock that only moves when nobody works.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicUsize};

use async_trait::async_trait;
use dbprobe_config::QuerySettings;
use dbprobe_core::{
    Driver, Dsn, Engine, ExpectedRole, Inspection, Plan, Pong, Query, Rows, Session, Source, Status, Steps, Target,
    Value, WriteRequest, Written,
};

use super::*;
use crate::room::Room;

/// What the scripted target does: by its database's name, so that tests do not meet.
static BEHAVIOURS: Mutex<BTreeMap<String, Arc<Behaviour>>> = Mutex::new(BTreeMap::new());

#[derive(Debug, Default)]
struct Behaviour {
    mode: AtomicU8,
    connects: AtomicUsize,
    pings: AtomicUsize,
    sessions: AtomicUsize,
}

const HANGS: u8 = 1;
const PANICS: u8 = 2;
const REFUSES: u8 = 3;
/// Answers a ping after a second.
const SLOW: u8 = 4;

const ENGINE: Engine = Engine {
    name: "scripted",
    schemes: &["scripted"],
    capabilities: &[],
    knowledge: &[],
    open: |dsn| {
        let name = dsn.expose().trim_start_matches("scripted:").to_owned();
        let behaviour = Arc::clone(BEHAVIOURS.lock().expect("a lock").entry(name.clone()).or_default());
        Ok(Arc::new(Scripted { target: target(&name), behaviour }))
    },
};

const OTHER: Engine = Engine {
    name: "other",
    schemes: &["other"],
    open: |dsn| {
        let target = Target { engine: "other", ..target(dsn.expose()) };
        Ok(Arc::new(Scripted { target, behaviour: Arc::default() }))
    },
    ..ENGINE
};

fn target(name: &str) -> Target {
    Target {
        engine: "scripted",
        endpoints: vec![],
        user: None,
        has_password: false,
        database: Some(name.to_owned()),
        parameters: BTreeMap::new(),
        redacted: String::new(),
    }
}

#[derive(Debug)]
struct Scripted {
    target: Target,
    behaviour: Arc<Behaviour>,
}

struct Open(Arc<Behaviour>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Driver for Scripted {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, _: &mut Steps) -> Result<(), Failure> {
        Ok(())
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let behaviour = Arc::clone(&self.behaviour);
        behaviour.connects.fetch_add(1, Ordering::SeqCst);
        let refuses = behaviour.mode.load(Ordering::SeqCst) == REFUSES;
        steps
            .run(Phase::Tcp, async move {
                if refuses {
                    return Err(Failure::new(Class::Refused, "nobody listens"));
                }
                behaviour.sessions.fetch_add(1, Ordering::SeqCst);
                Ok(Box::new(Open(behaviour)) as Box<dyn Session>)
            })
            .await
    }
}

#[async_trait]
impl Session for Open {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        self.0.pings.fetch_add(1, Ordering::SeqCst);
        match self.0.mode.load(Ordering::SeqCst) {
            HANGS => std::future::pending().await,
            PANICS => panic!("scripted"),
            REFUSES => Err(Failure::new(Class::Reset, "cut")),
            SLOW => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(Pong::new())
            }
            _ => Ok(Pong::new()),
        }
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        Ok(Written::new(request, dbprobe_core::WriteProof::Table, ""))
    }

    async fn read(&mut self, _: Option<&Written>) -> Result<(), Failure> {
        Ok(())
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        Ok(Inspection::default())
    }

    async fn query(&mut self, query: &Query) -> Result<Rows, Failure> {
        if query.sql == "bad" {
            return Err(Failure::new(Class::Query, "no such table").code("42P01"));
        }
        Ok(Rows { columns: vec!["n".to_owned()], rows: vec![vec![Value::Integer(7)]], truncated: false })
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

fn settings(name: &str) -> TargetSettings {
    TargetSettings {
        name: name.to_owned(),
        source: Source::Literal(Dsn::parse(&format!("scripted:{name}")).expect("a DSN")),
        role: ExpectedRole::Any,
        version: None,
        labels: BTreeMap::new(),
        interval: Duration::from_secs(15),
        plan: Plan { timeout: Duration::from_secs(5), ..Plan::default() },
        policy: Policy { max_connection_age: Duration::from_secs(180), ..Policy::default() },
        queries: Vec::new(),
    }
}

fn means() -> Arc<Means> {
    Arc::new(Means {
        registry: Registry::new(&[&ENGINE, &OTHER]),
        buckets: [0.001, 1.0].into(),
        gate: Gate::new(Room { clients: 1, probes: 8, keeps_sessions: true }),
    })
}

fn behaviour(name: &str) -> Arc<Behaviour> {
    Arc::clone(BEHAVIOURS.lock().expect("a lock").entry(name.to_owned()).or_default())
}

fn start(settings: TargetSettings) -> (Arc<Watch>, Arc<Behaviour>, tokio::task::JoinHandle<()>) {
    let behaviour = behaviour(&settings.name);
    let watch = Arc::new(Watch::new(Record::new(Arc::new(settings)), Instant::now()));
    let task = tokio::spawn(Arc::clone(&watch).run(means()));
    (watch, behaviour, task)
}

async fn after(watch: &Watch, probes: u64) -> Arc<Record> {
    let mut records = watch.record.subscribe();
    let found = records.wait_for(|record| record.counts.probes >= probes).await.expect("it lives");
    Arc::clone(&found)
}

#[tokio::test(start_paused = true)]
async fn a_target_is_probed_at_every_tick_on_one_session() {
    let begin = Instant::now();
    let (watch, behaviour, _task) = start(settings("ticks"));
    let record = after(&watch, 5).await;
    assert_eq!(begin.elapsed().as_secs(), 60, "the first at once, then every 15 s");
    assert_eq!((record.status, record.counts.probes, record.counts.requests), (Some(Status::Up), 5, 20));
    assert_eq!((behaviour.connects.load(Ordering::SeqCst), behaviour.sessions.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(record.report.as_ref().map(|report| report.target.as_str()), Some("ticks"));
    assert_eq!(record.history.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_not_kept_for_ever() {
    let (watch, behaviour, _task) = start(settings("age"));
    after(&watch, 14).await;
    assert_eq!(behaviour.connects.load(Ordering::SeqCst), 2, "180 s are twelve ticks");
}

#[tokio::test(start_paused = true)]
async fn a_panic_and_a_hang_are_reports_and_the_watch_goes_on() {
    let (watch, behaviour, _task) = start(settings("troubles"));
    after(&watch, 1).await;
    behaviour.mode.store(PANICS, Ordering::SeqCst);
    let record = after(&watch, 2).await;
    assert_eq!(record.failure().map(|failure| failure.class), Some(Class::Internal));
    behaviour.mode.store(HANGS, Ordering::SeqCst);
    let record = after(&watch, 3).await;
    assert_eq!(
        record.failure().map(|failure| (failure.phase, failure.class)),
        Some((Some(Phase::Ping), Class::Timeout))
    );
    behaviour.mode.store(0, Ordering::SeqCst);
    let record = after(&watch, 4).await;
    assert_eq!((record.status, behaviour.sessions.load(Ordering::SeqCst)), (Some(Status::Up), 1));
    assert_eq!(record.counts.failures.values().sum::<u64>(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_probe_asked_for_is_fresh_and_joins_the_one_under_way() {
    let (watch, behaviour, _task) = start(settings("wishes"));
    after(&watch, 1).await;
    let probes = async || {
        let record = watch.probe(Instant::now() + Duration::from_secs(9)).await;
        record.expect("it is watched").counts.probes
    };
    assert_eq!(tokio::join!(probes(), probes()), (2, 2));
    assert_eq!(behaviour.pings.load(Ordering::SeqCst), 2, "two who asked at once share one probe");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_wait_does_not_put_a_slow_target_down() {
    let (watch, behaviour, _task) = start(settings("patience"));
    after(&watch, 1).await;
    behaviour.mode.store(SLOW, Ordering::SeqCst);
    let within = async |limit| watch.probe(Instant::now() + limit).await.expect("it is watched");
    let (hasty, patient) = tokio::join!(within(Duration::from_millis(100)), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        within(Duration::from_secs(3)).await
    });
    assert_eq!((hasty.counts.probes, patient.counts.probes), (1, 2));
    assert_eq!((patient.status, patient.counts.failures.len()), (Some(Status::Up), 0));
}

#[tokio::test(start_paused = true)]
async fn stopping_closes_the_session_and_publishes_nothing() {
    let (watch, behaviour, task) = start(settings("stops"));
    after(&watch, 1).await;
    behaviour.mode.store(HANGS, Ordering::SeqCst);
    let mut records = watch.record.subscribe();
    while behaviour.pings.load(Ordering::SeqCst) < 2 {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    records.borrow_and_update();
    let begin = Instant::now();
    watch.stop();
    task.await.expect("it ends");
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!((watch.record().status, behaviour.sessions.load(Ordering::SeqCst)), (Some(Status::Up), 0));
}

#[tokio::test(start_paused = true)]
async fn silence_is_noticed_only_beyond_what_a_hanging_target_takes() {
    let watch = Watch::new(Record::new(Arc::new(settings("silent"))), Instant::now());
    let at = |seconds| Instant::now() + Duration::from_secs(seconds);
    assert_eq!(watch.silence(at(51)), None, "three intervals and one hanging probe");
    assert_eq!(watch.silence(at(52)), Some(Duration::from_secs(52)));
}

#[tokio::test(start_paused = true)]
async fn a_dsn_that_cannot_be_read_is_a_report_until_it_can() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("a path");
    let source = Source::parse(&format!("@file:{path}")).expect("a reference");
    let (watch, _, _task) = start(TargetSettings { source, ..settings("reference") });
    let record = after(&watch, 1).await;
    assert_eq!(
        (record.status, record.failure().map(|failure| failure.class)),
        (Some(Status::Unknown), Some(Class::Config))
    );
    std::fs::write(file.path(), "scripted:reference").expect("a file");
    assert_eq!(after(&watch, 2).await.status, Some(Status::Up));
}

fn query(name: &str, sql: &str, max: Option<f64>) -> QuerySettings {
    QuerySettings {
        name: name.to_owned(),
        query: Query::read_only(sql),
        interval: Duration::from_millis(1), // the wall clock, which does not move here, tells what is due
        timeout: Duration::from_secs(5),
        min: None,
        max,
    }
}

#[tokio::test(start_paused = true)]
async fn a_reference_may_lead_to_another_engine() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "scripted:moves").expect("a file");
    let source = Source::parse(&format!("@file:{}", file.path().display())).expect("a reference");
    let policy = Policy { max_connection_age: Duration::ZERO, ..settings("x").policy };
    let (watch, _, _task) = start(TargetSettings { source, policy, ..settings("moves") });
    assert_eq!(after(&watch, 1).await.engine(), Some("scripted"));
    std::fs::write(file.path(), "other:moves").expect("a file");
    let record = after(&watch, 2).await;
    assert_eq!((record.status, record.engine()), (Some(Status::Unknown), Some("scripted")));
    let record = after(&watch, 3).await;
    assert_eq!((record.status, record.engine()), (Some(Status::Up), Some("other")));
}

#[tokio::test(start_paused = true)]
async fn queries_have_their_own_interval_and_their_limits_degrade() {
    let queries =
        vec![query("fine", "select", Some(7.0)), query("high", "select", Some(6.0)), query("broken", "bad", None)];
    let (watch, _, _task) = start(TargetSettings { queries, ..settings("queries") });
    let record = after(&watch, 2).await;
    assert_eq!(record.status, Some(Status::Degraded));
    let classes: Vec<Class> =
        record.report.iter().flat_map(|report| &report.steps).filter_map(|step| Some(step.failure()?.class)).collect();
    assert_eq!(classes, [Class::Threshold, Class::Query]);
    assert_eq!(record.answers.len(), 3);
    let message = record.answers[2].result.as_ref().err().map(|failure| failure.message.as_str());
    assert_eq!(message, Some("query `broken`: no such table"));
}

#[tokio::test(start_paused = true)]
async fn what_queries_found_is_forgotten_with_their_answers() {
    let queries = vec![query("high", "select", Some(6.0))];
    let (watch, behaviour, _task) = start(TargetSettings { queries, ..settings("forgotten") });
    assert_eq!(after(&watch, 2).await.status, Some(Status::Degraded));
    behaviour.mode.store(REFUSES, Ordering::SeqCst);
    assert_eq!(after(&watch, 3).await.status, Some(Status::Down));
    behaviour.mode.store(0, Ordering::SeqCst);
    assert_eq!(after(&watch, 4).await.status, Some(Status::Up), "nothing is known of the query now");
}

#[test]
fn a_query_is_not_asked_twice_as_often_as_it_should_be() {
    let settings = QuerySettings { interval: Duration::from_secs(1), ..query("q", "select", None) };
    let now = Timestamp::now();
    let due_after = |age, interval| {
        let asked_at = now - Duration::from_millis(age);
        due(&Answer { settings: settings.clone(), asked_at, result: Ok(vec![]) }, now, Duration::from_millis(interval))
    };
    assert_eq!([due_after(500, 100), due_after(950, 100), due_after(500, 1_000)], [false, true, true]);
}

#[test]
fn a_query_that_the_next_probe_cut_short_is_told_so() {
    let timeout = || Failure::new(Class::Timeout, "no answer");
    assert_eq!(named(&query("q", "", None), timeout(), false).message, "query `q`: no answer");
    let cut = named(&query("q", "", None), timeout(), true).message;
    assert_eq!(cut, "query `q` did not end before the next probe was due");
}

#[tokio::test(start_paused = true)]
async fn damping_holds_back_the_word_but_not_the_report() {
    let policy = Policy { failures_before_down: 2, ..settings("x").policy };
    let (watch, behaviour, _task) = start(TargetSettings { policy, ..settings("damped") });
    let since = after(&watch, 1).await.since;
    behaviour.mode.store(REFUSES, Ordering::SeqCst);
    let record = after(&watch, 2).await;
    assert_eq!((record.status, record.since), (Some(Status::Up), since));
    assert_eq!(record.report.as_ref().map(|report| report.status()), Some(Status::Down));
    assert_eq!(after(&watch, 3).await.status, Some(Status::Down));
}
