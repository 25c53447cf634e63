//! What an engine has to offer.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::activity::Activities;
use crate::class::Class;
use crate::failure::Failure;
use crate::guard::Cancel;
use crate::inspection::{Inspection, Pong};
use crate::lookup::Lookup;
use crate::plan::Level;
use crate::query::{Query, Rows};
use crate::setup::{Setup, SetupOptions};
use crate::steps::Steps;
use crate::target::Target;
use crate::write::{WriteRequest, Written};

/// A target that is configured, not connected.
///
/// Engines never keep time, never retry and never log: the core bounds every future and records every step.
#[async_trait]
pub trait Driver: Debug + Send + Sync {
    /// What may be shown of the target.
    fn target(&self) -> &Target;

    /// Goes as far as the transport, says nothing that a server would count as a failed login, and leaves.
    ///
    /// # Errors
    /// A [`Failure`] in `resolve` or `tcp`.
    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure>;

    /// Resolves, connects, secures and logs in, each step on the clock of `steps`.
    ///
    /// Dropping the future closes the connection and leaves nothing behind.
    ///
    /// # Errors
    /// A [`Failure`] of the step that failed.
    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure>;

    /// The statements that `dbprobe init` prints or carries out, or `None` where the engine needs none.
    fn setup(&self, options: &SetupOptions) -> Option<Setup> {
        let _ = options;
        None
    }
}

/// A target that is connected and logged in. There is no "not connected" state to test for.
///
/// Every method is one round trip. After a dropped future the session is dropped, too: its next answer could be
/// the one to the question before.
#[async_trait]
pub trait Session: Send {
    /// The deepest level that makes sense for this kind of target: a web page is read but not written, a port is only
    /// connected to. The steps beyond are skipped with the reason `not_applicable`; an inspection says what is known.
    ///
    /// An engine without a `read` or a `write` of its own has to say so here, or else these steps fail as unsupported.
    fn depth(&self) -> Level {
        Level::Write
    }

    /// One round trip; learns on the way whether the session can write.
    async fn ping(&mut self) -> Result<Pong, Failure>;

    /// Proves a write as `request` asks, and says how it was proven. It is not called where [`Session::depth`] is shallower.
    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        let _ = request;
        Err(Failure::new(Class::Unsupported, "this engine has nothing to write to"))
    }

    /// Reads back what was `written` and compares; without anything written, reads what every role may read.
    ///
    /// # Errors
    /// Class `stale_read` when something older than `written` is there.
    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        let _ = written;
        Err(Failure::new(Class::Unsupported, "this engine has nothing to read"))
    }

    /// Asks for the facts about the server. What the role may not see is left out.
    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        Ok(Inspection::default())
    }

    /// Runs one statement of the user's, within its caps.
    async fn query(&mut self, query: &Query) -> Result<Rows, Failure> {
        let _ = query;
        Err(Failure::new(Class::Unsupported, "this engine takes no queries"))
    }

    /// Lists the server's client connections, as far as this role may see them.
    async fn activity(&mut self) -> Result<Activities, Failure> {
        Err(Failure::new(Class::Unsupported, "this engine lists no connections"))
    }

    /// Looks every one of `wanted` up: an answer for each, `None` where the server does not have or does not tell it.
    ///
    /// # Errors
    /// Class `unsupported` where the engine has nothing of the kind, such as tables.
    async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        let _ = wanted;
        Err(Failure::new(Class::Unsupported, "this engine has nothing to look up"))
    }

    /// Carries out what [`Driver::setup`] lists. It can be repeated.
    async fn apply(&mut self, setup: &Setup) -> Result<(), Failure> {
        let _ = setup;
        Err(Failure::new(Class::Unsupported, "this engine needs no setup"))
    }

    /// How to ask the server to stop what it does for this session, where the protocol can.
    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        None
    }

    /// How long such a request needs to reach the server. Steps end at their deadline; the request leaves this much earlier.
    fn cancel_lead(&self) -> Duration {
        Duration::from_millis(10)
    }

    /// Says goodbye as the protocol has it, and waits until the connection is closed.
    async fn close(self: Box<Self>) -> Result<(), Failure>;
}

/// What can be composed from a [`Session`]'s verbs.
#[async_trait]
pub trait SessionExt: Session {
    /// Writes, then reads back the same nonce.
    ///
    /// # Errors
    /// The write's failure, or else the read's.
    async fn check_read_write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        let written = self.write(request).await?;
        self.read(Some(&written)).await?;
        Ok(written)
    }
}

impl<S: Session + ?Sized> SessionExt for S {}
