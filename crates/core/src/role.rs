//! Whether a server takes writes or follows another one.

/// What a server says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Role {
    /// It takes writes; a server without replicas is one, too.
    Primary,
    /// It follows a primary (PostgreSQL: a standby).
    Replica,
}

impl Role {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which role the user wants to see.
// Exhaustive on purpose: it mirrors `Role`, and `any` is its absence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ExpectedRole {
    /// Either is fine.
    #[default]
    Any,
    /// Only a primary.
    Primary,
    /// Only a replica.
    Replica,
}

impl ExpectedRole {
    /// Whether `role` is what was wanted. A role that the server does not tell fits nothing but [`ExpectedRole::Any`].
    pub fn accepts(self, role: Option<Role>) -> bool {
        match self {
            Self::Any => true,
            Self::Primary => role == Some(Role::Primary),
            Self::Replica => role == Some(Role::Replica),
        }
    }

    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}
