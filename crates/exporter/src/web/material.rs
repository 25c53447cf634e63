//! The PEM texts behind a TLS configuration: in the file itself, or in files that it names.

use std::path::{Path, PathBuf};

use dbprobe_core::{Secret, read_file};
use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Every authority of the world fits into a quarter of this.
const LONGEST: u64 = 1 << 20;

/// Where a PEM text is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In the web configuration itself.
    Inline(Secret),
    /// In a file.
    File(PathBuf),
}

/// Where the texts are.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) certificate: Place,
    pub(super) key: Place,
    pub(super) authorities: Option<Place>,
}

/// The texts as they are now.
pub(super) struct Material {
    certificate: Secret,
    key: Secret,
    authorities: Option<Secret>,
}

impl Places {
    /// Reads the files again.
    ///
    /// # Errors
    /// The file that cannot be read, and why.
    pub(super) fn load(&self) -> Result<Material, String> {
        Ok(Material {
            certificate: self.certificate.load()?,
            key: self.key.load()?,
            authorities: self.authorities.as_ref().map(Place::load).transpose()?,
        })
    }

    /// Whether a file is named, so that there is something to read again.
    pub(super) fn are_files(&self) -> bool {
        let places = [Some(&self.certificate), Some(&self.key), self.authorities.as_ref()];
        places.into_iter().flatten().any(|place| matches!(place, Place::File(_)))
    }
}

impl Place {
    fn load(&self) -> Result<Secret, String> {
        match self {
            Self::Inline(text) => Ok(text.clone()),
            Self::File(path) => read(path),
        }
    }
}

fn read(path: &Path) -> Result<Secret, String> {
    let bytes = read_file(path, LONGEST).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    String::from_utf8(bytes).map(Secret::new).map_err(|_| format!("{} is not PEM", path.display()))
}

impl Material {
    /// The server's certificate and its chain.
    pub(super) fn chain(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        certificates(&self.certificate, "the server's certificate")
    }

    /// The server's key.
    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, String> {
        let text = self.key.expose();
        if ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"].iter().any(|mark| text.contains(mark)) {
            return Err("the server's key is encrypted: decrypt it with `openssl pkey`".to_owned());
        }
        PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| malformed("the server's key", &error))
    }

    /// The authorities that clients are held against.
    pub(super) fn authorities(&self) -> Result<RootCertStore, String> {
        let mut store = RootCertStore::empty();
        if let Some(text) = &self.authorities {
            for certificate in certificates(text, "the clients' authority")? {
                store.add(certificate).map_err(|error| format!("the clients' authority cannot be used: {error}"))?;
            }
        }
        Ok(store)
    }
}

impl PartialEq for Material {
    fn eq(&self, other: &Self) -> bool {
        let text = |secret: &Secret| secret.expose().to_owned();
        (self.certificate.expose(), self.key.expose()) == (other.certificate.expose(), other.key.expose())
            && self.authorities.as_ref().map(text) == other.authorities.as_ref().map(text)
    }
}

fn certificates(text: &Secret, what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.expose().as_bytes()).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(format!("{what}: there is no PEM section of a certificate")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(malformed(what, &error)),
    }
}

/// Only the kind of error is told: its text may quote the file.
fn malformed(what: &str, error: &pem::Error) -> String {
    let reason = match error {
        pem::Error::NoItemsFound => "there is no PEM section of it",
        pem::Error::MissingSectionEnd { .. } => "a section does not end",
        pem::Error::IllegalSectionStart { .. } => "a section does not begin as it must",
        pem::Error::Base64Decode(_) => "a section is not base64",
        _ => "it cannot be read",
    };
    format!("{what}: {reason}")
}
