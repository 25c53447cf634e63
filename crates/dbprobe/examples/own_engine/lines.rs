//! An engine for a made-up server of keys and values that speaks in lines: one question a line, one answer a line.

use std::io;
use std::sync::Arc;

use dbprobe::net::{dial, io_failure, resolve};
use dbprobe::{
    Capability, Class, Driver, Dsn, DsnError, Endpoint, Engine, Failure, Inspection, Phase, Piece, Pong, Session,
    Steps, Target, WriteProof, WriteRequest, Written, async_trait,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

pub(crate) static LINES: Engine =
    Engine { name: "lines", schemes: &["lines"], capabilities: &[Capability::HealthKey], knowledge: &[], open };

/// Reads `lines://host:port`. Nothing is sent.
fn open(dsn: &Dsn) -> Result<Arc<dyn Driver>, DsnError> {
    let (host, port) = Piece::whole(dsn.expose()).skip("lines://".len()).cut_last(':');
    let number = port.and_then(|port| port.as_str().parse().ok());
    let number = number.ok_or_else(|| host.error("the port is missing").advise("write `lines://host:port`"))?;
    let endpoint = Endpoint { host: host.decode()?, port: Some(number) };
    let redacted = format!("lines://{}", endpoint.authority());
    Ok(Arc::new(Lines(Target { endpoints: vec![endpoint], ..Target::new("lines", redacted) })))
}

/// Configured, not connected.
#[derive(Debug)]
struct Lines(Target);

impl Lines {
    async fn dial(&self, steps: &mut Steps) -> Result<TcpStream, Failure> {
        let Endpoint { host, port } = &self.0.endpoints[0];
        let addresses = steps.run(Phase::Resolve, resolve(host, port.unwrap_or_default())).await?;
        steps.run(Phase::Tcp, dial(&addresses)).await
    }
}

#[async_trait]
impl Driver for Lines {
    fn target(&self) -> &Target {
        &self.0
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        self.dial(steps).await.map(drop)
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        Ok(Box::new(Lined(BufStream::new(self.dial(steps).await?))))
    }
}

/// Connected. The core bounds every step, so there is no time-out here.
struct Lined(BufStream<TcpStream>);

impl Lined {
    async fn ask(&mut self, question: &str) -> Result<String, Failure> {
        let lost = |error: io::Error| io_failure(&error, "waiting for a line");
        self.0.write_all(format!("{question}\n").as_bytes()).await.map_err(lost)?;
        self.0.flush().await.map_err(lost)?;
        let mut line = String::new();
        (&mut self.0).take(1024).read_line(&mut line).await.map_err(lost)?;
        match line.trim_end().split_once(' ') {
            Some(("OK", answer)) => Ok(answer.to_owned()),
            Some(("ERROR", code)) => Err(Failure::new(Class::Query, "the server refused the line").code(code)),
            _ if line.is_empty() => Err(lost(io::ErrorKind::UnexpectedEof.into())),
            _ => Err(Failure::new(Class::Protocol, "the server does not speak in lines")),
        }
    }
}

#[async_trait]
impl Session for Lined {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        self.ask("PING").await.map(|_| Pong::new())
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        self.ask(&format!("PUT dbprobe:{} {}", request.prober, request.nonce.as_str())).await?;
        Ok(Written::new(request, WriteProof::Key, ""))
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        let Some(written) = written else { return self.ask("PING").await.map(drop) };
        let found = self.ask(&format!("GET dbprobe:{}", written.prober)).await?;
        let stale = || Failure::new(Class::StaleRead, "the key holds something older");
        (found == written.nonce.as_str()).then_some(()).ok_or_else(stale)
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let mut facts = Inspection::default();
        facts.version = Some(self.ask("VERSION").await?);
        Ok(facts)
    }

    async fn close(mut self: Box<Self>) -> Result<(), Failure> {
        self.ask("BYE").await.map(drop)
    }
}
