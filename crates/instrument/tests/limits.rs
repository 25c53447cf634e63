//! However many names a program uses, there are no more series than the limits allow, and nothing is lost.
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod recorder;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::future::ready;
use std::thread;

use dbprobe_instrument::pool::{Acquired, Lack, Pool, PoolState, PoolStatus};
use dbprobe_instrument::{Limits, Tracker};
use recorder::Recorder;

/// An error whose text names it.
#[derive(Debug, PartialEq)]
struct Named(String);

/// An error of another type.
#[derive(Debug, PartialEq)]
struct Numbered(u32);

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

fn tracker(recorder: &Recorder, limits: Limits) -> Tracker {
    Tracker::builder().limits(limits).classify(|error: &Named| Some(Cow::Borrowed(&*error.0))).build(recorder.clone())
}

#[test]
fn ten_thousand_names_are_five_hundred_queries_and_the_rest_by_operation() {
    let recorder = Recorder::default();
    let tracker = tracker(&recorder, Limits::default());
    thread::scope(|scope| {
        for operation in ["select", "insert"] {
            let tracker = &tracker;
            scope.spawn(move || {
                for n in 0..10_000 {
                    tracker.start_query(operation, "content", &n.to_string()).succeed();
                }
            });
        }
    });
    assert_eq!(recorder.made().len(), 502);
    assert_eq!(recorder.made().into_iter().collect::<BTreeSet<_>>().len(), 502, "none was asked for twice");
    for operation in ["select", "insert"] {
        let of_operation = recorder.counts().into_iter().filter(|(line, _)| line.starts_with(operation));
        assert_eq!(of_operation.map(|(_, count)| count).sum::<usize>(), 10_000, "{operation}");
    }
}

#[test]
fn with_a_limit_of_no_queries_all_are_other() {
    let recorder = Recorder::default();
    let tracker = tracker(&recorder, limits(|limits| (limits.queries, limits.transactions) = (0, 0)));
    for name in ["one", "two"] {
        tracker.start_query("select", "content", name).succeed();
        tracker.start_transaction(name).succeed();
    }
    assert_eq!(recorder.made(), ["select other other", "transaction other"]);
    let expected = [("select other other: ok".to_owned(), 2), ("transaction other: ok".to_owned(), 2)];
    assert_eq!(recorder.counts(), expected.into());
}

#[test]
fn with_a_limit_of_one_the_first_keeps_its_name() {
    let recorder = Recorder::default();
    let tracker = tracker(&recorder, limits(|limits| (limits.queries, limits.transactions) = (1, 1)));
    for name in ["one", "two", "one", "three"] {
        tracker.start_query("select", "content", name).succeed();
        tracker.start_transaction(name).succeed();
    }
    let expected = [
        ("select content one: ok", 2),
        ("select other other: ok", 2),
        ("transaction one: ok", 2),
        ("transaction other: ok", 2),
    ];
    assert_eq!(recorder.counts(), expected.map(|(line, count)| (line.to_owned(), count)).into());
}

#[test]
fn operations_are_limited_too() {
    let recorder = Recorder::default();
    let tracker = tracker(&recorder, limits(|limits| limits.queries = 0));
    for n in 0..1000 {
        tracker.start_query(&format!("operation{n}"), "content", "by_id").succeed();
    }
    assert_eq!(recorder.made().len(), 17, "16 operations and the rest");
    assert_eq!(recorder.counts()["other other other: ok"], 984);
}

#[test]
fn names_are_cut_between_characters_and_then_are_one() {
    let recorder = Recorder::default();
    let tracker = tracker(&recorder, limits(|limits| limits.label = 3));
    for name in ["äöüß", "äöü", "äöü and more"] {
        tracker.start_query("select", "content", name).succeed();
    }
    tracker.start_query("", "", "").succeed();
    tracker.start_transaction("").succeed();
    assert_eq!(recorder.made(), ["sel con äöü", "  ", "transaction "]);
    assert_eq!(recorder.counts()["sel con äöü: ok"], 3);
}

#[test]
fn codes_are_limited_and_texts_are_no_codes() {
    let recorder = Recorder::default();
    let tracker = tracker(&recorder, limits(|limits| (limits.error_codes, limits.label) = (2, 10)));
    let errors = ["23505", "", "a whole sentence", "40001", "57014", "40001"];
    for error in errors {
        tracker.start_query("insert", "content", "add").fail(&Named(error.into()));
    }
    tracker.start_query("insert", "content", "add").fail(&Numbered(1));
    let codes: Vec<_> =
        recorder.ended().iter().map(|line| line["insert content add: failed ".len()..].to_owned()).collect();
    assert_eq!(codes, ["23505", "other", "other", "40001", "other", "40001", "other"]);
}

#[tokio::test]
async fn each_type_of_error_has_a_function_of_its_own_and_one_that_panics_names_nothing() {
    let recorder = Recorder::default();
    let tracker = Tracker::builder()
        .classify(|error: &Named| (error.0 != "unknown").then_some(Cow::Borrowed(&*error.0)))
        .classify(|error: &Numbered| Some(Cow::Owned(format!("E{}", 100 / error.0))))
        .build(recorder.clone());
    for name in ["known", "unknown"] {
        let named = ready(Err::<(), _>(Named(name.into())));
        assert_eq!(tracker.track_query("select", "content", "by_id", named).await, Err(Named(name.into())));
    }
    for number in [4, 0] {
        let numbered = ready(Err::<(), _>(Numbered(number)));
        assert_eq!(tracker.track_query("select", "content", "by_id", numbered).await, Err(Numbered(number)));
    }
    let codes: Vec<_> =
        recorder.ended().iter().map(|line| line["select content by_id: failed ".len()..].to_owned()).collect();
    assert_eq!(codes, ["known", "other", "E25", "other"]);
}

/// A pool that never has one.
#[derive(Debug)]
struct Empty;

impl PoolState for Empty {
    fn status(&self) -> PoolStatus {
        PoolStatus::default()
    }
}

impl Pool for Empty {
    type Connection = ();
    type Error = Named;

    async fn acquire(&self) -> Result<Acquired<()>, Named> {
        Err(Named("closed".into()))
    }

    fn lack(&self, _: &Named) -> Lack {
        Lack::Failed
    }
}

#[tokio::test]
async fn pools_beyond_the_limit_are_other() {
    let recorder = Recorder::default();
    let tracker = tracker(&recorder, limits(|limits| limits.pools = 2));
    for tenant in 0..100 {
        let pool = tracker.track_pool(&format!("tenant{tenant}"), Empty);
        assert_eq!(pool.acquire().await.map(|_| ()), Err(Named("closed".into())));
    }
    let expected =
        [("pool other: failed closed", 98), ("pool tenant0: failed closed", 1), ("pool tenant1: failed closed", 1)];
    assert_eq!(recorder.counts(), expected.map(|(line, count)| (line.to_owned(), count)).into());
}
