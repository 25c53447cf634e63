//! A database that does nothing: what is measured on it is the measuring itself.

use std::collections::BTreeMap;

use async_trait::async_trait;
use dbprobe_core::{Driver, Failure, Inspection, Pong, Session, Steps, Target, WriteProof, WriteRequest, Written};

/// A driver whose sessions answer at once.
#[derive(Debug)]
pub(super) struct Nothing {
    target: Target,
}

impl Nothing {
    pub(super) fn new() -> Self {
        let target = Target {
            engine: "nothing",
            endpoints: Vec::new(),
            user: None,
            has_password: false,
            database: None,
            parameters: BTreeMap::new(),
            redacted: String::new(),
        };
        Self { target }
    }
}

#[async_trait]
impl Driver for Nothing {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, _: &mut Steps) -> Result<(), Failure> {
        Ok(())
    }

    async fn connect(&self, _: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        Ok(Box::new(Open))
    }
}

struct Open;

#[async_trait]
impl Session for Open {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        Ok(Pong::new())
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        Ok(Written::new(request, WriteProof::Temporary, ""))
    }

    async fn read(&mut self, _: Option<&Written>) -> Result<(), Failure> {
        Ok(())
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        Ok(Inspection::default())
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}
