//! Signatures under keys of certificates that webpki does not read.

use rustls::DigitallySignedStruct;
use rustls::crypto::WebPkiSupportedAlgorithms;

use crate::certificate::Certificate;

/// Whether `issuer`'s key signed `certificate`.
pub(super) fn issued(
    issuer: &Certificate<'_>,
    certificate: &Certificate<'_>,
    algorithms: &WebPkiSupportedAlgorithms,
) -> bool {
    let (Some(kind), Some(used)) = (issuer.key_algorithm(), certificate.signature_algorithm()) else { return false };
    algorithms
        .all
        .iter()
        .filter(|known| known.public_key_alg_id().as_ref() == kind && known.signature_alg_id().as_ref() == used)
        .any(|known| known.verify_signature(issuer.key(), certificate.signed_part(), certificate.signature()).is_ok())
}

/// Whether `certificate`'s key made the handshake's signature `signed` over `message`.
///
/// TLS 1.3 binds a scheme to one curve, which is the first of its algorithms; TLS 1.2 does not.
pub(super) fn shook(
    certificate: &Certificate<'_>,
    message: &[u8],
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
    any_curve: bool,
) -> bool {
    let Some(kind) = certificate.key_algorithm() else { return false };
    let known = algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
    known
        .flat_map(|(_, known)| known.iter().take(if any_curve { known.len() } else { 1 }))
        .filter(|known| known.public_key_alg_id().as_ref() == kind)
        .any(|known| known.verify_signature(certificate.key(), message, signed.signature()).is_ok())
}
