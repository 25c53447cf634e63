//! Certificates that are accepted, and those that are not.

use dbprobe_core::Class;
use dbprobe_net::{
    LateTls, Roots, TlsOptions, Verify, client_config, describe, dial, handshake, peer_certificate, presented,
};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::HandshakeKind;
use rustls::pki_types::CertificateDer;
use tokio::io::AsyncReadExt;

use crate::authority::{Authority, Files, Issued, authority, expired, self_signed, server};
use crate::server::{Server, Settings, options, told};

const NAME: &str = "db.example.com";

/// What comes of verifying `issued` for `name`, with `roots` trusted: nothing, or the code of class `certificate` and
/// the message.
async fn verdict(
    issued: &Issued,
    roots: &[&CertificateDer<'_>],
    verify: Verify,
    name: &str,
) -> Option<(String, String)> {
    let files = Files::new();
    let server = Server::tls(issued, Settings::default()).await;
    match server.connect(name, &options(verify, files.roots(roots))).await {
        Ok(_) => None,
        Err(failure) => {
            assert_eq!(failure.class, Class::Certificate, "{failure}");
            assert!(failure.advice.is_some());
            Some((failure.code.unwrap(), failure.message))
        }
    }
}

async fn code(issued: &Issued, roots: &[&CertificateDer<'_>], verify: Verify, name: &str) -> Option<String> {
    verdict(issued, roots, verify, name).await.map(|(code, _)| code)
}

#[tokio::test]
async fn a_good_certificate_is_accepted_and_described() {
    let (root, files) = (Authority::root("Our Root"), Files::new());
    let mut params = server("db", &[NAME]);
    params.not_after = date_time_ymd(9999, 12, 31);
    let issued = root.issue(&params);
    let server = Server::tls(&issued, Settings::default()).await;
    let mut options = options(Verify::Full, files.roots(&[&root.certificate]));
    options.alpn = vec![b"postgresql".to_vec()];
    let stream = server.connect(NAME, &options).await.unwrap();
    let tls = describe(&stream, Verify::Full);
    assert_eq!(tls.version.as_deref(), Some("TLSv1.3"));
    assert_eq!(tls.cipher.as_deref(), Some("TLS_AES_256_GCM_SHA384"));
    assert_eq!(tls.verified.as_deref(), Some("full"));
    assert_eq!((tls.subject.as_deref(), tls.issuer.as_deref()), (Some("CN=db"), Some("CN=Our Root")));
    assert_eq!(tls.not_before.map(|at| at.to_string()).as_deref(), Some("1975-01-01T00:00:00Z"));
    assert!(tls.not_after.unwrap().to_string().starts_with("9999-12-30T"), "the last day that a timestamp can hold");
    assert!(tls.days_left.is_some_and(|days| days > 2_000_000));
    assert_eq!(peer_certificate(&stream), Some(issued.chain[0].as_ref()));
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"postgresql"[..]));
}

#[tokio::test]
async fn an_expired_certificate_is_named_with_its_last_day() {
    let root = Authority::root("Our Root");
    let issued = root.issue(&expired(server("db", &[NAME])));
    for verify in [Verify::Full, Verify::Ca] {
        let (code, message) = verdict(&issued, &[&root.certificate], verify, NAME).await.unwrap();
        assert_eq!(code, "expired");
        assert_eq!(message, "the server's certificate (CN=db) expired at 2002-03-04T00:00:00Z");
    }
    let files = Files::new();
    let server = Server::tls(&issued, Settings::default()).await;
    let stream = server.connect(NAME, &options(Verify::None, files.roots(&[&root.certificate]))).await.unwrap();
    let tls = describe(&stream, Verify::None);
    assert!(tls.days_left.is_some_and(|days| days < -8000));
    assert_eq!(tls.verified.as_deref(), Some("none"));
}

