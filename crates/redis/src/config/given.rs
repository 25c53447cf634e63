//! The parameters of one DSN, under the names that the field's clients have for them.

use std::path::PathBuf;

use dbprobe_core::{DsnError, Piece};

/// A setting, and how the clients spell it; the first spelling is `redis-cli`'s where that has one.
///
/// Sources: `redis-cli --help`; redis-py's `from_url`; go-redis' `ParseURL`; Lettuce's `RedisURI`; the Rust client.
const NAMES: &[(Name, &[&str])] = &[
    (Name::CheckHostname, &["ssl_check_hostname"]),
    (Name::Session, &["client_name", "clientName"]),
    (Name::Database, &["db", "database"]),
    (Name::Insecure, &["insecure", "skip_verify"]),
    (Name::Password, &["password", "pass"]),
    (Name::Protocol, &["protocol"]),
    (Name::Sni, &["sni"]),
    (Name::TlsAuthority, &["cacert", "ssl_ca_certs", "ssl-ca", "tls_ca"]),
    (Name::TlsCertificate, &["cert", "ssl_certfile"]),
    (Name::TlsKey, &["key", "ssl_keyfile"]),
    (Name::User, &["user", "username"]),
    (Name::VerifyPeer, &["verifyPeer"]),
    (Name::VerifyRequirement, &["ssl_cert_reqs"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    CheckHostname,
    Session,
    Database,
    Insecure,
    Password,
    Protocol,
    Sni,
    TlsAuthority,
    TlsCertificate,
    TlsKey,
    User,
    VerifyPeer,
    VerifyRequirement,
}

impl Name {
    /// The spelling under which it is shown.
    pub(super) fn shown(self) -> &'static str {
        NAMES.iter().find(|(name, _)| *name == self).and_then(|(_, spellings)| spellings.first()).copied().unwrap_or("")
    }

    /// Whether it says something of TLS, which only some schemes have.
    pub(super) fn is_tls(self) -> bool {
        use Name::*;
        matches!(
            self,
            CheckHostname | Insecure | Sni | TlsAuthority | TlsCertificate | TlsKey | VerifyPeer | VerifyRequirement
        )
    }
}

/// One parameter, decoded, with the places of its name and its value.
pub(super) struct Setting<'a> {
    pub(super) name: Name,
    pub(super) value: String,
    written: Piece<'a>,
    place: Piece<'a>,
}

/// The parameters of one DSN.
pub(super) struct Given<'a>(pub(super) Vec<Setting<'a>>);

impl<'a> Given<'a> {
    /// Reads names and values; each setting may be given once, in one spelling.
    pub(super) fn new(parameters: &[(Piece<'a>, Piece<'a>)]) -> Result<Self, DsnError> {
        let known: Vec<&str> = NAMES.iter().flat_map(|(_, spellings)| spellings.iter().copied()).collect();
        let mut settings: Vec<Setting<'a>> = Vec::new();
        for (written, place) in parameters {
            let found = NAMES.iter().find(|(_, spellings)| spellings.contains(&written.as_str()));
            let (name, _) = *found.ok_or_else(|| written.unknown_parameter(&known))?;
            if settings.iter().any(|setting| setting.name == name) {
                return Err(written.error(format!("`{}` is given twice", name.shown())));
            }
            let value = place.decode()?;
            if value.is_empty() {
                return Err(written.error(format!("`{}` has no value", name.shown())));
            }
            settings.push(Setting { name, value, written: *written, place: *place });
        }
        Ok(Self(settings))
    }

    fn setting(&self, name: Name) -> Option<&Setting<'a>> {
        self.0.iter().find(|setting| setting.name == name)
    }

    pub(super) fn text(&self, name: Name) -> Option<&str> {
        self.setting(name).map(|setting| setting.value.as_str())
    }

    pub(super) fn path(&self, name: Name) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    /// The value of `name`, which must be one of `allowed`.
    pub(super) fn one_of(&self, name: Name, allowed: &[&'static str]) -> Result<Option<&'static str>, DsnError> {
        let Some(setting) = self.setting(name) else { return Ok(None) };
        let found = allowed.iter().find(|word| setting.value.eq_ignore_ascii_case(word));
        found.copied().map(Some).ok_or_else(|| setting.place.not_one_of(setting.written.as_str(), allowed))
    }

    pub(super) fn flag(&self, name: Name) -> Result<Option<bool>, DsnError> {
        let word = self.one_of(name, &["true", "false", "1", "0", "yes", "no"])?;
        Ok(word.map(|word| matches!(word, "true" | "1" | "yes")))
    }

    /// The first parameter that is about TLS.
    pub(super) fn about_tls(&self) -> Option<Piece<'a>> {
        self.0.iter().find(|setting| setting.name.is_tls()).map(|setting| setting.written)
    }

    /// Where `name` was written.
    pub(super) fn written(&self, name: Name) -> Option<Piece<'a>> {
        self.setting(name).map(|setting| setting.written)
    }

    /// Where its value stands.
    pub(super) fn place(&self, name: Name) -> Option<Piece<'a>> {
        self.setting(name).map(|setting| setting.place)
    }
}
