//! From a configured port to an accepted connection.

use async_trait::async_trait;
use dbprobe_core::{Driver, Failure, Phase, Session, Steps, Target};
use dbprobe_net::{dial, io_failure, resolve};
use tokio::time::Instant;

use crate::config::Config;
use crate::session::TcpSession;

/// A port, configured.
#[derive(Debug)]
pub(crate) struct TcpDriver {
    config: Config,
}

impl TcpDriver {
    pub(crate) fn new(config: Config) -> Self {
        Self { config }
    }

    async fn open(&self, steps: &mut Steps) -> Result<TcpSession, Failure> {
        let Config { host, port, expected, .. } = &self.config;
        let addresses = steps.run(Phase::Resolve, resolve(host, *port)).await?;
        let began = Instant::now();
        let stream = steps.run(Phase::Tcp, dial(&addresses)).await?;
        let trip = began.elapsed();
        let peer = stream.peer_addr().map_err(|error| io_failure(&error, "connecting").in_phase(Phase::Tcp))?;
        steps.connected_to(peer.to_string());
        Ok(TcpSession::new(stream, *port, *expected, trip, steps.remaining()))
    }
}

#[async_trait]
impl Driver for TcpDriver {
    fn target(&self) -> &Target {
        &self.config.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        self.open(steps).await?.leave().await;
        Ok(())
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        Ok(Box::new(self.open(steps).await?))
    }
}
