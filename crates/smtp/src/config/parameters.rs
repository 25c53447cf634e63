//! The parameters of a DSN, each value checked when it is read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dbprobe_core::{DsnError, Piece};
use dbprobe_net::{TlsOptions, Verify};

use super::{Encrypt, Mechanism, is_legal, options};

const KNOWN: &[&str] = &["auth", "ehlo", "ssl-ca", "starttls", "tls"];

/// The parameters of a DSN: each with its place and its value, decoded.
pub(super) struct Parameters<'a> {
    given: BTreeMap<&'static str, (Piece<'a>, String)>,
}

impl<'a> Parameters<'a> {
    pub(super) fn read(query: Option<Piece<'a>>) -> Result<Self, DsnError> {
        let mut given = BTreeMap::new();
        let pairs = query.map(|query| query.split('&')).unwrap_or_default();
        for pair in pairs.iter().filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.cut('=');
            let known = KNOWN.iter().find(|known| **known == name.as_str());
            let known = known.ok_or_else(|| name.unknown_parameter(KNOWN))?;
            let value = value.unwrap_or(pair.skip(pair.as_str().len()));
            given.insert(*known, (value, value.decode()?));
        }
        Ok(Self { given })
    }

    /// What may be shown: everything, since there is no secret among them.
    pub(super) fn shown(&self) -> BTreeMap<String, String> {
        self.given.iter().map(|(name, (_, value))| ((*name).to_owned(), value.clone())).collect()
    }

    fn one_of(&self, name: &str, allowed: &[&'static str]) -> Result<Option<&'static str>, DsnError> {
        let Some((place, value)) = self.given.get(name) else { return Ok(None) };
        let found = allowed.iter().find(|word| **word == value.as_str());
        found.map(|word| Some(*word)).ok_or_else(|| place.not_one_of(name, allowed))
    }

    fn misplaced(&self, name: &str, why: &str) -> Result<(), DsnError> {
        match self.given.get(name) {
            Some((place, _)) => Err(place.error(format!("`{name}` {why}"))),
            None => Ok(()),
        }
    }

    /// A password makes TLS required, unless the DSN says otherwise.
    pub(super) fn encrypt(&self, secure: bool, credentials: bool) -> Result<Encrypt, DsnError> {
        let word = self.one_of("starttls", &["auto", "require", "never"])?;
        if secure {
            self.misplaced("starttls", "has no place here: `smtps` is TLS from the first byte")?;
            return Ok(Encrypt::AtOnce);
        }
        Ok(match word {
            Some("require") => Encrypt::Require,
            Some("never") => Encrypt::Never,
            _ if credentials && self.logs_in() => Encrypt::Require,
            _ => Encrypt::IfOffered,
        })
    }

    /// `None` without the parameter, `Some(None)` where it leaves the choice open.
    pub(super) fn mechanism(&self, credentials: bool) -> Result<Option<Option<Mechanism>>, DsnError> {
        let word = self.one_of("auth", &["auto", "plain", "login", "none"])?;
        if !credentials && matches!(word, Some("plain" | "login")) {
            self.misplaced("auth", "needs a user and a password")?;
        }
        Ok(word.map(|word| match word {
            "plain" => Some(Mechanism::Plain),
            "login" => Some(Mechanism::Login),
            _ => None,
        }))
    }

    /// Whether a user and a password are to be used.
    pub(super) fn logs_in(&self) -> bool {
        self.given.get("auth").is_none_or(|(_, word)| word != "none")
    }

    /// Where TLS is only an offer between strangers the certificate is not judged, only told (RFC 7435).
    pub(super) fn tls(&self, encrypt: Encrypt, logs_in: bool) -> Result<TlsOptions, DsnError> {
        let word = self.one_of("tls", &["verify", "skip-verify"])?;
        let roots = self.given.get("ssl-ca");
        if encrypt == Encrypt::Never {
            self.misplaced("tls", "means nothing with starttls=never")?;
            self.misplaced("ssl-ca", "means nothing with starttls=never")?;
        }
        if let Some((place, path)) = roots
            && (path.is_empty() || path.contains('\0'))
        {
            return Err(place.error("ssl-ca is not the path of a file"));
        }
        let verify = match word {
            Some("skip-verify") => Verify::None,
            Some(_) => Verify::Full,
            None if encrypt == Encrypt::IfOffered && roots.is_none() && !logs_in => Verify::None,
            None => Verify::Full,
        };
        if verify == Verify::None {
            self.misplaced("ssl-ca", "means nothing with tls=skip-verify")?;
        }
        Ok(options(verify, roots.map(|(_, path)| PathBuf::from(path))))
    }

    pub(super) fn hello(&self) -> Result<Option<String>, DsnError> {
        let Some((place, name)) = self.given.get("ehlo") else { return Ok(None) };
        if is_legal(name) {
            return Ok(Some(name.clone()));
        }
        let error = place.error("ehlo is neither a domain nor an address in brackets");
        Err(error.advise("write for example `ehlo=probe.example.com` or `ehlo=[192.0.2.1]`"))
    }
}
