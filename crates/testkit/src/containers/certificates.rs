//! An authority of a test's own, and the certificates it issues.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256};
use tempfile::TempDir;

/// Certificates for one server, all for the same key: `server.crt` for 127.0.0.1 and `localhost`, `expired.crt` for the
/// same names until 2021, `other_name.crt` for `db.example`. Those that are valid are so until 2100, which is sooner than
/// the longest time that `--cert-warn` takes, a century: the command can be made to find that too soon.
pub struct Certificates {
    directory: TempDir,
    files: Vec<(&'static str, String)>,
}

impl Certificates {
    /// A new authority and its certificates.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let ca = authority("dbprobe test authority");
        for (name, pem) in [("ca.crt", ca.pem()), ("other.crt", authority("another authority").pem())] {
            std::fs::write(directory.path().join(name), pem).expect("a file");
        }
        let key = key();
        let leaf = |names: &[&str], change: fn(&mut CertificateParams)| {
            let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
            let params = params.as_mut().expect("names");
            params.distinguished_name.push(DnType::CommonName, names[0]);
            params.not_after = rcgen::date_time_ymd(2100, 1, 1);
            change(params);
            params.clone().signed_by(&key, &ca).expect("a certificate").pem()
        };
        let ours = ["localhost", "127.0.0.1"];
        let expired = |params: &mut CertificateParams| {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        };
        let files = vec![
            ("server.crt", leaf(&ours, |_| {})),
            ("expired.crt", leaf(&ours, expired)),
            ("other_name.crt", leaf(&["db.example"], |_| {})),
            ("server.key", key.serialize_pem()),
        ];
        Self { directory, files }
    }

    /// What goes into the container: names and contents.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, pem)| (*name, pem.as_str()))
    }

    /// The authority that issued the certificates, for `sslrootcert`.
    pub fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.crt")
    }

    /// An authority that issued none of them.
    pub fn other_file(&self) -> PathBuf {
        self.directory.path().join("other.crt")
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, key()).expect("an authority")
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key")
}
