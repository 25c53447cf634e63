//! One connection through a proxy.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::House;
use super::counts::Ledger;
use super::mode::{Direction, Force, Mode};

/// Chunks under way in one direction; beyond it the sender waits, as it does on a full window.
const WINDOW: usize = 1024;

/// Serves one client until one side goes, or the mode cuts it.
pub(super) async fn serve(house: House, mut client: TcpStream, force: watch::Receiver<Force>) {
    let _open = Open::new(&house.ledger);
    let _ = client.set_nodelay(true);
    let cut = until_reset(force.clone());
    let first = force.borrow().mode.clone();
    let served = async {
        match first {
            Mode::Reset => pending().await,
            Mode::Swallow => swallow(&house.ledger, &mut client).await,
            Mode::Garbage(answer) => garbage(&house.ledger, &mut client, &answer).await,
            _ => forward(&house, &mut client, force, &first).await,
        }
    };
    tokio::select! {
        biased;
        () = cut => {
            // Closing with unsent or unread bytes and no linger time is a RST.
            let _ = client.set_zero_linger();
        }
        _ = served => {}
    }
}

/// Counts a connection as open for as long as it lives.
struct Open(Arc<Ledger>);

impl Open {
    fn new(ledger: &Arc<Ledger>) -> Self {
        ledger.connections.fetch_add(1, Relaxed);
        ledger.open.fetch_add(1, Relaxed);
        Self(Arc::clone(ledger))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

async fn until_reset(mut force: watch::Receiver<Force>) {
    let before = force.borrow().resets;
    if force.wait_for(|force| force.mode == Mode::Reset || force.resets > before).await.is_err() {
        pending().await
    }
}

async fn swallow(ledger: &Ledger, client: &mut TcpStream) -> io::Result<()> {
    let turn = Turn::default();
    let mut chunk = [0; 4096];
    loop {
        match client.read(&mut chunk).await? {
            0 => return Ok(()),
            count => turn.client_sent(ledger, count),
        }
    }
}

async fn garbage(ledger: &Ledger, client: &mut TcpStream, answer: &[u8]) -> io::Result<()> {
    let turn = Turn::default();
    let mut chunk = [0; 4096];
    let count = client.read(&mut chunk).await?;
    turn.client_sent(ledger, count);
    client.write_all(answer).await?;
    turn.server_sent(ledger, answer.len());
    swallow(ledger, client).await
}

async fn forward(house: &House, client: &mut TcpStream, force: watch::Receiver<Force>, first: &Mode) -> io::Result<()> {
    let server = house.upstream.connect().await?;
    let (from_server, to_server) = tokio::io::split(server);
    let (from_client, to_client) = client.split();
    let turn = Turn::default();
    let allowance = |direction| match first {
        Mode::Cut { direction: counted, after } if *counted == direction => Some(*after),
        _ => None,
    };
    let way = |direction| Way {
        direction,
        ledger: &house.ledger,
        turn: &turn,
        force: force.clone(),
        left: allowance(direction),
    };
    // Each direction ends by itself, as TCP has it: what is still under way in the other one arrives.
    tokio::try_join!(
        way(Direction::ToServer).carry(from_client, to_server),
        way(Direction::ToClient).carry(from_server, to_client)
    )?;
    Ok(())
}

/// Whose turn it was last, to count round trips.
#[derive(Default)]
struct Turn {
    /// Whether the client sent last.
    client_last: AtomicBool,
}

impl Turn {
    fn client_sent(&self, ledger: &Ledger, count: usize) {
        if count > 0 {
            ledger.bytes_to_server.fetch_add(count as u64, Relaxed);
            if !self.client_last.swap(true, Relaxed) {
                ledger.round_trips.fetch_add(1, Relaxed);
            }
        }
    }

    fn server_sent(&self, ledger: &Ledger, count: usize) {
        if count > 0 {
            ledger.bytes_to_client.fetch_add(count as u64, Relaxed);
            self.client_last.store(false, Relaxed);
        }
    }
}

/// One direction of one connection.
struct Way<'a> {
    direction: Direction,
    ledger: &'a Ledger,
    turn: &'a Turn,
    force: watch::Receiver<Force>,
    /// How many bytes may still pass; `None` for any number.
    left: Option<u64>,
}

impl Way<'_> {
    /// Carries bytes until one side closes. A delay holds each chunk by its own clock, so that it delays and does not
    /// throttle.
    async fn carry(mut self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
        let (queue, mut waiting) = mpsc::channel::<(Instant, Vec<u8>)>(WINDOW);
        let mut force = self.force.clone();
        let read = async {
            let mut chunk = vec![0; 16 * 1024];
            loop {
                let count = from.read(&mut chunk).await?;
                match self.direction {
                    Direction::ToServer => self.turn.client_sent(self.ledger, count),
                    Direction::ToClient => self.turn.server_sent(self.ledger, count),
                }
                let passing = self.pass(count);
                if passing > 0 && queue.send((Instant::now(), chunk[..passing].to_vec())).await.is_err() {
                    return Ok(());
                }
                if count == 0 || passing < count || self.left == Some(0) {
                    drop(queue);
                    return io::Result::Ok(());
                }
            }
        };
        let write = async {
            while let Some((at, chunk)) = waiting.recv().await {
                sleep_until(at + until_due(&mut force).await).await;
                // The mode may have changed during the sleep.
                until_due(&mut force).await;
                to.write_all(&chunk).await?;
                to.flush().await?;
            }
            // The end comes after what was sent before it; a connection that is held back does not end either.
            until_due(&mut force).await;
            to.shutdown().await
        };
        tokio::try_join!(read, write)?;
        match self.left {
            Some(0) => Err(io::ErrorKind::ConnectionAborted.into()),
            _ => Ok(()),
        }
    }

    /// How many of `count` bytes may pass.
    fn pass(&mut self, count: usize) -> usize {
        let Some(left) = &mut self.left else { return count };
        let passing = (*left).min(count as u64);
        *left -= passing;
        usize::try_from(passing).unwrap_or(count)
    }
}

/// Waits until something may pass, and says how long after it came.
async fn until_due(force: &mut watch::Receiver<Force>) -> Duration {
    let now = force.wait_for(|force| force.mode != Mode::Blackhole).await.map(|force| force.mode.clone());
    match now {
        Ok(Mode::Delay(delay)) => delay,
        Ok(_) => Duration::ZERO,
        Err(_) => pending().await,
    }
}
