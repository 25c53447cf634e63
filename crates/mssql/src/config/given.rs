//! The settings of one DSN, each value checked when it is read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use dbprobe_core::DsnError;

use super::{Encrypt, TlsSettings};
use crate::uri::Setting;

/// The settings of one DSN by name. Reading a value checks it; what is not carried out is refused here.
pub(super) struct Given<'a> {
    pub(super) settings: BTreeMap<&'static str, Setting<'a>>,
}

/// Parameters that change what a connection does and that dbprobe does not carry out.
const UNSUPPORTED: &[&str] =
    &["authenticator", "change password", "failoverpartner", "failoverport", "fedauth", "pipe", "ServerSPN"];

/// Parameters of which only some values leave everything as it is. Those of a driver's own conduct, such as `log`,
/// change nothing here.
const HARMLESS: &[(&str, &[&str])] = &[
    ("columnencryption", &["false", "0", "disabled"]),
    ("epa enabled", &["false", "0"]),
    ("protocol", &["tcp"]),
    ("tlsmin", &["1.0", "1.1", "1.2"]),
];

impl<'a> Given<'a> {
    pub(super) fn new(settings: Vec<Setting<'a>>) -> Result<Self, DsnError> {
        let given = Self { settings: settings.into_iter().map(|setting| (setting.name, setting)).collect() };
        if let Some(setting) = given.settings.values().find(|setting| setting.value.contains('\0')) {
            return Err(setting.place.error("a NUL in a value"));
        }
        if let Some(name) = UNSUPPORTED.iter().find(|name| given.settings.contains_key(*name)) {
            let error = given.error(name, format!("dbprobe does not carry out the parameter `{name}`"));
            return Err(error.advise("dbprobe logs in by name and password over TCP: leave it out"));
        }
        for (name, allowed) in HARMLESS {
            let Some(setting) = given.settings.get(name) else { continue };
            if !allowed.contains(&setting.value.to_ascii_lowercase().as_str()) {
                let error = setting.place.error(format!("dbprobe carries out `{name}` only as {}", allowed.join(", ")));
                return Err(error);
            }
        }
        given.flag("MultiSubnetFailover")?; // all addresses of a name are tried beside each other in any case
        Ok(given)
    }

    /// An empty text is no text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(|setting| setting.value.as_str()).filter(|value| !value.is_empty())
    }

    fn error(&self, name: &str, message: impl Into<String>) -> DsnError {
        match self.settings.get(name) {
            Some(setting) => setting.place.error(message),
            None => DsnError::new(message),
        }
    }

    pub(super) fn number<T: FromStr + PartialOrd + std::fmt::Display>(
        &self,
        name: &str,
        least: T,
        most: T,
    ) -> Result<Option<T>, DsnError> {
        let Some(setting) = self.settings.get(name) else { return Ok(None) };
        let number = setting.value.trim().parse().ok().filter(|number| *number >= least && *number <= most);
        let error = || setting.place.error(format!("`{name}` is not a whole number from {least} to {most}"));
        number.map(Some).ok_or_else(error)
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, DsnError> {
        let Some(setting) = self.settings.get(name) else { return Ok(None) };
        match setting.value.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" | "yes" => Ok(Some(true)),
            "false" | "0" | "f" | "no" => Ok(Some(false)),
            _ => Err(setting.place.not_one_of(name, &["true", "false"])),
        }
    }

    /// Without one: this machine.
    pub(super) fn host(&self) -> Result<String, DsnError> {
        let host = self.text("server").unwrap_or("localhost");
        // A decoded `@` may be what is left of a password.
        if host.chars().any(|c| c == '@' || c == '/' || c.is_control()) {
            return Err(self.error("server", "the host holds a character that no host has"));
        }
        Ok(host.to_owned())
    }

    /// Names of instances are letters, digits, `_`, `$` and `#`, at most 16; the protocol of the browser ends them
    /// with a zero byte.
    pub(super) fn instance(&self) -> Result<Option<String>, DsnError> {
        let Some(instance) = self.text("instance") else { return Ok(None) };
        let legal = instance.len() <= 32 && instance.chars().all(|c| c.is_alphanumeric() || "_$#".contains(c));
        if !legal {
            return Err(self.error("instance", "this is not the name of an instance"));
        }
        Ok(Some(instance.to_owned()))
    }

    pub(super) fn read_only_intent(&self) -> Result<bool, DsnError> {
        let Some(setting) = self.settings.get("ApplicationIntent") else { return Ok(false) };
        match setting.value.to_ascii_lowercase().as_str() {
            "readonly" => Ok(true),
            "readwrite" => Ok(false),
            _ => Err(setting.place.not_one_of("ApplicationIntent", &["ReadOnly", "ReadWrite"])),
        }
    }

    /// The shorter of the two; 0 is no limit.
    pub(super) fn connect_timeout(&self) -> Result<Option<Duration>, DsnError> {
        let limits = [self.number("connection timeout", 0, 86_400)?, self.number("dial timeout", 0, 86_400)?];
        let least = limits.into_iter().flatten().filter(|seconds: &u32| *seconds > 0).min();
        Ok(least.map(|seconds| Duration::from_secs(seconds.into())))
    }

    pub(super) fn tls(&self) -> Result<TlsSettings, DsnError> {
        let encrypt = self.encrypt()?;
        let path = |name: &str| self.text(name).map(PathBuf::from);
        let (authority, pinned) = (path("certificate"), path("serverCertificate"));
        let name = self.text("hostNameInCertificate").map(str::to_owned);
        if pinned.is_some() && (authority.is_some() || name.is_some()) {
            let error = self.error("serverCertificate", "`serverCertificate` is the whole of what is compared");
            return Err(error.advise("leave `certificate` and `hostNameInCertificate` out"));
        }
        // Drivers do not verify what only hides the password, unless they are told to.
        let unasked = encrypt == Encrypt::Login && authority.is_none() && pinned.is_none() && name.is_none();
        let trust = self.flag("TrustServerCertificate")?.unwrap_or(unasked);
        Ok(TlsSettings { encrypt, trust, name, authority, pinned })
    }

    fn encrypt(&self) -> Result<Encrypt, DsnError> {
        let Some(setting) = self.settings.get("encrypt") else { return Ok(Encrypt::Session) };
        match setting.value.to_ascii_lowercase().as_str() {
            "true" | "mandatory" | "yes" | "1" | "t" => Ok(Encrypt::Session),
            "false" | "optional" | "no" | "0" | "f" => Ok(Encrypt::Login),
            "disable" => Ok(Encrypt::Nothing),
            "strict" => Ok(Encrypt::Strict),
            _ => Err(setting.place.not_one_of("encrypt", &["true", "false", "strict", "disable"])),
        }
    }
}
