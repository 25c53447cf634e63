//! The files of TLS that are not what they should be.

use dbprobe_core::{Class, Failure, Phase};
use dbprobe_net::{Identity, Roots, TlsOptions, Verify, client_config};
use rcgen::KeyPair;

use crate::authority::{Authority, Files, Issued, server};
use crate::server::options;

fn refused(options: &TlsOptions) -> Failure {
    let failure = client_config(options).unwrap_err();
    assert_eq!((failure.class, failure.phase), (Class::Config, Some(Phase::Configure)), "{failure}");
    assert!(failure.advice.is_some());
    failure
}

fn client() -> Issued {
    Authority::root("Our Root").issue(&server("app", &[]))
}

#[test]
fn a_root_file_that_holds_no_root_is_named_with_the_reason() {
    let files = Files::new();
    let directory = files.0.path().join("directory");
    std::fs::create_dir(&directory).unwrap();
    for (path, reason) in [
        (files.0.path().join("none"), "does not exist"),
        (directory, "is a directory"),
        (files.write("empty", ""), "holds no certificate"),
        (files.write("text", "s3cret"), "holds no certificate"),
        (files.write("key", &client().key.serialize_pem()), "holds no certificate"),
        (files.write("cut", "-----BEGIN CERTIFICATE-----\nMIIB\n"), "is malformed: a section does not end"),
        (
            files.write("odd", "-----BEGIN CERTIFICATE-----\ns3cret!\n-----END CERTIFICATE-----\n"),
            "is malformed: a section is not base64",
        ),
        (
            files.write("junk", "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"),
            "holds no certificate that can be read",
        ),
    ] {
        let failure = refused(&options(Verify::Ca, Roots::File(path.clone())));
        assert_eq!(failure.message, format!("the root file {} {reason}", path.display()));
    }
}

#[test]
fn roots_are_not_read_where_nothing_is_verified() {
    assert!(client_config(&options(Verify::None, Roots::File("/no/such/file".into()))).is_ok());
}

#[test]
fn the_roots_of_the_system_can_be_read() {
    assert!(client_config(&options(Verify::Full, Roots::System)).is_ok());
}

#[test]
fn a_key_that_cannot_be_used_is_named_and_not_shown() {
    let (files, client) = (Files::new(), client());
    let good = files.identity(&client);
    let other = KeyPair::generate().unwrap().serialize_pem();
    for (name, text, reason) in [
        ("other.key", other.as_str(), "does not fit the certificate"),
        ("none.key", "s3cret", "holds no private key"),
        (
            "encrypted.key",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nczNjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "is encrypted",
        ),
        (
            "old.key",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nczNjcmV0\n-----END RSA PRIVATE KEY-----\n",
            "is encrypted",
        ),
        ("junk.key", "-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----\n", "cannot be used"),
    ] {
        let key = files.write(name, text);
        let identity = Identity { key: key.clone(), ..good.clone() };
        let failure = refused(&TlsOptions { identity: Some(identity), ..options(Verify::None, Roots::System) });
        let expected = format!("the client's key {} {reason}", key.display());
        assert!(failure.message.starts_with(&expected), "{failure}");
        for secret in ["s3cret", "czNjcmV0"] {
            assert!(!format!("{failure:?}").contains(secret), "{failure:?}");
        }
    }
}

#[test]
fn a_client_certificate_that_is_missing_is_named() {
    let files = Files::new();
    let identity = Identity { certificate: "/no/such.crt".into(), ..files.identity(&client()) };
    let failure = refused(&TlsOptions { identity: Some(identity), ..options(Verify::None, Roots::System) });
    assert_eq!(failure.message, "the client's certificate /no/such.crt does not exist");
}
