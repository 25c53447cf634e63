//! Asking the server to stop a statement: `KILL QUERY` on a second connection.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{Cancel, Class, Failure};
use mysql_common::constants::Command;
use tokio::time::Instant;

use crate::answer::{Answer, Caps};
use crate::conversation::Who;
use crate::greeting::{Hello, greet};
use crate::login::{Credentials, log_in};
use crate::opening::{Asked, Clock, Demand, secure};
use crate::place::Place;
use crate::sql;
use crate::tls::Security;
use crate::wire::{ALLOWANCE, Leaving, Wire};

/// How a session's TLS was made, to make the same again.
#[derive(Clone)]
pub(crate) struct Encryption {
    pub(crate) security: Security,
    pub(crate) name: String,
}

/// A way to stop what one session runs: another login of the same account, as secure as the first.
pub(crate) struct KillQuery {
    pub(crate) place: Place,
    pub(crate) encryption: Option<Encryption>,
    pub(crate) credentials: Arc<Credentials>,
    /// Whom to stop; nobody before the first answer, whose time the server limits by itself.
    pub(crate) who: Who,
}

impl KillQuery {
    async fn send(&self) -> Result<(), Failure> {
        let Some((number, host)) = self.who.get() else { return Ok(()) };
        let wire = Wire::new(self.place.dial().await?);
        // Without the database: it may be the one that is gone.
        let credentials = Credentials { database: None, ..Credentials::clone(&self.credentials) };
        let (mut wire, greeting) = match &self.encryption {
            Some(Encryption { security, name }) => {
                let clock = Clock { began: Instant::now(), limit: Duration::MAX };
                match secure(wire, (security, name), Demand::Always, clock, &credentials, &mut None).await? {
                    Asked::Secured(wire, greeting) => (wire, greeting),
                    Asked::Plain(..) => return Err(Failure::new(Class::Internal, "TLS was demanded")),
                    Asked::Refused(failure) => return Err(failure),
                }
            }
            None => {
                let mut wire = wire;
                match greet(&mut wire).await? {
                    Hello::Greeting(greeting) => (wire, greeting),
                    Hello::Refused(failure) => return Err(failure),
                }
            }
        };
        log_in(&mut wire, &greeting, &credentials).await?;
        wire.begin(ALLOWANCE);
        wire.leave_with(Leaving::Silently);
        wire.write(&[&[Command::COM_QUERY as u8], sql::kill_query(*number, host).as_bytes()].concat()).await?;
        Answer::receive(&mut wire, Caps::NONE).await?;
        wire.leave_with(Leaving::Quit);
        Ok(()) // the wire says goodbye when it is dropped
    }
}

#[async_trait]
impl Cancel for KillQuery {
    async fn cancel(&self) {
        // It has ended already, or it has not: the deadline comes in any case.
        let _ = self.send().await;
    }
}
