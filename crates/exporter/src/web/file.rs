//! The keys of the web configuration, and what is wrong with a file that has others.

use std::collections::BTreeMap;
use std::path::Path;

use dbprobe_config::ConfigError;
use dbprobe_core::{Secret, read_file};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Error, Location, Spanned};

/// A web configuration of a person fits into a small part of this; certificates may stand in it.
const LONGEST: u64 = 1 << 20;

/// A text and where it stands.
pub(super) type Text = Spanned<String>;

/// The whole file. None of these types can print itself: hashes and keys are in it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) tls_server_config: Option<Spanned<TlsSection>>,
    pub(super) http_server_config: Option<HttpSection>,
    pub(super) basic_auth_users: Option<BTreeMap<String, Spanned<Hidden>>>,
    #[serde(alias = "auth_excluded_paths")]
    pub(super) auth_exempt: Option<Vec<Text>>,
    pub(super) rate_limit: Option<RateSection>,
}

/// `tls_server_config`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsSection {
    pub(super) cert: Option<Text>,
    pub(super) key: Option<Spanned<Hidden>>,
    pub(super) client_ca: Option<Text>,
    pub(super) cert_file: Option<Text>,
    pub(super) key_file: Option<Text>,
    pub(super) client_auth_type: Option<Text>,
    pub(super) client_ca_file: Option<Text>,
    pub(super) client_allowed_sans: Option<Vec<Text>>,
    pub(super) min_version: Option<Text>,
    pub(super) max_version: Option<Text>,
    pub(super) cipher_suites: Option<Vec<Text>>,
    pub(super) prefer_server_cipher_suites: Option<bool>,
    pub(super) curve_preferences: Option<Vec<Text>>,
}

/// `http_server_config`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpSection {
    /// Accepted so that a file which other exporters share can be used; only HTTP/1.1 is served.
    #[serde(rename = "http2")]
    pub(super) _http2: Option<bool>,
    pub(super) headers: Option<HeaderSection>,
}

/// The headers that exporter-toolkit knows.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderSection {
    #[serde(rename = "Content-Security-Policy")]
    pub(super) content_security_policy: Option<Text>,
    #[serde(rename = "X-Frame-Options")]
    pub(super) x_frame_options: Option<Text>,
    #[serde(rename = "X-Content-Type-Options")]
    pub(super) x_content_type_options: Option<Text>,
    #[serde(rename = "X-XSS-Protection")]
    pub(super) x_xss_protection: Option<Text>,
    #[serde(rename = "Strict-Transport-Security")]
    pub(super) strict_transport_security: Option<Text>,
}

/// `rate_limit`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateSection {
    pub(super) interval: Text,
    pub(super) burst: Option<u32>,
}

/// A text that cannot be printed.
pub(super) struct Hidden(pub(super) Secret);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// Reads the file's keys.
pub(super) fn read(file: &Path) -> Result<File, Box<ConfigError>> {
    let bytes = read_file(file, LONGEST).map_err(|error| fault(file, None, format!("it cannot be read: {error}")))?;
    let text = Secret::new(String::from_utf8(bytes).map_err(|_| fault(file, None, "it is not UTF-8"))?);
    if text.expose().trim().is_empty() {
        return Ok(File::default());
    }
    // A snippet would show the lines around the mistake, and hashes and keys with them.
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text.expose(), options).map_err(|error| Box::new(explained(file, &error)))
}

/// What is wrong, and where.
pub(super) fn fault(file: &Path, at: Option<Location>, message: impl Into<String>) -> ConfigError {
    let at = at.filter(|at| at.line() > 0);
    let number = |number: u64| usize::try_from(number).ok();
    ConfigError {
        file: file.to_owned(),
        line: at.and_then(|at| number(at.line())),
        column: at.and_then(|at| number(at.column())),
        message: message.into(),
        advice: None,
        excerpt: None,
    }
}

/// The error in words that never repeat a value: it may be a hash or a key.
fn explained(file: &Path, error: &Error) -> ConfigError {
    let mut advice = None;
    let message = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let keys: Vec<&str> = expected.iter().copied().filter(|key| *key != "auth_excluded_paths").collect();
            advice = Some(format!("the keys here are {}", keys.join(", ")));
            format!("unknown key `{field}`")
        }
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("the key `{key}` stands here twice"),
        Error::DuplicateMappingKey { .. } => "a key stands here twice".to_owned(),
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            format!("expected {expected}")
        }
        Error::Unexpected { expected, .. } => format!("expected {expected}"),
        Error::InvalidScalar { ty, .. } => format!("expected a value of type {ty}"),
        Error::InvalidBooleanStrict { .. } => "expected `true` or `false`".to_owned(),
        Error::NullIntoString { .. } => "expected a text, and there is nothing".to_owned(),
        Error::MultipleDocuments { .. } => "expected one document".to_owned(),
        Error::Eof { .. } => "it ends too early".to_owned(),
        _ => "it is not YAML here".to_owned(),
    };
    ConfigError { advice, ..fault(file, error.location(), message) }
}
