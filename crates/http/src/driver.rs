//! From a configured target to a connection, each step on the clock.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{Driver, Failure, Phase, Session, Steps, Target};
use dbprobe_net::{describe, io_failure, look_at, look_into};
use tokio::net::TcpStream;

use crate::config::Config;
use crate::dialer::Dialer;
use crate::line::Line;
use crate::session::HttpSession;
use crate::wire::Wire;

/// Who is expected behind `https`.
const WHOM: &str = "a web server with TLS";

/// An HTTP target, configured.
#[derive(Debug)]
pub(crate) struct HttpDriver {
    dialer: Arc<Dialer>,
}

impl HttpDriver {
    pub(crate) fn new(config: Config) -> Self {
        Self { dialer: Arc::new(Dialer::new(config)) }
    }

    async fn dial(&self, steps: &mut Steps) -> Result<TcpStream, Failure> {
        let addresses = steps.run(Phase::Resolve, self.dialer.resolve(&self.dialer.config.origin)).await?;
        let stream = steps.run(Phase::Tcp, self.dialer.dial(&addresses)).await?;
        let peer = stream.peer_addr().map_err(|error| io_failure(&error, "connecting"))?;
        steps.connected_to(peer.to_string());
        Ok(stream)
    }
}

#[async_trait]
impl Driver for HttpDriver {
    fn target(&self) -> &Target {
        &self.dialer.config.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        self.dial(steps).await.map(drop)
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let origin = &self.dialer.config.origin;
        if origin.is_https {
            self.dialer.security()?; // a file that is missing is found out before anybody is asked
        }
        let stream = self.dial(steps).await?;
        let patience = (steps.remaining() / 4).min(Duration::from_secs(1));
        let peer = stream.peer_addr().map_err(|error| io_failure(&error, "connecting"))?;
        let unheard = (!origin.is_https).then_some((peer, patience));
        let wire = if origin.is_https {
            let work = async {
                match self.dialer.secure(stream, origin).await {
                    Err(failure) => Err(look_into(failure, peer, WHOM, patience).await),
                    done => done,
                }
            };
            // A second look bothers a server that is merely slow, so only where there is time to be patient first.
            let patient = steps.remaining() >= Duration::from_secs(1);
            let look = async move { if patient { look_at(peer, WHOM, patience).await } else { None } };
            let stream = steps.run_or_look(Phase::Tls, work, look).await?;
            steps.secured(describe(&stream, self.dialer.config.tls.verify));
            Wire::secure(stream)
        } else {
            Wire::plain(stream)
        };
        let home = Line::open(wire, origin.clone()).await?;
        Ok(Box::new(HttpSession::new(self.dialer.clone(), home, unheard)))
    }
}
