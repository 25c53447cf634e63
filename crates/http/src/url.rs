//! The grammar of a URL (RFC 3986, and RFC 9110, section 4.2), each part with its place.

use std::net::Ipv6Addr;

use dbprobe_core::{Dsn, DsnError, Piece, Secret};

use crate::origin::Origin;

/// A URL, cut into its parts.
#[derive(Debug)]
pub(crate) struct Url<'a> {
    pub(crate) origin: Origin,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    /// Where the user's name and password stand.
    pub(crate) login: Piece<'a>,
    /// As it is sent: begins with `/`.
    pub(crate) path: String,
    /// As it is sent, without its `?`.
    pub(crate) query: Option<Piece<'a>>,
    /// Never sent: dbprobe's own settings.
    pub(crate) fragment: Option<Piece<'a>>,
}

const ENCODE: &str = "in a user name or password write `@` as `%40`, `/` as `%2F`, `:` as `%3A`, `?` as `%3F`, `#` as \
                      `%23` and `%` as `%25`; behind the host `@` is `%40`, too";

impl<'a> Url<'a> {
    /// Reads `http[s]://[user[:password]@]host[:port][/path][?query][#settings]`.
    ///
    /// # Errors
    /// Whatever is no URL, and a `@` behind the host: it may be the rest of a password, which must not be shown as a
    /// path.
    pub(crate) fn read(dsn: &'a Dsn) -> Result<Self, DsnError> {
        let text = dsn.expose();
        let is_https = dsn.scheme() == "https";
        let whole = Piece::whole(text);
        let rest = match text.get(dsn.scheme().len()..) {
            Some(behind) if behind.starts_with("://") => whole.skip(dsn.scheme().len() + "://".len()),
            _ => return Err(whole.skip(dsn.scheme().len()).take(1).error("`://` is missing behind the scheme")),
        };
        let end = rest.as_str().find(['/', '?', '#']).unwrap_or(rest.as_str().len());
        let (authority, behind) = (rest.take(end), rest.skip(end));
        if let Some(at) = behind.as_str().find('@') {
            return Err(behind.skip(at).take(1).error("there is a `@` behind the host").advise(ENCODE));
        }
        let (login, place) = match authority.cut('@') {
            (login, Some(place)) => (login, place),
            (place, None) => (place.take(0), place),
        };
        let (user, password) = user_info(login)?;
        let origin = origin(place, is_https)?;
        let (before, fragment) = behind.cut('#');
        let (path, query) = before.cut('?');
        for part in [Some(path), query].into_iter().flatten() {
            is_sendable(part)?;
        }
        let path = if path.is_empty() { "/".to_owned() } else { path.as_str().to_owned() };
        Ok(Self { origin, user, password, login, path, query, fragment })
    }
}

/// Reads `user[:password]`.
fn user_info(login: Piece<'_>) -> Result<(Option<String>, Option<Secret>), DsnError> {
    let (user, password) = login.cut(':');
    let decoded = user.decode()?;
    // RFC 7617, section 2: the first colon ends the name.
    if decoded.contains(':') || decoded.chars().any(char::is_control) {
        return Err(user.error("a user's name holds a character that Basic authentication does not allow"));
    }
    let password = password.map(|password| {
        let decoded = Secret::new(password.decode()?);
        match decoded.expose().chars().any(char::is_control) {
            true => Err(password.error("a password holds a character that Basic authentication does not allow")),
            false => Ok(decoded),
        }
    });
    Ok((Some(decoded).filter(|user| !user.is_empty()), password.transpose()?.filter(|it| !it.expose().is_empty())))
}

/// Reads `host[:port]`.
fn origin(place: Piece<'_>, is_https: bool) -> Result<Origin, DsnError> {
    if let Some(at) = place.as_str().find('@') {
        return Err(place.skip(at).take(1).error("there is a `@` in the host").advise(ENCODE));
    }
    let (host, port) = if place.as_str().starts_with('[') {
        let (host, behind) = place.skip(1).cut(']');
        let Some(behind) = behind else { return Err(place.take(1).error("`[` without `]`")) };
        match behind.as_str().chars().next() {
            None => (ipv6(host)?, None),
            Some(':') => (ipv6(host)?, Some(behind.skip(1))),
            Some(_) => return Err(behind.error("only `:` and a port may stand behind `]`")),
        }
    } else {
        let (host, port) = place.cut(':');
        (name(host)?, port)
    };
    let usual = Origin::usual_port(is_https);
    let port = match port.filter(|port| !port.is_empty()) {
        None => usual,
        Some(digits) => {
            let all_digits = digits.as_str().bytes().all(|byte| byte.is_ascii_digit());
            let number = all_digits.then(|| digits.as_str().parse::<u16>().ok()).flatten().filter(|port| *port > 0);
            number.ok_or_else(|| digits.error("the port is not a number from 1 to 65535").advise(ENCODE))?
        }
    };
    Ok(Origin { is_https, host, port })
}

/// An IPv6 address, with its zone as RFC 6874 writes it (`%25eth0`), or as everybody else does (`%eth0`).
fn ipv6(host: Piece<'_>) -> Result<String, DsnError> {
    let wrong = || host.error("what stands in brackets is not an IPv6 address");
    let (address, zone) = host.as_str().split_once('%').unwrap_or((host.as_str(), ""));
    let address: Ipv6Addr = address.parse().map_err(|_| wrong())?;
    let zone = zone.strip_prefix("25").filter(|zone| !zone.is_empty()).unwrap_or(zone);
    match zone {
        "" if host.as_str().contains('%') => Err(wrong()),
        "" => Ok(address.to_string()),
        zone if zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) => {
            Ok(format!("{address}%{zone}"))
        }
        _ => Err(wrong()),
    }
}

fn name(host: Piece<'_>) -> Result<String, DsnError> {
    if host.is_empty() {
        return Err(host.error("the host is missing").advise("write `https://host/path`"));
    }
    if !host.as_str().is_ascii() {
        return Err(host.error("the host is not ASCII").advise("write an international name in its `xn--` form"));
    }
    if !host.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(host.error("a host holds a character that no host has").advise(ENCODE));
    }
    Ok(host.as_str().to_ascii_lowercase())
}

/// Whether a path or a query can be sent as it stands (RFC 3986, section 3.3, and what every server takes besides).
fn is_sendable(part: Piece<'_>) -> Result<(), DsnError> {
    let bytes = part.as_str().as_bytes();
    for (at, character) in part.as_str().char_indices() {
        let encoded = || bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let allowed = match character {
            '%' => encoded(),
            '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '}' => false,
            character => character.is_ascii_graphic(),
        };
        if !allowed {
            let here = part.skip(at).take(character.len_utf8());
            return Err(here.error("a character that a URL has to percent-encode").advise(
                "write a space as `%20`, a literal `%` as `%25`, anything outside of ASCII as its UTF-8 bytes",
            ));
        }
    }
    Ok(())
}
