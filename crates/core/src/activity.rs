//! Who else is connected to a server, as the server lists it.

use std::time::Duration;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ActivityState {
    /// It carries out a statement.
    Active,
    /// It waits for the next statement, outside of a transaction.
    Idle,
    /// It waits for the next statement inside a transaction, whose locks and row versions it keeps.
    IdleInTransaction,
    /// The server does not show it to this role, or has another word for it.
    #[default]
    Unknown,
}

impl ActivityState {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::IdleInTransaction => "idle_in_transaction",
            Self::Unknown => "unknown",
        }
    }
}

/// One client connection of a server. The text of its statement is never part of it: it may hold secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    /// The number by which the server's administrator can find or end it.
    pub id: String,
    /// Who is logged in.
    pub user: Option<String>,
    /// What the client calls itself.
    pub application: Option<String>,
    /// The database it is connected to.
    pub database: Option<String>,
    /// Where the client is, without its port; `None` also for a Unix socket.
    pub address: Option<String>,
    /// What it is doing.
    pub state: ActivityState,
    /// How long it has been connected.
    pub age: Option<Duration>,
    /// How long it has been in its state.
    pub in_state: Option<Duration>,
    /// How long its transaction has been open.
    pub in_transaction: Option<Duration>,
    /// What it waits for, in the server's words, such as `Lock: relation`. A wait for its own client is none.
    pub waits_for: Option<String>,
    /// The numbers of those that hold what it waits for.
    pub blocked_by: Vec<String>,
    /// Whether it is the connection that asked.
    pub is_own: bool,
}

/// The client connections of a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activities {
    /// Those that this role may see, at most [`Activities::MOST`].
    pub list: Vec<Activity>,
    /// What keeps the list from being whole, and what to do about it: a privilege that this role does not have.
    pub hidden: Option<String>,
}

impl Activities {
    /// A list is cut after so many connections; more would not help anybody who reads it.
    pub const MOST: usize = 10_000;
}
