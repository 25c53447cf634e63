//! The fake engine: a driver and a session as an honest engine has them, with a place for every defect.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Activities, Cancel, Class, Driver, Failure, Inspection, Lookup, Nonce, Phase, Pong, Role, Session, Steps, Target,
    WriteMode, WriteProof, WriteRequest, Written,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::answer::{explain, number, read_answer, timestamp};
use super::config::Config;
use super::defect::Defect;
use super::listing;
use super::protocol::{Stream, line, word};
use super::server;
use super::world::World;

/// The fake engine, configured.
#[derive(Debug)]
pub(super) struct Client(Arc<Config>);

impl Client {
    pub(super) fn new(config: Config) -> Self {
        Self(Arc::new(config))
    }
}

/// A session of the fake engine.
struct Login {
    config: Arc<Config>,
    /// `None` once the goodbye was said.
    line: Option<BufStream<Box<dyn Stream>>>,
    number: u64,
    has_table: bool,
    leaked: Option<JoinHandle<()>>,
}

#[async_trait]
impl Driver for Client {
    fn target(&self) -> &Target {
        &self.0.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        steps.run(Phase::Tcp, dial(&self.0)).await.map(|_| ())
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let config = &self.0;
        if config.has(Defect::MixesPhasesUp) {
            steps.run(Phase::Auth, async { Ok(()) }).await?;
        }
        let stream = match config.place {
            Some(_) => steps.run(Phase::Tcp, dial(config)).await?,
            None => dial(config).await?,
        };
        if let (Some((host, port)), false) = (&config.place, config.has(Defect::ReportsNoAddress)) {
            steps.connected_to(format!("{host}:{port}"));
        }
        if config.has(Defect::InventsPhase) {
            steps.run(Phase::Tls, async { Ok(()) }).await?;
        }
        let login = steps.run(Phase::Auth, log_in(config, stream)).await?;
        Ok(Box::new(login))
    }
}

/// Goes to the server, over TCP or by a pipe in memory.
async fn dial(config: &Config) -> Result<Box<dyn Stream>, Failure> {
    if let Some((host, port)) = &config.place {
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| explain(config, error))?;
        return Ok(Box::new(stream));
    }
    let world = World::find(&config.database);
    let world = world.ok_or_else(|| Failure::new(Class::NotFound, "there is no such fake").advise("start it"))?;
    let (ours, theirs) = tokio::io::duplex(4096);
    tokio::spawn(server::serve(world, theirs));
    Ok(Box::new(ours))
}

async fn log_in(config: &Arc<Config>, stream: Box<dyn Stream>) -> Result<Login, Failure> {
    let leaked = leak(config);
    let mut login =
        Login { config: Arc::clone(config), line: Some(BufStream::new(stream)), number: 0, has_table: false, leaked };
    let request = format!("LOGIN {} {}", word(config.password.expose()), config.read_only);
    let answer = login.ask(&request).await.map_err(|failure| match failure.class {
        _ if config.has(Defect::LeaksDescriptorOnLoss) => {
            std::mem::forget(std::fs::File::open("/dev/null"));
            failure
        }
        Class::Auth if config.has(Defect::WrongClass) => Failure { class: Class::Query, ..failure },
        Class::Auth if config.has(Defect::PrintsPasswordInError) => {
            Failure { message: format!("{} {:?}", failure.message, config.password.expose()), ..failure }
        }
        _ => failure,
    })?;
    login.number = number(&answer, 0)?;
    if config.has(Defect::ConnectsTwice) {
        let second = dial(config).await?;
        let mut second = BufStream::new(second);
        let _ = second.write_all(format!("{request}\n").as_bytes()).await;
        let _ = second.flush().await;
        let _ = line(&mut second).await;
    }
    Ok(login)
}

/// What some mutants leave behind at every connect.
fn leak(config: &Config) -> Option<JoinHandle<()>> {
    match config.defect {
        Some(Defect::LeaksDescriptor) => std::mem::forget(std::fs::File::open("/dev/null")),
        Some(Defect::LeaksTask) => drop(tokio::spawn(std::future::pending::<()>())),
        Some(Defect::LeaksTaskOnLoss) => return Some(tokio::spawn(std::future::pending::<()>())),
        Some(Defect::LeaksThread) => drop(std::thread::spawn(|| std::thread::sleep(Duration::from_secs(3600)))),
        _ => {}
    }
    None
}

impl Login {
    fn has(&self, defect: Defect) -> bool {
        self.config.has(defect)
    }

    /// One round trip: the words of the answer after its `OK`.
    async fn ask(&mut self, request: &str) -> Result<Vec<String>, Failure> {
        let config = Arc::clone(&self.config);
        let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let talk = async {
            let stream = self.line.as_mut().ok_or_else(gone)?;
            stream.write_all(format!("{request}\n").as_bytes()).await?;
            stream.flush().await?;
            line(stream).await?.ok_or_else(gone)
        };
        let answer = talk.await.map_err(|error| explain(&config, error))?;
        read_answer(&answer).ok_or_else(|| explain(&config, io::ErrorKind::InvalidData.into()))?
    }
}

