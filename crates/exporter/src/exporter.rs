//! The exporter as a whole: watches the targets, serves what it sees, and reads its configuration again.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_config::{Config, ConfigError, TargetSettings};
use dbprobe_core::Registry;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::config_file::Watched;
use crate::fleet::Fleet;
use crate::gate::Gate;
use crate::http;
use crate::room::Room;
use crate::service::Service;
use crate::shard::Shard;
use crate::watch::Means;
use crate::web::Web;

/// How long targets have to be let go, and requests to be answered, once somebody has asked for the end.
const GRACE: Duration = Duration::from_millis(1500);

/// How often the supervisor looks round.
const LOOK_ROUND: Duration = Duration::from_secs(1);

/// What a configuration file does not say.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration file.
    pub file: PathBuf,
    /// Where to listen in the place of the file's `listen`; empty to do as the file says.
    pub listen: Vec<SocketAddr>,
    /// Which targets are this process's share.
    pub shard: Shard,
    /// How many descriptors the process may have; `None` where there is no limit.
    pub descriptors: Option<usize>,
}

/// What keeps an exporter from starting.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration is wrong.
    Config(Vec<ConfigError>),
    /// An address cannot be listened on.
    Listen(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(errors) => f.write_str(&told(errors)),
            Self::Listen(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for StartError {}

/// An exporter that listens already and has not begun to probe.
#[derive(Debug)]
pub struct Exporter {
    options: Options,
    service: Arc<Service>,
    requests: mpsc::Receiver<oneshot::Sender<Result<(), String>>>,
    listeners: Vec<TcpListener>,
    web: Arc<Web>,
    gate: Gate,
    clients: usize,
    watched: Watched,
    probing: Handle,
}

/// Makes an exporter read its configuration again.
#[derive(Clone, Debug)]
pub struct Reloader(Arc<Service>);

impl Reloader {
    /// Reads the configuration again, and waits until it is in force.
    ///
    /// # Errors
    /// What is wrong with it; the old one goes on.
    pub async fn reload(&self) -> Result<(), String> {
        self.0.reload().await
    }
}

impl Exporter {
    /// Reads the configuration and listens. The probes will run on `probing`, apart from whoever is served, so that
    /// neither disturbs the other.
    ///
    /// # Errors
    /// A configuration that is wrong, an address that is taken.
    pub async fn open(registry: Registry, options: Options, probing: Handle) -> Result<Self, StartError> {
        // Before it is read, so that a change meanwhile is seen.
        let mut watched = Watched::new(vec![options.file.clone()]);
        let config = load(&options, &registry).await.map_err(StartError::Config)?;
        watched.follow(files(&options, &config));
        let addresses: Vec<SocketAddr> = match options.listen.as_slice() {
            [] => config.listen.iter().chain(&config.api_listen).copied().collect(),
            instead => instead.to_vec(),
        };
        let web = match &config.web_config {
            Some(file) => Web::load(file).map_err(StartError::Config)?,
            None => Web::default(),
        };
        let listeners = http::bind(&addresses).await.map_err(|error| StartError::Listen(error.to_string()))?;
        let (ask, requests) = mpsc::channel(8);
        let service = Arc::new(Service::new(registry, Fleet::default(), config, ask));
        let room = Room::new(options.descriptors, service.config().targets.len());
        let (gate, clients) = (Gate::new(room), room.clients);
        Ok(Self { options, service, requests, listeners, web: Arc::new(web), gate, clients, watched, probing })
    }

    /// Where it listens: `http://127.0.0.1:9091`.
    pub fn urls(&self) -> Vec<String> {
        let scheme = if self.web.terms().is_secure() { "https" } else { "http" };
        let addresses = self.listeners.iter().filter_map(|listener| listener.local_addr().ok());
        addresses.map(|address| format!("{scheme}://{address}")).collect()
    }

    /// By which it is told to read its configuration again.
    pub fn reloader(&self) -> Reloader {
        Reloader(Arc::clone(&self.service))
    }

    /// Watches and serves until `stop` is ready, and then takes at most two seconds to end: probes under way stop what the
    /// servers do for them, sessions are closed, requests are answered.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let over = CancellationToken::new();
        let router = http::router(Arc::clone(&self.service));
        let listeners = std::mem::take(&mut self.listeners);
        let server = tokio::spawn(http::serve(self.clients, listeners, router, Arc::clone(&self.web), over.clone()));
        self.watch();
        self.until(stop).await;
        over.cancel();
        let _ = tokio::join!(tokio::time::timeout(GRACE, server), self.service.fleet.stop(GRACE));
    }

    /// Everything that happens between the start and the end.
    async fn until(&mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut rounds = interval(LOOK_ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut late = BTreeSet::new();
        loop {
            let asked = tokio::select! {
                () = &mut stop => return,
                Some(answer) = self.requests.recv() => Some(answer),
                () = self.watched.changed() => None,
                _ = rounds.tick() => {
                    self.look_round(&mut late);
                    continue;
                }
            };
            // The end is not put off by a file system that does not answer.
            let result = tokio::select! {
                () = &mut stop => return,
                result = self.reload() => result,
            };
            let _ = asked.map(|asked| asked.send(result));
        }
    }

    /// Says which DSNs cannot be read for now. Their targets are `unknown` until they can.
    fn warn(&self) {
        for warning in self.service.config().warnings(&self.service.registry) {
            tracing::warn!("{warning}");
        }
    }

    /// Takes the configuration into force: the targets that are this process's share are watched.
    fn watch(&self) {
        self.warn();
        let config = self.service.config();
        let shard = self.options.shard;
        let mine: Vec<Arc<TargetSettings>> =
            config.targets.iter().filter(|target| shard.holds(&target.name)).cloned().collect();
        let room = Room::new(self.options.descriptors, mine.len());
        if !room.keeps_sessions {
            let (targets, descriptors) = (mine.len(), self.options.descriptors);
            tracing::warn!(
                targets,
                descriptors,
                "too few descriptors to keep a session a target, so every probe opens its own: raise the limit of open files"
            );
        }
        let means = Arc::new(Means {
            registry: self.service.registry.clone(),
            buckets: Arc::clone(&config.metrics.buckets),
            gate: self.gate.clone(),
        });
        self.gate.lead_to(room);
        self.service.fleet.watch_all(&mine, &means, &self.probing);
    }

    async fn reload(&mut self) -> Result<(), String> {
        self.watched.told();
        let loaded = load(&self.options, &self.service.registry).await;
        let loaded = loaded.and_then(|config| self.web.reload(config.web_config.as_deref()).map(|()| config));
        match loaded {
            Ok(config) => {
                self.watched.follow(files(&self.options, &config));
                self.take_over(config);
                Ok(())
            }
            Err(errors) => {
                self.service.reloaded(None);
                let why = told(&errors);
                tracing::error!("the configuration is not taken over, the old one goes on: {why}");
                Err(why)
            }
        }
    }

    fn take_over(&self, config: Config) {
        let before = self.service.config();
        if (&config.listen, &config.api_listen) != (&before.listen, &before.api_listen) {
            tracing::warn!("`listen` or `api_listen` has changed: that needs a restart");
        }
        let targets = config.targets.len();
        self.service.reloaded(Some(config));
        self.watch();
        tracing::info!(targets, "the configuration is in force");
    }

    /// The supervisor: what has ended is begun again, who is late is named once.
    fn look_round(&self, known: &mut BTreeSet<String>) {
        let revived = self.service.fleet.revive(&self.probing);
        if revived > 0 {
            tracing::error!(
                revived,
                "the watch over some targets had ended and was begun again: this is a defect of dbprobe"
            );
        }
        let late = self.service.fleet.late();
        for late in late.iter().filter(|late| !known.contains(&late.target)) {
            tracing::error!(target_name = late.target, silence = ?late.silence, "not probed for three intervals");
        }
        *known = late.into_iter().map(|late| late.target).collect();
    }
}

/// The files that make up the configuration.
fn files(options: &Options, config: &Config) -> Vec<PathBuf> {
    [Some(options.file.clone()), config.web_config.clone()].into_iter().flatten().collect()
}

/// Reads the file away from the threads that serve: it may lie on a slow file system, and ten thousand DSNs take a while.
async fn load(options: &Options, registry: &Registry) -> Result<Config, Vec<ConfigError>> {
    let (file, registry) = (options.file.clone(), registry.clone());
    let loaded = tokio::task::spawn_blocking(move || Config::load(&file, &registry)).await;
    loaded.unwrap_or_else(|_| {
        let message = "the configuration could not be read: this is a defect of dbprobe".to_owned();
        let file = options.file.clone();
        Err(vec![ConfigError { file, line: None, column: None, message, advice: None, excerpt: None }])
    })
}

fn told(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
