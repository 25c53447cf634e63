//! A server that does what a test tells it, step by step.

#![allow(dead_code, reason = "each program of tests uses a part of it")]

use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Cancel, Class, Driver, Failure, Inspection, Phase, Pong, Role, Session, Setup, Steps, Target, Tls, WriteProof,
    WriteRequest, Written,
};
use tokio::time::{Instant, sleep};

/// What the scripted server does when a step reaches it.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Fail(Class),
    Hang,
    Panic,
    Take(Duration),
}

/// A server that does what it is told, once a step, and works otherwise.
#[derive(Clone, Default)]
pub(crate) struct Script {
    pub(crate) acts: Arc<Mutex<VecDeque<(Phase, Act)>>>,
    pub(crate) standby: bool,
    /// How long its certificate is valid.
    pub(crate) days_left: Option<i64>,
    pub(crate) open: Arc<AtomicUsize>,
    pub(crate) dialled: Arc<AtomicUsize>,
    pub(crate) cancelled: Arc<Mutex<Option<Instant>>>,
}

impl Script {
    pub(crate) fn new(acts: &[(Phase, Act)]) -> Self {
        Self { acts: Arc::new(Mutex::new(acts.iter().cloned().collect())), ..Self::default() }
    }

    async fn act(&self, phase: Phase) -> Result<(), Failure> {
        let act = {
            let mut acts = self.acts.lock().expect("no panic");
            let due = acts.front().is_some_and(|(at, _)| *at == phase);
            if due { acts.pop_front() } else { None }
        };
        match act.map(|(_, act)| act) {
            None => Ok(()),
            Some(Act::Fail(class)) => Err(Failure::new(class, "as scripted")),
            Some(Act::Hang) => pending().await,
            Some(Act::Panic) => panic!("as scripted"),
            Some(Act::Take(time)) => {
                sleep(time).await;
                Ok(())
            }
        }
    }
}

pub(crate) struct Server {
    script: Script,
    target: Target,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

struct Open(Script);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Driver for Server {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        steps.run(Phase::Tcp, self.script.act(Phase::Tcp)).await
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        self.reach(steps).await?;
        steps.connected_to("192.0.2.1:1");
        if self.script.days_left.is_some() {
            steps.secured(Tls { days_left: self.script.days_left, ..Tls::default() });
        }
        self.script.dialled.fetch_add(1, Ordering::SeqCst);
        steps.run(Phase::Auth, self.script.act(Phase::Auth)).await?;
        self.script.open.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Open(self.script.clone())))
    }
}

#[async_trait]
impl Session for Open {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        self.0.act(Phase::Ping).await?;
        let role = if self.0.standby { Role::Replica } else { Role::Primary };
        Ok(Pong::new().role(role).read_only(self.0.standby))
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        self.0.act(Phase::Write).await?;
        Ok(Written::new(request, WriteProof::Table, "1"))
    }

    async fn read(&mut self, _: Option<&Written>) -> Result<(), Failure> {
        self.0.act(Phase::Read).await
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        self.0.act(Phase::Inspect).await?;
        Ok(Inspection::default())
    }

    async fn apply(&mut self, _: &Setup) -> Result<(), Failure> {
        self.0.act(Phase::Write).await
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        Some(Arc::new(self.0.clone()))
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        self.0.act(Phase::Close).await
    }
}

#[async_trait]
impl Cancel for Script {
    async fn cancel(&self) {
        *self.cancelled.lock().expect("no panic") = Some(Instant::now());
        pending::<()>().await;
    }
}

pub(crate) fn server(script: &Script) -> Server {
    let target = Target {
        engine: "scripted",
        endpoints: Vec::new(),
        user: None,
        has_password: false,
        database: Some("memory".to_owned()),
        parameters: Default::default(),
        redacted: String::new(),
    };
    Server { script: script.clone(), target }
}
