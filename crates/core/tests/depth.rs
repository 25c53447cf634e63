//! Targets that are not databases: what a probe leaves out, and says so.

#![allow(clippy::expect_used, reason = "a broken assumption ends the test with its place")]

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use dbprobe_core::{
    Driver, Failure, Inspection, Level, Monitor, Outcome, Phase, Plan, Policy, Pong, Report, Session, Status, Steps,
    Target, WriteRequest, Written, probe,
};

/// A target that is worth asking only so far.
#[derive(Debug)]
struct Shallow {
    depth: Level,
    target: Target,
}

impl Shallow {
    fn new(depth: Level) -> Self {
        let target = Target {
            engine: "shallow",
            endpoints: Vec::new(),
            user: None,
            has_password: false,
            database: Some("it".to_owned()),
            parameters: BTreeMap::new(),
            redacted: "shallow:it".to_owned(),
        };
        Self { depth, target }
    }
}

#[async_trait]
impl Driver for Shallow {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        steps.run(Phase::Tcp, async { Ok(()) }).await
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        self.reach(steps).await?;
        Ok(Box::new(Open(self.depth)))
    }
}

struct Open(Level);

#[async_trait]
impl Session for Open {
    fn depth(&self) -> Level {
        self.0
    }

    async fn ping(&mut self) -> Result<Pong, Failure> {
        Ok(Pong::new())
    }

    async fn write(&mut self, _: &WriteRequest) -> Result<Written, Failure> {
        unreachable!("nothing is written")
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        assert!(written.is_none());
        Ok(())
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        Ok(Inspection::default())
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

/// Each step with its reason, where it was left out.
fn steps(report: &Report) -> Vec<(Phase, &str)> {
    let shown = report.steps.iter().map(|step| match &step.outcome {
        Outcome::Skipped(reason) => (step.phase, reason.as_str()),
        _ => (step.phase, step.outcome_word()),
    });
    shown.collect()
}

#[tokio::test]
async fn steps_beyond_the_depth_are_not_applicable() {
    let left = "not_applicable";
    let expected = [
        (Level::Tcp, [left, left, left]),
        (Level::Ping, ["passed", left, left]),
        (Level::Read, ["passed", left, "passed"]),
    ];
    for (depth, [ping, write, read]) in expected {
        let report = probe(&Shallow::new(depth), &Plan::default()).await;
        let wanted = [
            (Phase::Tcp, "passed"),
            (Phase::Ping, ping),
            (Phase::Write, write),
            (Phase::Read, read),
            (Phase::Inspect, "passed"),
            (Phase::Close, "passed"),
        ];
        assert_eq!(steps(&report), wanted, "{depth:?}");
        assert_eq!((report.status(), report.inspection.read_only), (Status::Up, None));
    }
}

#[tokio::test]
async fn a_plan_that_goes_less_deep_skips_nothing() {
    let plan = Plan { level: Level::Ping, ..Plan::default() };
    let report = probe(&Shallow::new(Level::Read), &plan).await;
    let seen: Vec<Phase> = report.steps.iter().map(|step| step.phase).collect();
    assert_eq!(seen, [Phase::Tcp, Phase::Ping, Phase::Close]);
}

#[tokio::test]
async fn what_cannot_be_pinged_is_connected_to_each_time() {
    let mut monitor = Monitor::new(Arc::new(Shallow::new(Level::Tcp)), Plan::default(), Policy::default());
    for _ in 0..2 {
        let report = monitor.probe().await;
        assert!(report.step(Phase::Tcp).is_some_and(|step| step.passed()), "{:?}", steps(&report));
    }
}