#[tokio::test]
async fn a_certificate_of_the_future_is_not_yet_valid() {
    let root = Authority::root("Our Root");
    let mut params = server("db", &[NAME]);
    params.not_before = date_time_ymd(3000, 1, 1);
    let (code, message) = verdict(&root.issue(&params), &[&root.certificate], Verify::Ca, NAME).await.unwrap();
    assert_eq!(code, "not_yet_valid");
    assert!(message.ends_with("is only valid from 3000-01-01T00:00:00Z"), "{message}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_accepted_only_where_names_do_not_count() {
    let root = Authority::root("Our Root");
    let issued = root.issue(&server("db", &["a.example.com", "*.b.example.com", "10.0.0.1"]));
    let (code, message) = verdict(&issued, &[&root.certificate], Verify::Full, NAME).await.unwrap();
    assert_eq!(code, "name_mismatch");
    assert!(
        message.ends_with("is made for a.example.com, *.b.example.com, 10.0.0.1, not for \"db.example.com\""),
        "{message}"
    );
    assert_eq!(verdict(&issued, &[&root.certificate], Verify::Ca, NAME).await, None);
    assert_eq!(verdict(&issued, &[&root.certificate], Verify::Full, "x.b.example.com").await, None);
    assert_eq!(verdict(&issued, &[&root.certificate], Verify::Full, "A.example.com.").await, None);
}

#[tokio::test]
async fn a_certificate_that_was_not_accepted_can_be_looked_at() {
    let (root, other, files) = (Authority::root("Our Root"), Authority::root("Other Root"), Files::new());
    let issued = other.issue(&server("db", &["a.example", "10.0.0.1"]));
    let server = Server::tls(&issued, Settings::default()).await;
    let roots = files.roots(&[&root.certificate]);
    let failure = server.connect(NAME, &options(Verify::Full, roots.clone())).await.unwrap_err();
    let seen = presented(&failure).expect("what stands in it");
    assert_eq!((seen.subject.as_str(), seen.issuer.as_str()), ("CN=db", "CN=Other Root"));
    assert_eq!(seen.names, ["a.example", "10.0.0.1"]);
    assert!(!seen.is_self_issued && seen.chain >= 1 && seen.not_before < seen.not_after, "{seen:?}");
    // A handshake that is judged only when it is over tells the same.
    let late = LateTls::new(&options(Verify::Full, roots)).unwrap();
    let stream = dial(&[server.address]).await.unwrap();
    let (_, judgement) = late.handshake(NAME, stream).await.unwrap();
    assert_eq!(presented(&judgement.unwrap_err()), Some(seen));
    assert_eq!(presented(&dial(&[]).await.unwrap_err()), None);
}

#[tokio::test]
async fn an_issuer_that_is_not_trusted_is_named() {
    let (root, other) = (Authority::root("Our Root"), Authority::root("Other Root"));
    let issued = other.issue(&server("db", &[NAME]));
    for verify in [Verify::Full, Verify::Ca] {
        let (code, message) = verdict(&issued, &[&root.certificate], verify, NAME).await.unwrap();
        assert_eq!(code, "unknown_issuer");
        assert!(message.ends_with("comes from CN=Other Root, which is not trusted"), "{message}");
    }
    assert_eq!(verdict(&issued, &[&root.certificate], Verify::None, NAME).await, None);
    assert_eq!(verdict(&issued, &[&root.certificate, &other.certificate], Verify::Full, NAME).await, None);
}

#[tokio::test]
async fn a_self_signed_certificate_is_accepted_where_it_is_a_root() {
    let other = Authority::root("Our Root");
    for params in [server("db", &[NAME]), with_names(authority("db"), &[NAME])] {
        let issued = self_signed(&params);
        let own = &issued.chain[0];
        assert_eq!(verdict(&issued, &[own], Verify::Full, NAME).await, None);
        assert_eq!(verdict(&issued, &[own], Verify::Ca, "other").await, None);
        assert_eq!(code(&issued, &[own], Verify::Full, "other").await.as_deref(), Some("name_mismatch"));
        let old = self_signed(&expired(params.clone()));
        assert_eq!(code(&old, &[&old.chain[0]], Verify::Ca, NAME).await.as_deref(), Some("expired"));
        // A certificate of the same content under another key is another one.
        let twin = self_signed(&params);
        assert!(code(&twin, &[own], Verify::Ca, NAME).await.is_some());
        assert!(code(&issued, &[&other.certificate], Verify::Ca, NAME).await.is_some());
    }
}

fn with_names(mut params: CertificateParams, names: &[&str]) -> CertificateParams {
    params.subject_alt_names = server("", names).subject_alt_names;
    params
}

#[tokio::test]
async fn a_self_signed_certificate_that_is_no_root_is_told_by_its_kind() {
    let root = Authority::root("Our Root");
    let (code, message) =
        verdict(&self_signed(&server("db", &[NAME])), &[&root.certificate], Verify::Ca, NAME).await.unwrap();
    assert_eq!(code, "unknown_issuer");
    assert!(message.ends_with("is self-signed and not among the trusted roots"), "{message}");
    let (code, message) =
        verdict(&self_signed(&authority("db")), &[&root.certificate], Verify::Ca, NAME).await.unwrap();
    assert_eq!(code, "ca_as_server");
    assert!(message.contains("CA:TRUE"), "{message}");
}

#[tokio::test]
async fn an_address_is_held_against_the_addresses_of_the_certificate() {
    let root = Authority::root("Our Root");
    let issued = root.issue(&server("10.0.0.9", &["127.0.0.1", "::1"]));
    for name in ["127.0.0.1", "::1", "[::1]"] {
        assert_eq!(verdict(&issued, &[&root.certificate], Verify::Full, name).await, None);
    }
    for name in ["127.0.0.2", "10.0.0.9"] {
        assert_eq!(code(&issued, &[&root.certificate], Verify::Full, name).await.as_deref(), Some("name_mismatch"));
    }
}

#[tokio::test]
async fn the_common_name_counts_only_where_no_name_of_the_kind_is_listed() {
    let root = Authority::root("Our Root");
    let roots = [&root.certificate];
    let alone = root.issue(&server(NAME, &[]));
    assert_eq!(verdict(&alone, &roots, Verify::Full, "DB.example.com").await, None);
    let (code_of_alone, message) = verdict(&alone, &roots, Verify::Full, "other").await.unwrap();
    assert_eq!(code_of_alone, "name_mismatch");
    assert!(message.ends_with("is made for db.example.com, not for \"other\""), "{message}");
    assert_eq!(verdict(&root.issue(&server("*.example.com", &[])), &roots, Verify::Full, NAME).await, None);
    assert_eq!(verdict(&root.issue(&server(NAME, &["10.0.0.1"])), &roots, Verify::Full, NAME).await, None);
    let beside = root.issue(&server(NAME, &["other"]));
    assert_eq!(code(&beside, &roots, Verify::Full, NAME).await.as_deref(), Some("name_mismatch"));
}

#[tokio::test]
async fn an_intermediate_authority_must_be_sent_and_valid() {
    let root = Authority::root("Our Root");
    let roots = [&root.certificate];
    let between = root.intermediate(authority("Between"));
    let mut issued = between.issue(&server("db", &[NAME]));
    let (code_of_missing, message) = verdict(&issued, &roots, Verify::Full, NAME).await.unwrap();
    assert_eq!(code_of_missing, "unknown_issuer");
    assert!(message.contains("CN=Between"), "{message}");
    issued.chain.push(between.certificate.clone());
    assert_eq!(verdict(&issued, &roots, Verify::Full, NAME).await, None);
    let old = root.intermediate(expired(authority("Between")));
    let mut issued = old.issue(&server("db", &[NAME]));
    issued.chain.push(old.certificate.clone());
    let (code_of_old, message) = verdict(&issued, &roots, Verify::Full, NAME).await.unwrap();
    assert_eq!(code_of_old, "expired");
    assert!(message.ends_with("has an issuer whose certificate expired at 2002-03-04T00:00:00Z"), "{message}");
}

#[tokio::test]
async fn a_server_without_the_key_is_refused_even_where_nothing_is_verified() {
    let root = Authority::root("Our Root");
    let mut issued = root.issue(&server("db", &[NAME]));
    issued.key = KeyPair::generate().unwrap();
    for verify in [Verify::None, Verify::Ca, Verify::Full] {
        assert_eq!(code(&issued, &[&root.certificate], verify, NAME).await.as_deref(), Some("untrusted"));
    }
}

#[tokio::test]
async fn a_certificate_for_clients_is_not_trusted_for_a_server() {
    let root = Authority::root("Our Root");
    let mut params = server("db", &[NAME]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_eq!(code(&root.issue(&params), &[&root.certificate], Verify::Ca, NAME).await.as_deref(), Some("untrusted"));
}

#[tokio::test]
async fn what_is_no_certificate_is_badly_encoded() {
    let root = Authority::root("Our Root");
    let mut issued = root.issue(&server("db", &[NAME]));
    issued.chain = vec![CertificateDer::from(b"0\x03\x02\x01\x01".to_vec())];
    assert_eq!(code(&issued, &[&root.certificate], Verify::Ca, NAME).await.as_deref(), Some("bad_encoding"));
}

#[tokio::test]
async fn the_roots_of_the_system_do_not_trust_an_authority_of_ours() {
    let issued = Authority::root("Our Root").issue(&server("db", &[NAME]));
    let server = Server::tls(&issued, Settings::default()).await;
    let (class, code, _) = told(server.connect(NAME, &options(Verify::Full, Roots::System)).await);
    assert_eq!((class, code.as_deref()), (Class::Certificate, Some("unknown_issuer")));
}

#[tokio::test]
async fn a_server_of_p256_alone_costs_no_further_round_trip_where_that_is_offered_first() {
    let issued = self_signed(&server("db", &[NAME]));
    let server = Server::tls(&issued, Settings { p256_only: true, ..Settings::default() }).await;
    for (p256_first, kind) in [(true, HandshakeKind::Full), (false, HandshakeKind::FullWithHelloRetryRequest)] {
        let options = TlsOptions { p256_first, ..options(Verify::None, Roots::System) };
        let stream = server.connect(NAME, &options).await.unwrap();
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(kind));
    }
}

/// The server's certificate is not sent again, but what it said is still known.
#[tokio::test]
async fn a_session_that_is_resumed_is_described_too() {
    let root = Authority::root("Our Root");
    let (files, issued) = (Files::new(), root.issue(&server("db", &[NAME])));
    let server = Server::tls(&issued, Settings::default()).await;
    let config = client_config(&options(Verify::Full, files.roots(&[&root.certificate]))).unwrap();
    for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let stream = dial(&[server.address]).await.unwrap();
        let mut stream = handshake(config.clone(), NAME, stream).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'!');
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(kind));
        assert_eq!(describe(&stream, Verify::Full).subject.as_deref(), Some("CN=db"));
    }
}
