//! What the fake's server knows: its sessions, its health table, and what it is told to do.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dbprobe_core::{Class, Phase};
use tokio::sync::{Notify, watch};

/// What the server does in a step instead of answering at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It answers as usual.
    Answer,
    /// It answers so much later.
    Delay(Duration),
    /// It refuses, with a class, a code and a message.
    Fail(Class, String, String),
    /// It never answers, until it is asked to stop.
    Hang,
    /// The driver panics.
    Panic,
}

/// The server's state.
pub(super) struct World {
    pub(super) number: u64,
    pub(super) password: Mutex<String>,
    table: Mutex<Option<BTreeMap<String, Row>>>,
    sessions: Mutex<HashMap<u64, Arc<Open>>>,
    pub(super) opened: AtomicU64,
    script: Mutex<BTreeMap<Phase, VecDeque<Act>>>,
    /// Whether writes wait.
    pub(super) locked: watch::Sender<bool>,
}

/// One prober's row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) nonce: String,
    pub(super) sequence: u64,
}

/// How an open session is told to stop.
#[derive(Default)]
pub(super) struct Open {
    /// Since when it has an open transaction.
    pub(super) transaction: Option<std::time::Instant>,
    pub(super) cancel: Notify,
    pub(super) kill: Notify,
}

static WORLDS: LazyLock<Mutex<HashMap<u64, Arc<World>>>> = LazyLock::new(Mutex::default);

impl World {
    /// The most sessions that the server takes.
    pub(super) const MOST_SESSIONS: usize = 100;

    /// A new world, which [`World::find`] finds until it ends.
    pub(super) fn new(password: &str) -> Arc<Self> {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let world = Arc::new(Self {
            number: NUMBERS.fetch_add(1, Relaxed),
            password: Mutex::new(password.to_owned()),
            table: Mutex::default(),
            sessions: Mutex::default(),
            opened: AtomicU64::new(0),
            script: Mutex::default(),
            locked: watch::Sender::new(false),
        });
        lock(&WORLDS).insert(world.number, Arc::clone(&world));
        world
    }

    pub(super) fn find(number: &str) -> Option<Arc<Self>> {
        lock(&WORLDS).get(&number.parse().ok()?).cloned()
    }

    pub(super) fn end(&self) {
        lock(&WORLDS).remove(&self.number);
    }

    pub(super) fn table(&self) -> MutexGuard<'_, Option<BTreeMap<String, Row>>> {
        lock(&self.table)
    }

    pub(super) fn sessions(&self) -> MutexGuard<'_, HashMap<u64, Arc<Open>>> {
        lock(&self.sessions)
    }

    pub(super) fn script(&self) -> MutexGuard<'_, BTreeMap<Phase, VecDeque<Act>>> {
        lock(&self.script)
    }

    /// What is to be done in the next step of `phase`.
    pub(super) fn act(&self, phase: Phase) -> Act {
        self.script().get_mut(&phase).and_then(VecDeque::pop_front).unwrap_or(Act::Answer)
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
