//! Go's names of versions, cipher suites and curves, as exporter-toolkit has them, and what rustls has for them.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::{NamedGroup, SupportedCipherSuite, SupportedProtocolVersion};
use serde_saphyr::Spanned;

use super::file::{Text, TlsSection};
use super::reader::Reader;

/// Curves by Go's names.
const CURVES: [(&str, NamedGroup); 5] = [
    ("CurveP256", NamedGroup::secp256r1),
    ("CurveP384", NamedGroup::secp384r1),
    ("X25519", NamedGroup::X25519),
    ("X25519MLKEM768", NamedGroup::X25519MLKEM768),
    ("SecP256r1MLKEM768", NamedGroup::secp256r1MLKEM768),
];

/// What the handshake may use.
#[derive(Clone, Debug)]
pub(super) struct Suites {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
}

impl Suites {
    /// What the file asks for. What rustls does not have is a mistake, not left out in silence.
    pub(super) fn read(reader: &mut Reader<'_>, section: &TlsSection) -> Self {
        let mut provider = aws_lc_rs::default_provider();
        if let Some(names) = section.cipher_suites.as_ref().filter(|names| !names.is_empty()) {
            // As in Go, the list is about TLS 1.2: the suites of TLS 1.3 are always there.
            let wanted: Vec<_> = names.iter().filter_map(|name| cipher_suite(reader, name)).collect();
            let modern = provider.cipher_suites.iter().copied().filter(is_modern);
            provider.cipher_suites = modern.chain(wanted.into_iter().filter(|suite| !is_modern(suite))).collect();
        }
        if let Some(names) = section.curve_preferences.as_ref().filter(|names| !names.is_empty()) {
            provider.kx_groups = names.iter().filter_map(|name| curve(reader, name)).collect();
        }
        Self { provider: Arc::new(provider), versions: versions(reader, section) }
    }
}

fn is_modern(suite: &SupportedCipherSuite) -> bool {
    matches!(suite, SupportedCipherSuite::Tls13(_))
}

/// rustls marks the suites of TLS 1.3 with the version; their registered names have `TLS` alone.
fn name_of(suite: &SupportedCipherSuite) -> String {
    let name = suite.suite().as_str().unwrap_or_default();
    name.strip_prefix("TLS13_").map_or_else(|| name.to_owned(), |rest| format!("TLS_{rest}"))
}

fn cipher_suite(reader: &mut Reader<'_>, name: &Text) -> Option<SupportedCipherSuite> {
    let wanted = |suite: &&SupportedCipherSuite| {
        let known = name_of(suite);
        // Go's older names of the ChaCha20 suites do not tell the hash.
        known == name.value || known.strip_suffix("_SHA256") == Some(name.value.as_str())
    };
    let found = aws_lc_rs::ALL_CIPHER_SUITES.iter().find(wanted);
    if found.is_none() {
        let all: Vec<String> = aws_lc_rs::ALL_CIPHER_SUITES.iter().map(name_of).collect();
        let advice = format!("the cipher suites of this build are {}", all.join(", "));
        reader.refuse(name.referenced, format!("there is no cipher suite `{}`", name.value), advice);
    }
    found.copied()
}

fn curve(reader: &mut Reader<'_>, name: &Text) -> Option<&'static dyn SupportedKxGroup> {
    let group = CURVES.iter().find(|(known, _)| *known == name.value).map(|(_, group)| *group);
    let found = aws_lc_rs::ALL_KX_GROUPS.iter().find(|known| Some(known.name()) == group);
    if found.is_none() {
        let advice = format!("the curves of this build are {}", CURVES.map(|(name, _)| name).join(", "));
        reader.refuse(name.referenced, format!("there is no curve `{}`", name.value), advice);
    }
    found.copied()
}

/// From the lowest to the highest version that the file allows.
fn versions(reader: &mut Reader<'_>, section: &TlsSection) -> Vec<&'static SupportedProtocolVersion> {
    let lowest = section.min_version.as_ref().map_or(Some(12), |name| version(reader, name));
    let highest = section.max_version.as_ref().map_or(Some(13), |name| version(reader, name));
    let (Some(lowest), Some(highest)) = (lowest, highest) else { return Vec::new() };
    if let Some(Spanned { referenced, .. }) = section.max_version.as_ref().filter(|_| lowest > highest) {
        reader.refuse(*referenced, "`max_version` is below `min_version`", "leave both out for TLS12 to TLS13");
    }
    [(12, &rustls::version::TLS12), (13, &rustls::version::TLS13)]
        .into_iter()
        .filter(|(number, _)| (lowest..=highest).contains(number))
        .map(|(_, version)| version)
        .collect()
}

fn version(reader: &mut Reader<'_>, name: &Text) -> Option<u8> {
    match name.value.as_str() {
        "TLS12" => Some(12),
        "TLS13" => Some(13),
        "TLS10" | "TLS11" => {
            reader.refuse(
                name.referenced,
                "this version of TLS is broken and not in this build",
                "write TLS12 or TLS13",
            );
            None
        }
        _ => {
            reader.refuse(name.referenced, "this is no version of TLS", "write TLS12 or TLS13");
            None
        }
    }
}
