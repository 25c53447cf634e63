//! Single facts that a task asks a server for.

/// A fact that can be looked up on an open session, all of a list in one round trip where the engine can.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lookup {
    /// The server's clock, as RFC 3339 in UTC with microseconds where it has them.
    Clock,
    /// An extension, plug-in or module that is in force in this database: its version.
    Extension(String),
    /// Whether the server listens on a network at all: `on`, or `off` where only a Unix socket leads to it.
    Network,
    /// A proxy or pooler between this session and the server, by its name, such as `PgBouncer`.
    Proxy,
    /// A setting of the server's: its value in this session.
    Setting(String),
    /// A table or view, by its name or by `schema.name`: its full name as the server has it.
    Table(String),
}
