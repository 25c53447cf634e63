//! The peer itself: a port, and the sessions behind it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::connection::Over;
use super::database::{Database, SessionContext};
use super::house::{House, Order, Place};
use super::session;
use super::settings::{Encryption, Fault, Settings};
use super::tls::{Tls, own_identity};

/// Clients that the kernel keeps waiting, as SQL Server lets it.
const BACKLOG: u32 = 128;

/// Connections beyond this are closed at once: no test has so many.
const MOST_CONNECTIONS: usize = 10_000;

/// A server that runs for as long as this lives, on the runtime that started it.
///
/// Dropping it closes its port and all its connections, as soon as the runtime has seen it.
pub struct Peer {
    address: SocketAddr,
    certificate: String,
    house: Arc<House>,
    port: Mutex<Port>,
}

/// The port, in use or just kept.
enum Port {
    Up(JoinHandle<()>),
    /// Bound, but not listened on: a client is refused, and nobody else gets it.
    Down(TcpSocket),
    /// On the way from one to the other.
    Changing,
}

impl Peer {
    /// Listens.
    ///
    /// # Panics
    ///
    /// When the port cannot be had, or the certificate and its key are none.
    pub async fn start(settings: Settings, database: Arc<dyn Database>) -> Self {
        let socket = bind(settings.listen).expect("a port to listen on");
        let address = socket.local_addr().expect("the address of a bound socket");
        let (tls, certificate) = match settings.encryption {
            Encryption::NotSupported => (None, String::new()),
            _ => {
                let identity = settings.identity.clone().unwrap_or_else(own_identity);
                (Some(Tls::new(&identity)), identity.chain)
            }
        };
        let house = Arc::new(House::new(settings, tls, database));
        let listener = socket.listen(BACKLOG).expect("a listening socket");
        let port = Mutex::new(Port::Up(tokio::spawn(listen(Arc::clone(&house), listener))));
        Self { address, certificate, house, port }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that it shows, with those above it, as PEM; empty without encryption. Where the peer made it
    /// itself, a client that trusts it may verify it.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The sessions that are logged in, in the order of their numbers.
    pub fn sessions(&self) -> Vec<SessionContext> {
        self.house.sessions()
    }

    /// How many sessions of this application are logged in.
    pub fn sessions_of(&self, application: &str) -> usize {
        self.sessions().iter().filter(|session| session.login.application == application).count()
    }

    /// Connections in all, logged in or not.
    pub fn connections(&self) -> usize {
        self.house.connections()
    }

    /// Ends the sessions that `which` chooses, as `KILL` does: rolled back, the connection closed. Returns how many
    /// there were, and only when they are over.
    pub async fn kill_sessions(&self, which: impl Fn(&SessionContext) -> bool) -> usize {
        self.house.end(Order::Close, |session| session.is_some_and(&which)).await
    }

    /// As [`Peer::kill_sessions`], by a reset of the connection.
    pub async fn reset_sessions(&self, which: impl Fn(&SessionContext) -> bool) -> usize {
        self.house.end(Order::Reset, |session| session.is_some_and(&which)).await
    }

    /// Does from now on what `fault` says, wherever a connection comes to its stage; nothing for `None`.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.house.set_fault(fault);
    }

    /// How many sessions it lets in from now on; those that are there stay.
    pub fn set_max_sessions(&self, count: Option<usize>) {
        self.house.set_max_sessions(count);
    }

    /// Stands still as a stopped process does: the kernel goes on accepting connections, and nothing answers.
    pub fn pause(&self) {
        self.house.paused.send_replace(true);
    }

    /// Goes on.
    pub fn resume(&self) {
        self.house.paused.send_replace(false);
    }

    /// Closes the port and resets every connection, as a killed process does. Nobody else gets the port.
    ///
    /// # Panics
    ///
    /// When the port cannot be kept.
    pub async fn down(&self) {
        let Port::Up(listener) = self.exchange(Port::Changing) else { return };
        // Resets are sent while the connections' tasks are still there.
        self.house.end(Order::Reset, |_| true).await;
        listener.abort();
        let _ = listener.await;
        self.exchange(Port::Down(bind(self.address).expect("the same port")));
    }

    /// Listens again, on the same port.
    ///
    /// # Panics
    ///
    /// When it cannot.
    pub async fn up(&self) {
        if let Port::Down(socket) = self.exchange(Port::Changing) {
            let listener = socket.listen(BACKLOG).expect("a listening socket");
            self.exchange(Port::Up(tokio::spawn(listen(Arc::clone(&self.house), listener))));
        }
    }

    fn exchange(&self, port: Port) -> Port {
        std::mem::replace(&mut *self.port.lock().unwrap_or_else(PoisonError::into_inner), port)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The connections' tasks belong to the listener's.
        if let Port::Up(listener) = self.exchange(Port::Changing) {
            listener.abort();
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn listen(house: Arc<House>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = while_running(house.paused.subscribe(), listener.accept());
        tokio::select! {
            accepted = accepted => if let Ok((tcp, client)) = accepted && connections.len() < MOST_CONNECTIONS {
                // Entered here, so that a client that is connected is counted.
                let (place, orders) = Place::enter(&house);
                connections.spawn(connection(place, orders, tcp, client));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(place: Place, mut orders: watch::Receiver<Order>, tcp: TcpStream, client: SocketAddr) {
    let _ = tcp.set_nodelay(true);
    let tcp = Arc::new(tcp);
    let served = while_running(place.house.paused.subscribe(), session::serve(&place, Arc::clone(&tcp), client));
    let reset = tokio::select! {
        biased;
        order = orders.wait_for(|order| *order != Order::GoOn) => order.is_ok_and(|order| *order == Order::Reset),
        over = served => matches!(over, Over::Reset),
    };
    if reset {
        // Closing without linger time is a RST.
        let _ = tcp.set_zero_linger();
    }
    drop(tcp);
    drop(place);
}

/// `work`, which stands still while the peer is paused.
async fn while_running<F: Future>(mut paused: watch::Receiver<bool>, work: F) -> F::Output {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            () = until(&mut paused, true) => {}
            done = &mut work => return done,
        }
        until(&mut paused, false).await;
    }
}

/// Returns when the peer is paused, or is not; never when there is no peer any more, since its tasks end with it.
async fn until(paused: &mut watch::Receiver<bool>, wanted: bool) {
    if paused.wait_for(|paused| *paused == wanted).await.is_err() {
        std::future::pending().await
    }
}
