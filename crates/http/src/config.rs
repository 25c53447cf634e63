//! From a URL and its fragment to what the driver needs, each value checked.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dbprobe_core::{Dsn, DsnError, Piece, Secret, Target};
use dbprobe_net::{Identity, Roots, TlsOptions, Verify};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Uri};

use crate::expectations::Expectations;
use crate::invalid::InvalidExpectation;
use crate::origin::Origin;
use crate::url::Url;

mod shown;

/// A header that is sent. Its value may be a token.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) name: HeaderName,
    pub(crate) value: Secret,
}

/// A URL, read.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) origin: Origin,
    /// Path and query as they are sent; a query may hold a token.
    pub(crate) path: Secret,
    pub(crate) method: Method,
    /// With `Authorization`, where a user is given.
    pub(crate) headers: Vec<Header>,
    /// How many redirects are followed.
    pub(crate) follow: u32,
    pub(crate) tls: TlsOptions,
    pub(crate) expect: Expectations,
    /// What must not be shown even where a server repeats it.
    secrets: Vec<Secret>,
    pub(crate) target: Target,
}

/// The keys of the fragment.
const KEYS: &[&str] = &[
    "contains",
    "expect-header",
    "follow",
    "header",
    "json",
    "matches",
    "max-body",
    "method",
    "not-contains",
    "proxy",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "status",
    "tls",
];

/// The most redirects that are followed: as many as browsers and curl do at the most.
const MOST_REDIRECTS: u32 = 20;

/// Headers that say how a message is framed, or whom a connection serves (RFC 9110, section 7.6.1): the client's own.
/// A body is compared as it comes, so no other coding of it is asked for.
const OWN_HEADERS: &[HeaderName] = &[
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Words that cannot be a secret of anybody's.
const SHORTEST_SECRET: usize = 4;

impl Config {
    /// Reads `dsn`, whose fragment replaces and adds to `expect`. No file is read and nothing is sent.
    pub(crate) fn read(dsn: &Dsn, expect: Expectations) -> Result<Self, DsnError> {
        let url = Url::read(dsn)?;
        let mut given = Given::new(expect);
        given.read(&url)?;
        if let Some(user) = &url.user {
            given.log_in(&url, user)?;
        } else if url.password.is_some() {
            given.log_in(&url, "")?;
        }
        let query = url.query.map(|query| format!("?{}", query.as_str())).unwrap_or_default();
        let path = Secret::new(format!("{}{query}", url.path));
        if Uri::try_from(path.expose()).is_err() {
            return Err(DsnError::new("the URL is too long").advise("a path and its query have at most 65534 bytes"));
        }
        let target = shown::target(&url, &given.shown);
        Ok(Self {
            secrets: secrets(&url, &given.headers),
            origin: url.origin,
            path,
            method: given.method,
            headers: given.headers,
            follow: given.follow,
            tls: given.tls,
            expect: given.expect,
            target,
        })
    }

    /// Whether what a server says may be shown: it repeats nothing that it was told in confidence.
    pub(crate) fn may_show(&self, text: &str) -> bool {
        !self.secrets.iter().any(|secret| text.contains(secret.expose()))
    }
}

/// Everything that is told to the server and to nobody else, as it is and as it is encoded.
fn secrets(url: &Url<'_>, headers: &[Header]) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = url.password.iter().cloned().collect();
    secrets.extend(url.login.cut(':').1.map(|password| Secret::new(password.as_str())));
    // Behind the scheme of a header `Authorization` stands the token.
    secrets.extend(headers.iter().flat_map(|header| header.value.expose().split_whitespace()).map(Secret::new));
    for part in url.query.iter().flat_map(|query| query.split('&')) {
        let value = part.cut('=').1.unwrap_or(part);
        secrets.push(Secret::new(value.as_str()));
        secrets.extend(value.decode().ok().map(Secret::new));
    }
    secrets.retain(|secret| secret.expose().len() >= SHORTEST_SECRET);
    secrets
}

/// What was given so far.
struct Given {
    method: Method,
    headers: Vec<Header>,
    follow: u32,
    tls: TlsOptions,
    expect: Expectations,
    /// Every setting as it may be shown, in the order in which it was given.
    shown: Vec<(&'static str, String)>,
}

impl Given {
    fn new(expect: Expectations) -> Self {
        let tls = TlsOptions {
            verify: Verify::Full,
            roots: Roots::System,
            identity: None,
            alpn: vec![b"http/1.1".to_vec()],
            p256_first: false,
        };
        Self { method: Method::GET, headers: Vec::new(), follow: 0, tls, expect, shown: Vec::new() }
    }

    fn read(&mut self, url: &Url<'_>) -> Result<(), DsnError> {
        let (mut certificate, mut key) = (None, None);
        for one in url.fragment.iter().flat_map(|fragment| fragment.split('&')).filter(|one| !one.is_empty()) {
            let (name, value) = one.cut('=');
            let Some(name) = KEYS.iter().find(|known| **known == name.as_str()).copied() else {
                return Err(name.unknown_parameter(KEYS));
            };
            let Some(place) = value.filter(|value| !value.is_empty()) else {
                return Err(one.error(format!("`{name}` without a value")));
            };
            if matches!(name, "ssl-ca" | "ssl-cert" | "ssl-key" | "tls") && !url.origin.is_https {
                return Err(one.error(format!("`{name}` on a URL without TLS")).advise("write `https://`"));
            }
            let text = place.decode()?;
            let invalid = |error: InvalidExpectation| place.error(error.to_string());
            let expect = self.expect.clone();
            match name {
                "contains" => self.expect = expect.contains(&text),
                "not-contains" => self.expect = expect.not_contains(&text),
                "matches" => self.expect = expect.matches(&text).map_err(invalid)?,
                "json" => {
                    let (pointer, value) = text.split_once('=').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
                    self.expect = expect.json(pointer, value).map_err(invalid)?;
                }
                "expect-header" => {
                    let (name, value) = text.split_once(':').unwrap_or((&text, ""));
                    self.expect = expect.header(name.trim(), value.trim()).map_err(invalid)?;
                }
                "status" => self.expect = expect.status(text.parse().map_err(invalid)?),
                "max-body" => self.expect = expect.max_body(size(place, &text)?),
                "follow" => self.follow = redirects(place, &text)?,
                "header" => self.headers.push(header(place, &text)?),
                "method" => self.method = method(place, &text)?,
                "tls" => self.tls.verify = verify(place, &text)?,
                "proxy" if text == "none" => {}
                "proxy" => return Err(place.not_one_of("`proxy`", &["none"]).advise("no proxy is ever used")),
                "ssl-ca" => self.tls.roots = Roots::File(PathBuf::from(&text)),
                "ssl-cert" => certificate = Some((PathBuf::from(&text), one)),
                _ => key = Some((PathBuf::from(&text), one)),
            }
            self.shown.push((name, shown::value(name, &text)));
        }
        self.tls.identity = identity(certificate, key)?;
        match url.fragment {
            Some(place) if self.method == Method::HEAD && self.expect.needs_body() => {
                Err(place.error("an answer to HEAD has no body to expect anything of"))
            }
            _ => Ok(()),
        }
    }

    /// Basic authentication (RFC 7617).
    fn log_in(&mut self, url: &Url<'_>, user: &str) -> Result<(), DsnError> {
        if self.headers.iter().any(|header| header.name == header::AUTHORIZATION) {
            return Err(url.login.error("a user in the URL and a header `Authorization`").advise("give one of them"));
        }
        let password = url.password.as_ref().map(Secret::expose).unwrap_or_default();
        let pair = Secret::new(format!("{user}:{password}"));
        let value = Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())));
        self.headers.push(Header { name: header::AUTHORIZATION, value });
        Ok(())
    }
}