#[async_trait]
impl Session for Login {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        match self.config.defect {
            Some(Defect::PanicsInPing) => panic!("a mutant"),
            Some(Defect::PingsNobody) => return Ok(Pong::new().role(Role::Primary)),
            Some(Defect::BlocksItsThread) => std::thread::sleep(Duration::from_millis(1300)),
            _ => {}
        }
        let answer = self.ask("PING").await?;
        let is = |at: usize| answer.get(at).is_some_and(|word| word == "true");
        self.has_table = is(2);
        Ok(Pong::new().role(Role::Primary).read_only(is(1) && !self.has(Defect::WritesReadOnly)))
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        if self.has(Defect::CreatesUnasked) {
            let _ = self.ask("CREATE").await;
        }
        if self.has(Defect::CreatesInTwoSteps) && request.create_health_table && !self.has_table {
            self.ping().await?;
            if !self.has_table {
                tokio::task::yield_now().await;
                self.ask("CREATE").await?;
            }
        }
        let table = match request.mode {
            WriteMode::Table => true,
            WriteMode::Auto => self.has_table || request.create_health_table,
            _ => false,
        };
        let proof = if table { WriteProof::Table } else { WriteProof::Rollback };
        let create = request.create_health_table;
        let row = self.row(request.prober.as_str(), &request.nonce);
        match self.ask(&format!("WRITE {proof} {create} {row} {}", request.nonce)).await {
            Ok(answer) => Ok(Written::new(request, proof, number::<u64>(&answer, 0)?.to_string())),
            Err(_) if self.has(Defect::HidesWriteErrors) => Ok(Written::new(request, WriteProof::Rollback, "0")),
            Err(failure) => Err(failure),
        }
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        if self.has(Defect::NeverReads) {
            return Ok(());
        }
        if self.has(Defect::TakesTwoTrips) {
            self.ask("PING").await?;
        }
        let Some(written) = written.filter(|written| written.proof == WriteProof::Table) else {
            return self.ask("READ").await.map(|_| ());
        };
        let row = self.row(written.prober.as_str(), &written.nonce);
        let answer = self.ask(&format!("READ {row}")).await?;
        let same = answer.first().is_some_and(|nonce| nonce == written.nonce.as_str());
        let later = number::<u64>(&answer, 1)? > written.token.parse().unwrap_or(0);
        if same || (later && !self.has(Defect::ComparesStrictly)) || self.has(Defect::SkipsComparison) {
            return Ok(());
        }
        Err(Failure::new(Class::StaleRead, "the row is older than what was written").advise("look for a lost commit"))
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let answer = self.ask("INSPECT").await?;
        let mut facts = Inspection::default();
        let lies = self.has(Defect::MisreportsFacts);
        facts.version = if lies { Some("9.9".to_owned()) } else { answer.first().cloned() };
        facts.role = Some(Role::Primary);
        facts.read_only = answer.get(2).map(|word| word == "true");
        facts.started_at = serde_json::from_value(timestamp(number(&answer, 3)?).into()).ok();
        facts.connections = Some(if self.has(Defect::InventsFigures) { 0 } else { number(&answer, 4)? });
        facts.connections_max = Some(number(&answer, 5)?);
        facts.size_bytes = Some(number(&answer, 6)?);
        Ok(facts)
    }

    async fn activity(&mut self) -> Result<Activities, Failure> {
        let answer = self.ask("ACTIVITY").await?;
        listing::activities(&answer, &self.config)
    }

    async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        let each = if self.has(Defect::LooksUpOneByOne) { 1 } else { wanted.len().max(1) };
        let mut found = Vec::new();
        for wanted in wanted.chunks(each) {
            let answer = self.ask(&listing::question(wanted)).await?;
            found.extend(listing::found(&answer, &self.config));
        }
        Ok(found)
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        let canceller = Canceller { config: Arc::clone(&self.config), number: self.number };
        (!self.has(Defect::NeverCancels)).then(|| Arc::new(canceller) as Arc<dyn Cancel>)
    }

    async fn close(mut self: Box<Self>) -> Result<(), Failure> {
        if self.has(Defect::CloseHangs) {
            return std::future::pending().await;
        }
        if let Some(task) = self.leaked.take() {
            task.abort();
        }
        let Some(mut stream) = self.line.take() else { return Ok(()) };
        if self.has(Defect::KeepsAfterClose) {
            std::mem::forget(stream);
            return Ok(());
        }
        let goodbye = async {
            stream.write_all(b"BYE\n").await?;
            stream.flush().await?;
            stream.read_to_end(&mut Vec::new()).await
        };
        goodbye.await.map(|_| ()).map_err(|error| explain(&self.config, error))
    }
}

impl Login {
    /// Whose row it is.
    fn row(&self, prober: &str, nonce: &Nonce) -> String {
        match self.config.defect {
            Some(Defect::InsertsRows) => format!("{prober}-{nonce}"),
            Some(Defect::UsesOneRow) => "row".to_owned(),
            _ => prober.to_owned(),
        }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        if self.has(Defect::LeaksSession) {
            std::mem::forget(self.line.take());
        }
    }
}

/// Asks the server to stop what it does for one session, on a connection of its own.
struct Canceller {
    config: Arc<Config>,
    number: u64,
}

#[async_trait]
impl Cancel for Canceller {
    async fn cancel(&self) {
        if let Ok(mut stream) = dial(&self.config).await {
            let request = format!("CANCEL {}\n", self.number);
            let _ = stream.write_all(request.as_bytes()).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    }
}
