//! What kind of failure it is, in words that are the same for every engine.

/// The kind of a failure, the same words for every engine.
///
/// Engines derive it from native codes, never from English text where a code exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Class {
    /// The server refused the credentials.
    Auth,
    /// A certificate is not trusted, expired or made for another name.
    Certificate,
    /// The DSN, a file it names or the configuration is wrong.
    Config,
    /// The data is damaged, or is not a database.
    Corrupt,
    /// No room is left to write.
    DiskFull,
    /// The host name has no address.
    Dns,
    /// A defect of dbprobe or of a driver, for example a panic.
    Internal,
    /// Another session holds what was needed.
    Locked,
    /// The database, file or object does not exist.
    NotFound,
    /// Logged in, but not allowed to.
    Permission,
    /// The peer answered with something that is not its protocol.
    Protocol,
    /// The server did not accept the statement.
    Query,
    /// Writes are not accepted.
    ReadOnly,
    /// Nobody listens on the port.
    Refused,
    /// The connection was cut.
    Reset,
    /// The server is not the primary, or not the replica, that was expected.
    RoleMismatch,
    /// What was read is not what was written before.
    StaleRead,
    /// The server is starting, stopping or recovering.
    Starting,
    /// It works, but a limit that the user set is exceeded.
    Threshold,
    /// No answer in time.
    Timeout,
    /// TLS could not be agreed on.
    Tls,
    /// The server has no room for another session.
    Overloaded,
    /// The network has no way to the host.
    Unreachable,
    /// Well formed, but not part of this build or of this server.
    Unsupported,
}

impl Class {
    /// Every class, in the order in which they are declared.
    pub const ALL: [Self; 24] = [
        Self::Auth,
        Self::Certificate,
        Self::Config,
        Self::Corrupt,
        Self::DiskFull,
        Self::Dns,
        Self::Internal,
        Self::Locked,
        Self::NotFound,
        Self::Permission,
        Self::Protocol,
        Self::Query,
        Self::ReadOnly,
        Self::Refused,
        Self::Reset,
        Self::RoleMismatch,
        Self::StaleRead,
        Self::Starting,
        Self::Threshold,
        Self::Timeout,
        Self::Tls,
        Self::Overloaded,
        Self::Unreachable,
        Self::Unsupported,
    ];

    /// Whether waiting will not help: somebody has to change something first.
    pub fn is_permanent(self) -> bool {
        matches!(
            self,
            Self::Auth | Self::Certificate | Self::Config | Self::NotFound | Self::Permission | Self::Unsupported
        )
    }

    /// Whether the database works and only an expectation of the user is not met.
    pub fn is_expectation(self) -> bool {
        matches!(self, Self::RoleMismatch | Self::Threshold)
    }

    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Certificate => "certificate",
            Self::Config => "config",
            Self::Corrupt => "corrupt",
            Self::DiskFull => "disk_full",
            Self::Dns => "dns",
            Self::Internal => "internal",
            Self::Locked => "locked",
            Self::NotFound => "not_found",
            Self::Permission => "permission",
            Self::Protocol => "protocol",
            Self::Query => "query",
            Self::ReadOnly => "read_only",
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::RoleMismatch => "role_mismatch",
            Self::StaleRead => "stale_read",
            Self::Starting => "starting",
            Self::Threshold => "threshold",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Overloaded => "overloaded",
            Self::Unreachable => "unreachable",
            Self::Unsupported => "unsupported",
        }
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
