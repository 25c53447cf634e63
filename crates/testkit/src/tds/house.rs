//! What the sessions of a peer share: its settings, and who is there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::database::{Database, SessionContext};
use super::reply::ServerError;
use super::settings::{Damage, Fault, Settings, Stage};
use super::tls::Tls;

/// The first number that SQL Server gives to a user's session.
const FIRST_SESSION: u64 = 51;

/// What is to become of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    GoOn,
    Close,
    Reset,
}

pub(super) struct House {
    pub(super) settings: Settings,
    pub(super) tls: Option<Tls>,
    pub(super) database: Arc<dyn Database>,
    /// Whether everything stands still.
    pub(super) paused: watch::Sender<bool>,
    /// Moves with each connection that ends.
    ended: watch::Sender<()>,
    books: Mutex<Books>,
}

struct Books {
    fault: Option<Fault>,
    max_sessions: Option<usize>,
    last: u64,
    connections: BTreeMap<u64, Entry>,
}

struct Entry {
    order: watch::Sender<Order>,
    session: Option<SessionContext>,
}

impl House {
    pub(super) fn new(settings: Settings, tls: Option<Tls>, database: Arc<dyn Database>) -> Self {
        let books = Books {
            fault: settings.fault.clone(),
            max_sessions: settings.max_sessions,
            last: FIRST_SESSION - 1,
            connections: BTreeMap::new(),
        };
        let (paused, ended) = (watch::Sender::new(false), watch::Sender::new(()));
        Self { settings, tls, database, paused, ended, books: Mutex::new(books) }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong at this stage, now.
    pub(super) fn damage(&self, stage: Stage) -> Option<Damage> {
        self.books().fault.as_ref().filter(|fault| fault.stage == stage).map(|fault| fault.damage.clone())
    }

    pub(super) fn set_fault(&self, fault: Option<Fault>) {
        self.books().fault = fault;
    }

    pub(super) fn set_max_sessions(&self, count: Option<usize>) {
        self.books().max_sessions = count;
    }

    pub(super) fn connections(&self) -> usize {
        self.books().connections.len()
    }

    pub(super) fn sessions(&self) -> Vec<SessionContext> {
        self.books().connections.values().filter_map(|entry| entry.session.clone()).collect()
    }

    /// Gives `order` to the connections that `which` chooses, by their session if they have one, and waits until they
    /// are over. Returns how many there were.
    pub(super) async fn end(&self, order: Order, which: impl Fn(Option<&SessionContext>) -> bool) -> usize {
        let mut ended = self.ended.subscribe();
        let chosen: Vec<u64> = {
            let books = self.books();
            let chosen = books.connections.iter().filter(|(_, entry)| which(entry.session.as_ref()));
            chosen
                .map(|(id, entry)| {
                    entry.order.send_replace(order);
                    *id
                })
                .collect()
        };
        while chosen.iter().any(|id| self.books().connections.contains_key(id)) {
            if ended.changed().await.is_err() {
                break;
            }
        }
        chosen.len()
    }
}

/// A connection in the books, for as long as this lives.
pub(super) struct Place {
    pub(super) house: Arc<House>,
    pub(super) id: u64,
}

impl Place {
    /// Enters a new connection, and what it is to obey.
    pub(super) fn enter(house: &Arc<House>) -> (Self, watch::Receiver<Order>) {
        let (order, orders) = watch::channel(Order::GoOn);
        let mut books = house.books();
        books.last += 1;
        let id = books.last;
        books.connections.insert(id, Entry { order, session: None });
        (Self { house: Arc::clone(house), id }, orders)
    }

    /// Whether there is room for one more session: error 17809 where there is none.
    pub(super) fn room(&self) -> Result<(), ServerError> {
        room(&self.house.books())
    }

    /// Lets a session in.
    pub(super) fn log_in(&self, session: SessionContext) -> Result<Session, ServerError> {
        let mut books = self.house.books();
        room(&books)?;
        if let Some(entry) = books.connections.get_mut(&self.id) {
            entry.session = Some(session.clone());
        }
        drop(books);
        self.house.database.began(&session);
        Ok(Session { house: Arc::clone(&self.house), context: session })
    }
}

fn room(books: &Books) -> Result<(), ServerError> {
    let taken = books.connections.values().filter(|entry| entry.session.is_some()).count();
    match books.max_sessions {
        Some(most) if taken >= most => Err(ServerError::new(
            17809,
            20,
            format!(
                "Could not connect because the maximum number of '{most}' user connections has already been reached. \
                 The system administrator can use sp_configure to increase the maximum value. The connection has been closed."
            ),
        )),
        _ => Ok(()),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.house.books().connections.remove(&self.id);
        self.house.ended.send_replace(());
    }
}

/// A session that is logged in, for as long as this lives.
pub(super) struct Session {
    pub(super) house: Arc<House>,
    pub(super) context: SessionContext,
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(entry) = self.house.books().connections.get_mut(&self.context.id) {
            entry.session = None;
        }
        self.house.database.ended(&self.context);
    }
}
