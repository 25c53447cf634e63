//! A running fake, its fixture and its fault table.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;

use async_trait::async_trait;
use dbprobe_core::{Inspection, Lookup, Phase, Role, percent_encode};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::defect::Defect;
use super::server;
use super::world::{Act, Open, World};
use crate::fixture::{Companion, Fixture, Guard, Missing, Network};

/// The password of every fake: it needs encoding, and none of its pieces is a common word.
pub(super) const PASSWORD: &str = "s3cr:et@tok/en";

/// A running fake: a server in this process, and what can be done to it.
///
/// Dropping it ends the server and every session.
pub struct Fake {
    pub(super) world: Arc<World>,
    defect: Option<Defect>,
    listening: Option<Listening>,
}

/// The thread and the port of a fake that is reached over TCP.
struct Listening {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    /// A fake that is reached over TCP, with its server on a thread of its own.
    ///
    /// # Errors
    /// When no port can be opened.
    pub fn start() -> Result<Self, Missing> {
        let world = World::new(PASSWORD);
        let listening = Listening::start(Arc::clone(&world)).map_err(|error| Missing::new(error.to_string()))?;
        Ok(Self { world, defect: None, listening: Some(listening) })
    }

    /// A fake that is reached by a pipe in memory. Its server's tasks are on the runtime of its client, so that a paused
    /// clock governs both.
    pub fn in_memory() -> Self {
        Self { world: World::new(PASSWORD), defect: None, listening: None }
    }

    /// The same with a mutant in the place of the engine.
    #[must_use]
    pub fn with_defect(mut self, defect: Defect) -> Self {
        self.defect = Some(defect);
        self
    }

    /// The DSN of a session that works.
    pub fn dsn(&self) -> String {
        self.dsn_with(&percent_encode(PASSWORD, ""))
    }

    /// What the server does in the next steps of `phase`, one a step; then it answers again as usual.
    ///
    /// Scripted are `auth`, `ping`, `write`, `read` and `inspect`.
    pub fn script(&self, phase: Phase, acts: impl IntoIterator<Item = Act>) {
        self.world.script().entry(phase).or_default().extend(acts);
    }

    /// Sessions that are open now.
    pub fn open_sessions(&self) -> usize {
        self.world.sessions().len()
    }

    /// Sessions that were opened so far.
    pub fn opened_sessions(&self) -> u64 {
        self.world.opened.load(Relaxed)
    }

    /// The DSN with another password, percent-encoded.
    pub(super) fn dsn_with(&self, password: &str) -> String {
        dsn(self.address(), password, self.world.number, self.defect)
    }

    fn address(&self) -> Option<SocketAddr> {
        self.listening.as_ref().map(|listening| listening.address)
    }
}

fn dsn(address: Option<SocketAddr>, password: &str, number: u64, defect: Option<Defect>) -> String {
    let place = address.map_or("memory".to_owned(), |address| address.to_string());
    let defect = defect.map_or(String::new(), |defect| format!("?defect={}", defect.name()));
    format!("fake://probe:{password}@{place}/{number}{defect}")
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.world.end();
        self.world.sessions().values().for_each(|open| open.kill.notify_one());
    }
}

impl Listening {
    fn start(world: Arc<World>) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serve = move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener inside a runtime");
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, world) => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("fake".to_owned()).spawn(serve)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

async fn accept(listener: TcpListener, world: Arc<World>) {
    loop {
        if let Ok((client, _)) = listener.accept().await {
            tokio::spawn(server::serve(Arc::clone(&world), client));
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[async_trait]
impl Fixture for Fake {
    fn label(&self) -> String {
        format!("Fake {}{}", server::VERSION, if self.listening.is_none() { " in memory" } else { "" })
    }

    fn dsn(&self) -> String {
        self.dsn()
    }

    fn secret(&self) -> Option<String> {
        Some(PASSWORD.to_owned())
    }

    fn spellings(&self, password: &str) -> Vec<String> {
        let every_byte: String = password.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let encoded = percent_encode(password, "");
        let with = |password: &str| self.dsn_with(password);
        let parameter = if self.defect.is_some() { "&" } else { "?" };
        vec![
            with(&encoded),
            with(&every_byte),
            with(password),
            format!("{}{parameter}password={encoded}", with("other")),
            format!("{}{parameter}pasword={encoded}", with("other")),
            format!("fake:probe:{password}@nowhere"),
        ]
    }

    fn connect_phases(&self) -> Vec<Phase> {
        if self.listening.is_some() { vec![Phase::Tcp, Phase::Auth] } else { vec![Phase::Auth] }
    }

    fn network(&self) -> Option<Network> {
        let (address, number, defect) = (self.address()?, self.world.number, self.defect);
        let at = move |address| dsn(Some(address), &percent_encode(PASSWORD, ""), number, defect);
        Some(Network::new(address, at).login_round_trips(1))
    }

    fn read_only_dsn(&self) -> Option<String> {
        Some(format!("{}{}read_only=1", self.dsn(), if self.defect.is_some() { "&" } else { "?" }))
    }

    async fn facts(&self) -> Inspection {
        let mut facts = Inspection::default();
        facts.version = Some(server::VERSION.to_owned());
        facts.role = Some(Role::Primary);
        facts.connections_max = Some(World::MOST_SESSIONS as u64);
        facts.size_bytes = Some(server::SIZE);
        facts
    }

    async fn sessions(&self) -> Option<usize> {
        Some(self.open_sessions())
    }

    async fn kill_sessions(&self) -> bool {
        self.world.sessions().values().for_each(|open| open.kill.notify_one());
        true
    }

    async fn companion(&self) -> Option<Companion> {
        let number = self.world.opened.fetch_add(1, Relaxed) + 1;
        let open = Open { transaction: Some(std::time::Instant::now()), ..Open::default() };
        self.world.sessions().insert(number, Arc::new(open));
        let guard = Box::new(Leave { world: Arc::clone(&self.world), number });
        Some(Companion { user: "probe".to_owned(), application: None, is_timed: true, guard })
    }

    async fn known(&self) -> Vec<(Lookup, Option<String>)> {
        let setting = |name: &str| Lookup::Setting(name.to_owned());
        vec![
            (Lookup::Network, Some("on".to_owned())),
            (setting("mood"), Some("good".to_owned())),
            (setting("none"), None),
        ]
    }

    async fn rows(&self) -> Option<usize> {
        self.world.table().as_ref().map(|rows| rows.len())
    }

    async fn reset(&self) {
        self.world.table().take();
    }

    async fn make_stale(&self, prober: &str) -> bool {
        let mut table = self.world.table();
        let Some(row) = table.as_mut().and_then(|rows| rows.get_mut(prober)) else { return false };
        row.nonce = "older".to_owned();
        row.sequence -= 1;
        true
    }

    async fn block_writes(&self) -> Option<Guard> {
        self.world.locked.send_replace(true);
        Some(Box::new(Unlock(Arc::clone(&self.world))))
    }
}

/// Ends a session when it is dropped.
struct Leave {
    world: Arc<World>,
    number: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.world.sessions().remove(&self.number);
    }
}

/// Lets writes go on when it is dropped.
struct Unlock(Arc<World>);

impl Drop for Unlock {
    fn drop(&mut self) {
        self.0.locked.send_replace(false);
    }
}
