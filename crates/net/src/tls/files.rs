//! The PEM files of TLS.

use std::io;
use std::path::Path;

use dbprobe_core::{Class, Failure, Phase, read_file};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificates in `path`, which is `what` for a message.
///
/// # Errors
/// Class `config` in phase `configure`, as all of this module: the file is missing, unreadable or holds none.
pub(super) fn certificates(path: &Path, what: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let text = read(path, what)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(holds_none(path, what, "certificate")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(malformed(path, what, &error)),
    }
}

/// The private key in `path`.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    let what = "the client's key";
    let text = zeroize::Zeroizing::new(read(path, what)?);
    let encrypted = ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"];
    if encrypted.iter().any(|mark| text.windows(mark.len()).any(|window| window == mark.as_bytes())) {
        let message = format!("{what} {} is encrypted", path.display());
        return Err(
            config(message).advise("decrypt it with `openssl pkey`, and keep the file readable for its user only")
        );
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => holds_none(path, what, "private key"),
        error => malformed(path, what, &error),
    })
}

/// A failure of class `config` in phase `configure`.
pub(super) fn config(message: impl Into<String>) -> Failure {
    Failure::new(Class::Config, message).in_phase(Phase::Configure)
}

/// Every authority of the world fits into a quarter of this.
const LONGEST: u64 = 1 << 20;

fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    read_file(path, LONGEST).map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "does not exist".to_owned(),
            io::ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
            io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory | io::ErrorKind::FileTooLarge => {
                error.to_string()
            }
            _ => format!("cannot be read: {error}"),
        };
        config(format!("{what} {} {reason}", path.display()))
            .advise("check the path and its permissions")
            .caused_by(error)
    })
}

fn holds_none(path: &Path, what: &str, object: &str) -> Failure {
    config(format!("{what} {} holds no {object}", path.display()))
        .advise(format!("the file must be PEM and hold a section `-----BEGIN … {}-----`", object.to_uppercase()))
}

/// Only the kind of error is told: its text may quote the file.
fn malformed(path: &Path, what: &str, error: &pem::Error) -> Failure {
    let reason = match error {
        pem::Error::MissingSectionEnd { .. } => "a section does not end",
        pem::Error::IllegalSectionStart { .. } => "a section does not begin as it must",
        pem::Error::Base64Decode(_) => "a section is not base64",
        _ => "it cannot be read",
    };
    config(format!("{what} {} is malformed: {reason}", path.display())).advise("copy or make the file anew")
}
