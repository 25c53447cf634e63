//! Certificates of X.509 version 1, which `openssl x509 -req` makes unless it is told otherwise.

use dbprobe_core::Class;
use dbprobe_net::{Verify, describe};
use rcgen::{BasicConstraints, CertificateParams, GeneralSubtree, IsCa, KeyPair, NameConstraints, SigningKey};
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};
use x509_parser::asn1_rs::{Any, FromDer};

use crate::authority::{Authority, Files, Issued, authority, expired, self_signed, server};
use crate::server::{Server, Settings, options, told};

const NAME: &str = "db.example.com";

/// The same certificate without version and extensions, signed by `issuer`.
fn version_1(der: &CertificateDer<'_>, issuer: &KeyPair) -> CertificateDer<'static> {
    let elements = parts(content(der));
    let [signed, algorithm, _] = elements.as_slice() else { panic!("a certificate has three parts") };
    // The version is tagged 0 and the extensions are tagged 3.
    let kept: Vec<u8> =
        parts(content(signed)).into_iter().filter(|part| ![0xa0, 0xa3].contains(&part[0])).flatten().copied().collect();
    let signed = element(0x30, &kept);
    let signature = element(0x03, &[&[0], issuer.sign(&signed).unwrap().as_slice()].concat());
    element(0x30, &[signed.as_slice(), algorithm, &signature].concat()).into()
}

fn content(der: &[u8]) -> &[u8] {
    let (_, any) = Any::from_der(der).unwrap();
    &der[der.len() - any.data.len()..]
}

fn parts(mut der: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while !der.is_empty() {
        let (rest, _) = Any::from_der(der).unwrap();
        parts.push(&der[..der.len() - rest.len()]);
        der = rest;
    }
    parts
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    // Lengths must be as short as they can be.
    let length = match u16::try_from(content.len()).unwrap() {
        short @ 0..0x80 => vec![short as u8],
        medium @ 0x80..0x100 => vec![0x81, medium as u8],
        long => [&[0x82], long.to_be_bytes().as_slice()].concat(),
    };
    [&[tag], length.as_slice(), content].concat()
}

fn issue(root: &Authority, params: &CertificateParams) -> Issued {
    let mut issued = root.issue(params);
    issued.chain[0] = version_1(&issued.chain[0], root.issuer.key());
    issued
}

async fn verdict(issued: &Issued, root: &CertificateDer<'_>, verify: Verify, name: &str) -> Option<String> {
    let files = Files::new();
    let server = Server::tls(issued, Settings::default()).await;
    match server.connect(name, &options(verify, files.roots(&[root]))).await {
        Ok(_) => None,
        Err(failure) => {
            assert_eq!(failure.class, Class::Certificate, "{failure}");
            failure.code
        }
    }
}

#[tokio::test]
async fn one_that_a_root_signed_is_accepted_by_both_versions_of_tls() {
    let (root, files) = (Authority::root("Our Root"), Files::new());
    let issued = issue(&root, &server(NAME, &[]));
    for (version, shown) in [(&TLS12, "TLSv1.2"), (&TLS13, "TLSv1.3")] {
        let settings = Settings { versions: &[version], ..Settings::default() };
        let server = Server::tls(&issued, settings).await;
        for verify in [Verify::None, Verify::Ca, Verify::Full] {
            let stream = server.connect(NAME, &options(verify, files.roots(&[&root.certificate]))).await.unwrap();
            let tls = describe(&stream, verify);
            assert_eq!(tls.version.as_deref(), Some(shown));
            assert_eq!(tls.issuer.as_deref(), Some("CN=Our Root"));
        }
    }
}

#[tokio::test]
async fn it_is_judged_as_any_other() {
    let root = Authority::root("Our Root");
    let issued = issue(&root, &server(NAME, &[]));
    let old = issue(&root, &expired(server(NAME, &[])));
    assert_eq!(verdict(&issued, &root.certificate, Verify::Full, "other").await.as_deref(), Some("name_mismatch"));
    assert_eq!(verdict(&old, &root.certificate, Verify::Ca, NAME).await.as_deref(), Some("expired"));
}

#[tokio::test]
async fn an_authority_of_the_same_name_but_another_key_did_not_sign_it() {
    let (root, twin) = (Authority::root("Our Root"), Authority::root("Our Root"));
    let issued = issue(&root, &server(NAME, &[]));
    assert_eq!(verdict(&issued, &twin.certificate, Verify::Ca, NAME).await.as_deref(), Some("unknown_issuer"));
}

#[tokio::test]
async fn what_a_mere_server_signed_is_not_trusted() {
    let root = Authority::root("Our Root");
    // A root file may hold a server's own certificate: that does not make an authority of it.
    let peer = self_signed(&server("peer", &[]));
    let mut issued = root.issue(&server(NAME, &[]));
    let key = KeyPair::from_pem(&peer.key.serialize_pem()).unwrap();
    let by_peer =
        Authority { certificate: peer.chain[0].clone(), issuer: rcgen::Issuer::new(server("peer", &[]), key) };
    issued.chain[0] = version_1(&by_peer.issue(&server(NAME, &[])).chain[0], by_peer.issuer.key());
    assert_eq!(verdict(&issued, &peer.chain[0], Verify::Ca, NAME).await.as_deref(), Some("unknown_issuer"));
}

/// The second recipe of PostgreSQL's documentation.
#[tokio::test]
async fn an_authority_in_between_must_be_sent_and_be_one() {
    let (root, files) = (Authority::root("Our Root"), Files::new());
    let limited = |limit| {
        let mut params = authority("Between");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(limit));
        params
    };
    let mut elsewhere = authority("Between");
    let permitted_subtrees = vec![GeneralSubtree::DnsName("elsewhere.test".to_owned())];
    elsewhere.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    for (params, is_accepted) in [
        (authority("Between"), true),
        (limited(0), true),
        (server("Between", &[]), false),
        (expired(authority("Between")), false),
        (elsewhere, false),
    ] {
        let between = root.intermediate(params);
        let mut issued = issue(&between, &server(NAME, &[]));
        let missing = verdict(&issued, &root.certificate, Verify::Full, NAME).await;
        assert_eq!(missing.as_deref(), Some("unknown_issuer"));
        issued.chain.push(between.certificate.clone());
        let code = verdict(&issued, &root.certificate, Verify::Full, NAME).await;
        assert_eq!(code.as_deref(), (!is_accepted).then_some("unknown_issuer"));
    }
    for (limit, is_accepted) in [(1, true), (0, false)] {
        let upper = root.intermediate(limited(limit));
        let lower = upper.intermediate(authority("Lower"));
        let mut issued = issue(&lower, &server(NAME, &[]));
        issued.chain.extend([lower.certificate.clone(), upper.certificate.clone()]);
        let server = Server::tls(&issued, Settings::default()).await;
        let connected = server.connect(NAME, &options(Verify::Full, files.roots(&[&root.certificate]))).await;
        assert_eq!(connected.is_ok(), is_accepted, "{connected:?}");
    }
}

#[tokio::test]
async fn one_that_is_itself_a_root_is_accepted() {
    let mut issued = self_signed(&server(NAME, &[]));
    issued.chain[0] = version_1(&issued.chain[0], &issued.key);
    assert_eq!(verdict(&issued, &issued.chain[0], Verify::Full, NAME).await, None);
}

#[tokio::test]
async fn a_server_without_its_key_is_refused_even_where_nothing_is_verified() {
    let (root, files) = (Authority::root("Our Root"), Files::new());
    let mut issued = issue(&root, &server(NAME, &[]));
    issued.key = KeyPair::generate().unwrap();
    for version in [&TLS12, &TLS13] {
        let server = Server::tls(&issued, Settings { versions: &[version], ..Settings::default() }).await;
        let (class, code, _) =
            told(server.connect(NAME, &options(Verify::None, files.roots(&[&root.certificate]))).await);
        assert_eq!((class, code.as_deref()), (Class::Certificate, Some("untrusted")));
    }
}
