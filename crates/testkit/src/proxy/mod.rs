//! A TCP proxy that does to a connection what networks and servers do to it.
//!
//! It stands between an engine and its server in the same process, so that a test can say when the trouble begins.

mod connection;
mod counts;
mod mode;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use counts::Counts;
use counts::Ledger;
use mode::Force;
pub use mode::{Direction, Mode};
use socket::Door;
pub use socket::Upstream;

/// A proxy on a port of 127.0.0.1 that the system chose, in front of one upstream.
///
/// It lives on a thread and a runtime of its own, so that its tasks are never counted as an engine's. Dropping it closes
/// the port and every connection, and ends every task and the thread before `drop` returns.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    ledger: Arc<Ledger>,
    orders: Option<mpsc::UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

/// What the proxy is told to do, and how it says that it is done.
#[derive(Debug)]
struct Order {
    mode: Mode,
    done: Sender<()>,
}

impl Proxy {
    /// Starts a proxy in front of `upstream`, which is not contacted before the first client comes.
    ///
    /// # Errors
    /// When no port can be opened or no thread started.
    pub fn start(upstream: impl Into<Upstream>) -> io::Result<Self> {
        let upstream = upstream.into();
        let door = Door::bind()?;
        let address = door.address();
        let ledger = Arc::new(Ledger::default());
        let (orders, inbox) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let house = House { upstream: Arc::new(upstream), ledger: Arc::clone(&ledger) };
        let serve = move || runtime.block_on(house.serve(door, inbox));
        let thread = std::thread::Builder::new().name("proxy".to_owned()).spawn(serve)?;
        Ok(Self { address, ledger, orders: Some(orders), thread: Some(thread) })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Switches to `mode`. It is in force when this returns; [`Mode`] says for which connections.
    pub fn set(&self, mode: Mode) {
        let (done, wait) = channel();
        let sent = self.orders.as_ref().is_some_and(|orders| orders.send(Order { mode, done }).is_ok());
        assert!(sent && wait.recv().is_ok(), "the proxy's thread has ended");
    }

    /// What went through so far.
    pub fn snapshot(&self) -> Counts {
        self.ledger.read()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.orders.take();
        if let Some(thread) = self.thread.take() {
            // A panic of its thread was printed there; a second one here would abort the process.
            let _ = thread.join();
        }
    }
}

/// What every connection needs.
#[derive(Clone, Debug)]
struct House {
    upstream: Arc<Upstream>,
    ledger: Arc<Ledger>,
}

impl House {
    /// Takes clients and orders until the proxy is dropped.
    async fn serve(self, mut door: Door, mut inbox: mpsc::UnboundedReceiver<Order>) {
        let (force, _) = watch::channel(Force::default());
        let mut clients = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                order = inbox.recv() => {
                    let Some(order) = order else { return };
                    door.set_open(!matches!(order.mode, Mode::Refuse));
                    force.send_modify(|force| force.take(order.mode));
                    let _ = order.done.send(());
                }
                client = door.accept() => {
                    clients.spawn(connection::serve(self.clone(), client, force.subscribe()));
                }
                Some(_) = clients.join_next() => {}
            }
        }
    }
}