/// Reads `Name: value`.
fn header(place: Piece<'_>, text: &str) -> Result<Header, DsnError> {
    let Some((name, value)) = text.split_once(':') else {
        return Err(place.error("a header without `:`").advise("write `header=Name:%20value`"));
    };
    let name =
        HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| place.error("no header can have that name"))?;
    if OWN_HEADERS.contains(&name) {
        return Err(place.error("this header is dbprobe's own to set"));
    }
    let value = Secret::new(value.trim_matches([' ', '\t']));
    HeaderValue::from_str(value.expose()).map_err(|_| place.error("no header can have that value"))?;
    Ok(Header { name, value })
}

/// The safe methods (RFC 9110, section 9.2.1) but TRACE, which servers forbid: a probe changes nothing.
fn method(place: Piece<'_>, text: &str) -> Result<Method, DsnError> {
    match text.to_ascii_uppercase().as_str() {
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        "OPTIONS" => Ok(Method::OPTIONS),
        _ => Err(place.not_one_of("`method`", &["GET", "HEAD", "OPTIONS"])),
    }
}

fn verify(place: Piece<'_>, text: &str) -> Result<Verify, DsnError> {
    match text {
        "true" => Ok(Verify::Full),
        "skip-verify" => Ok(Verify::None),
        _ => Err(place.not_one_of("`tls`", &["true", "skip-verify"])),
    }
}

fn redirects(place: Piece<'_>, text: &str) -> Result<u32, DsnError> {
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    number
        .filter(|count| *count <= MOST_REDIRECTS)
        .ok_or_else(|| place.error(format!("`follow` is not a number from 0 to {MOST_REDIRECTS}")))
}

/// Reads a number of bytes, with `k` (1024) or `M` (1024²) behind it.
fn size(place: Piece<'_>, text: &str) -> Result<usize, DsnError> {
    let (digits, unit) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1 << 10),
        None => text.strip_suffix(['m', 'M']).map_or((text, 1), |digits| (digits, 1 << 20)),
    };
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<usize>().ok()).flatten();
    number.and_then(|number| number.checked_mul(unit)).filter(|bytes| *bytes <= Expectations::LONGEST_BODY).ok_or_else(
        || place.error("`max-body` is not a size up to 64M").advise("write for example `65536`, `64k` or `2M`"),
    )
}

type Named<'a> = Option<(PathBuf, Piece<'a>)>;

fn identity(certificate: Named<'_>, key: Named<'_>) -> Result<Option<Identity>, DsnError> {
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some((certificate, _)), Some((key, _))) => Ok(Some(Identity { certificate, key })),
        (Some((_, place)), None) => Err(place.error("`ssl-cert` without `ssl-key`")),
        (None, Some((_, place))) => Err(place.error("`ssl-key` without `ssl-cert`")),
    }
}

#[cfg(test)]
mod tests;
