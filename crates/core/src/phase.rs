//! The stages of one probe, in time order.

/// A stage of one probe. Variants stand in time order, and `Ord` follows it.
///
/// An engine whose driver cannot separate some of them reports the joined one under the name of the last.
// Exhaustive on purpose: the ten words are a promise of the report schema, a further one is a new schema version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Phase {
    /// Reading the DSN and everything it refers to; nothing was sent.
    Configure,
    /// Host name to addresses.
    Resolve,
    /// The transport connection (for a Unix socket, that).
    Tcp,
    /// The TLS negotiation, with the request for it where the protocol has one.
    Tls,
    /// Login: from the first message of the database's protocol to its "ready".
    Auth,
    /// One round trip on the session.
    Ping,
    /// The write proof.
    Write,
    /// The read, of what was written where something was.
    Read,
    /// Facts about the server.
    Inspect,
    /// The goodbye.
    Close,
}

impl Phase {
    /// Every phase in time order.
    pub const ALL: [Self; 10] = [
        Self::Configure,
        Self::Resolve,
        Self::Tcp,
        Self::Tls,
        Self::Auth,
        Self::Ping,
        Self::Write,
        Self::Read,
        Self::Inspect,
        Self::Close,
    ];

    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Ping => "ping",
            Self::Write => "write",
            Self::Read => "read",
            Self::Inspect => "inspect",
            Self::Close => "close",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
