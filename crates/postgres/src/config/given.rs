//! The settings of one DSN, each value checked when it is read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use dbprobe_core::DsnError;

use super::{RootCertificate, SessionAttributes, SocketSettings, SslMode, TlsSettings};
use crate::uri::Setting;

/// The settings of one DSN by name. Reading a value checks it; what is not carried out is refused here.
pub(super) struct Given<'a> {
    pub(super) settings: BTreeMap<&'static str, Setting<'a>>,
}

/// Parameters that change what a connection does and that dbprobe does not carry out.
pub(super) const UNSUPPORTED: &[&str] = &[
    "require_auth",
    "replication",
    "sslkeylogfile",
    "sslpassword",
    "sslcrl",
    "sslcrldir",
    "requirepeer",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "oauth_issuer",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_scope",
];

impl<'a> Given<'a> {
    pub(super) fn new(settings: Vec<Setting<'a>>) -> Result<Self, DsnError> {
        let given = Self { settings: settings.into_iter().map(|setting| (setting.name, setting)).collect() };
        if let Some(setting) = given.settings.values().find(|setting| setting.value.contains('\0')) {
            return Err(setting.place.error("a NUL in a value"));
        }
        if let Some(name) = UNSUPPORTED.iter().find(|name| given.settings.contains_key(*name)) {
            let error = given.error(name, format!("dbprobe does not carry out the parameter `{name}`"));
            return Err(error.advise("leave it out, or check through a connection that does not need it"));
        }
        given.accepted()?;
        Ok(given)
    }

    /// Checks the parameters whose only accepted values change nothing.
    fn accepted(&self) -> Result<(), DsnError> {
        let harmless: &[(&str, &[&str])] = &[
            ("client_encoding", &["UTF8", "utf8", "UTF-8", "utf-8", "auto"]),
            ("gssencmode", &["disable", "prefer"]),
            ("sslcompression", &["0"]),
            ("sslsni", &["1"]),
            ("ssl_min_protocol_version", &["TLSv1", "TLSv1.1", "TLSv1.2"]),
            ("ssl_max_protocol_version", &["TLSv1.3"]),
            ("min_protocol_version", &["3.0"]),
            ("max_protocol_version", &["3.0", "3.2", "latest"]),
            ("gssdelegation", &["0"]),
        ];
        harmless.iter().try_for_each(|(name, allowed)| {
            let Some(setting) = self.settings.get(name) else { return Ok(()) };
            if allowed.contains(&setting.value.as_str()) {
                return Ok(());
            }
            Err(setting.place.error(format!("dbprobe carries out `{name}` only as {}", allowed.join(", "))))
        })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        // An empty text is no text, as in libpq. An empty word or number is a wrong one, there and here.
        self.settings.get(name).map(|setting| setting.value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        self.text(name).map(|text| text.split(',').collect()).unwrap_or_default()
    }

    pub(super) fn error(&self, name: &str, message: impl Into<String>) -> DsnError {
        match self.settings.get(name) {
            Some(setting) => setting.place.error(message),
            None => DsnError::new(message),
        }
    }

    pub(super) fn one_of(
        &self,
        name: &'static str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, DsnError> {
        let Some(setting) = self.settings.get(name) else { return Ok(None) };
        let found = allowed.iter().find(|word| **word == setting.value);
        found.map(|word| Some(*word)).ok_or_else(|| setting.place.not_one_of(name, allowed))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, DsnError> {
        let Some(setting) = self.settings.get(name) else { return Ok(None) };
        let error = |_| setting.place.error(format!("{name} is not a whole number"));
        setting.value.trim().parse().map(Some).map_err(error)
    }

    fn seconds(&self, name: &str) -> Result<Option<Duration>, DsnError> {
        Ok(self.number::<u64>(name)?.filter(|seconds| *seconds > 0).map(Duration::from_secs))
    }

    /// Zero and negative numbers are "no limit", as in libpq.
    pub(super) fn connect_timeout(&self) -> Result<Option<Duration>, DsnError> {
        let seconds = self.number::<i64>("connect_timeout")?;
        Ok(seconds
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs))
    }

    pub(super) fn tls(&self) -> Result<TlsSettings, DsnError> {
        const WORDS: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
        let required = self.one_of("requiressl", &["0", "1"])? == Some("1");
        let mode = match self.one_of("sslmode", &WORDS)? {
            Some("disable") => SslMode::Disable,
            Some("allow") => SslMode::Allow,
            Some("require") => SslMode::Require,
            Some("verify-ca") => SslMode::VerifyCa,
            Some("verify-full") => SslMode::VerifyFull,
            None if required => SslMode::Require,
            _ => SslMode::Prefer,
        };
        let direct = self.one_of("sslnegotiation", &["postgres", "direct"])? == Some("direct");
        if direct && mode < SslMode::Require {
            let error = self.error("sslnegotiation", "sslnegotiation=direct needs sslmode=require or stronger");
            return Err(error.advise("an old server cannot be asked whether it speaks TLS that way"));
        }
        let root = match self.text("sslrootcert") {
            None => RootCertificate::Default,
            Some("system") => RootCertificate::System,
            Some(path) => RootCertificate::File(PathBuf::from(path)),
        };
        // libpq: trust in the whole world's authorities is worth something only with the name checked.
        if root == RootCertificate::System && mode < SslMode::VerifyFull && self.settings.contains_key("sslmode") {
            return Err(self.error("sslrootcert", "sslrootcert=system needs sslmode=verify-full"));
        }
        let mode = if root == RootCertificate::System { SslMode::VerifyFull } else { mode };
        Ok(TlsSettings {
            mode,
            root,
            certificate: self.text("sslcert").map(PathBuf::from),
            key: self.text("sslkey").map(PathBuf::from),
            anonymous: self.one_of("sslcertmode", &["allow", "disable"])? == Some("disable"),
            direct,
        })
    }

    pub(super) fn channel_binding(&self) -> Result<tokio_postgres::config::ChannelBinding, DsnError> {
        use tokio_postgres::config::ChannelBinding;
        Ok(match self.one_of("channel_binding", &["disable", "prefer", "require"])? {
            Some("disable") => ChannelBinding::Disable,
            Some("require") => ChannelBinding::Require,
            _ => ChannelBinding::Prefer,
        })
    }

    pub(super) fn session(&self) -> Result<SessionAttributes, DsnError> {
        const WORDS: [&str; 6] = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"];
        Ok(match self.one_of("target_session_attrs", &WORDS)? {
            Some("read-write") => SessionAttributes::ReadWrite,
            Some("read-only") => SessionAttributes::ReadOnly,
            Some("primary") => SessionAttributes::Primary,
            Some("standby") => SessionAttributes::Standby,
            Some("prefer-standby") => SessionAttributes::PreferStandby,
            _ => SessionAttributes::Any,
        })
    }

    pub(super) fn socket(&self) -> Result<SocketSettings, DsnError> {
        Ok(SocketSettings {
            keepalives_off: self.one_of("keepalives", &["0", "1"])? == Some("0"),
            idle: self.seconds("keepalives_idle")?,
            interval: self.seconds("keepalives_interval")?,
            count: self.number::<u32>("keepalives_count")?.filter(|count| *count > 0),
            user_timeout: self.number::<u64>("tcp_user_timeout")?.filter(|ms| *ms > 0).map(Duration::from_millis),
        })
    }
}
