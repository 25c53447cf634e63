//! `smtp://` and `smtps://`, read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dbprobe_core::{Dsn, DsnError, Endpoint, Piece, Secret, Target, percent_encode};
use dbprobe_net::{Roots, TlsOptions, Verify};

use crate::hello::is_legal;

mod parameters;

use parameters::Parameters;

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encrypt {
    /// With the first byte (`smtps`, RFC 8314).
    AtOnce,
    /// With STARTTLS, or the check fails.
    Require,
    /// With STARTTLS where the server offers it, as mail servers do among themselves.
    IfOffered,
    Never,
}

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// RFC 4616: name and password in one line.
    Plain,
    /// Never standardised and offered by all: asked for one after the other.
    Login,
}

impl Mechanism {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }
}

/// Who logs in, and how.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Secret,
    /// `None`: the first that the server offers.
    pub(crate) mechanism: Option<Mechanism>,
}

/// A DSN, read.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encrypt: Encrypt,
    pub(crate) tls: TlsOptions,
    /// The name to introduce ourselves with, where the DSN gives one.
    pub(crate) hello: Option<String>,
    pub(crate) login: Option<Login>,
    pub(crate) target: Target,
}

const SHAPE: &str = "write `smtp://host`, `smtp://user:password@host:587` or `smtps://user:password@host`";

impl Config {
    /// Reads `dsn`. No file is read and nothing is sent.
    pub(crate) fn read(dsn: &Dsn) -> Result<Self, DsnError> {
        let whole = Piece::whole(dsn.expose());
        let (_, rest) = whole.cut(':');
        let rest = rest.unwrap_or(whole);
        if !rest.as_str().starts_with("//") {
            return Err(rest.take(0).error("`//` is missing behind the scheme").advise(SHAPE));
        }
        let rest = rest.skip(2);
        let (rest, query) = rest.cut('?');
        let (authority, path) = rest.cut('/');
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            let error = path.error("a path means nothing to a mail server");
            return Err(error.advise("leave it out; a `/` in a password is written as `%2F`"));
        }
        let secure = dsn.scheme() == "smtps";
        let (userinfo, place) = match authority.cut_last('@') {
            (userinfo, Some(place)) => (Some(userinfo), place),
            (place, None) => (None, place),
        };
        let (host, port) = place_of(&place)?;
        let port = port.unwrap_or(if secure { 465 } else { 25 });
        let credentials = userinfo.map(|userinfo| credentials(&userinfo)).transpose()?;
        let given = Parameters::read(query)?;
        let encrypt = given.encrypt(secure, credentials.is_some())?;
        let mechanism = given.mechanism(credentials.is_some())?;
        if let (Encrypt::Never, Some(userinfo), None | Some(None)) = (encrypt, userinfo, mechanism)
            && given.logs_in()
        {
            let error = userinfo.take(0).error("a password would be sent in clear");
            return Err(error.advise("let TLS protect it, or say so in full: `starttls=never&auth=plain`"));
        }
        let login = match (credentials, given.logs_in()) {
            (Some((user, password)), true) => Some(Login { user, password, mechanism: mechanism.flatten() }),
            _ => None,
        };
        let user = userinfo.map(|userinfo| userinfo.cut(':').0.decode()).transpose()?;
        let tls = given.tls(encrypt, login.is_some())?;
        let target = target(secure, (&host, port), user, given.shown());
        Ok(Self { host, port, encrypt, tls, hello: given.hello()?, login, target })
    }

    /// Whether the certificate was asked to be what it should be.
    pub(crate) fn verify(&self) -> Verify {
        self.tls.verify
    }
}

fn credentials(userinfo: &Piece<'_>) -> Result<(String, Secret), DsnError> {
    let (user, password) = userinfo.cut(':');
    let name = user.decode()?;
    if name.is_empty() {
        return Err(user.error("the user is missing before the password").advise(SHAPE));
    }
    let Some(password) = password else {
        let error = user.error("a user without a password cannot log in to a mail server");
        return Err(error.advise("write `user:password@`, or leave the user out: a check needs no login"));
    };
    let secret = password.decode()?;
    // RFC 4616 separates them with it.
    if name.contains('\0') || secret.contains('\0') {
        return Err(userinfo.error("a NUL is not allowed in a user or a password"));
    }
    Ok((name, Secret::new(secret)))
}

fn place_of(place: &Piece<'_>) -> Result<(String, Option<u16>), DsnError> {
    let bracketed = place.as_str().starts_with('[');
    let (host, port) = if bracketed {
        let (host, behind) = place.skip(1).cut(']');
        let Some(behind) = behind else { return Err(host.error("`]` is missing behind the address").advise(SHAPE)) };
        if !behind.is_empty() && !behind.as_str().starts_with(':') {
            return Err(behind.error("something other than a port follows the address").advise(SHAPE));
        }
        (host, (!behind.is_empty()).then(|| behind.skip(1)))
    } else {
        place.cut_last(':')
    };
    let name = host.decode()?;
    if name.is_empty() {
        return Err(host.error("the host is missing").advise(SHAPE));
    }
    if !bracketed && name.contains(':') {
        return Err(host.error("an IPv6 address stands in brackets").advise(SHAPE));
    }
    let legal = |c: char| c.is_alphanumeric() || "-_.".contains(c) || (bracketed && ":%".contains(c));
    if !name.chars().all(legal) {
        let error = host.error("the host holds a character that no host has");
        return Err(error.advise("percent-encode `@`, `/`, `:`, `?` and `#` in the user and the password"));
    }
    let number = |port: Piece<'_>| {
        let digits = port.as_str().bytes().all(|byte| byte.is_ascii_digit());
        let number = port.as_str().parse::<u16>().ok().filter(|number| digits && *number > 0);
        number.ok_or_else(|| port.error("the port is not a number from 1 to 65535"))
    };
    Ok((name, port.map(number).transpose()?))
}

fn target(
    secure: bool,
    (host, port): (&str, u16),
    user: Option<String>,
    parameters: BTreeMap<String, String>,
) -> Target {
    let endpoint = Endpoint { host: host.to_owned(), port: Some(port) };
    let scheme = if secure { "smtps" } else { "smtp" };
    let userinfo = user.as_ref().map_or_else(String::new, |user| format!("{}:***@", percent_encode(user, "")));
    let mut redacted = format!("{scheme}://{userinfo}{}", endpoint.authority().replace('%', "%25"));
    for (at, (name, value)) in parameters.iter().enumerate() {
        let mark = if at == 0 { '?' } else { '&' };
        redacted.push_str(&format!("{mark}{name}={}", percent_encode(value, "/:[]")));
    }
    Target {
        engine: "smtp",
        endpoints: vec![endpoint],
        has_password: user.is_some(),
        user,
        database: None,
        parameters,
        redacted,
    }
}

/// Which files and roots `parameters` and the kind of encryption ask for.
pub(crate) fn options(verify: Verify, roots: Option<PathBuf>) -> TlsOptions {
    let roots = roots.map_or(Roots::System, Roots::File);
    TlsOptions { verify, roots, identity: None, alpn: Vec::new(), p256_first: false }
}

#[cfg(test)]
mod tests;
