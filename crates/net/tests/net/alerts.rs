//! Servers that break TLS off, or do not speak it.

use std::sync::Arc;

use dbprobe_core::{Class, Failure};
use dbprobe_net::{Roots, TlsOptions, Verify, describe, io_failure};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::version::{TLS12, TLS13};
use tokio::io::AsyncReadExt;

use crate::authority::{Authority, Files, Issued, server};
use crate::server::{Server, Settings, options, told};

fn trusting(root: &Authority) -> Arc<dyn ClientCertVerifier> {
    let mut roots = RootCertStore::empty();
    roots.add(root.certificate.clone()).unwrap();
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider())).build().unwrap()
}

fn unverified() -> TlsOptions {
    options(Verify::None, Roots::System)
}

/// With TLS 1.3 a server judges the client's certificate after the handshake: the first read tells.
async fn first_byte(server: &Server, options: &TlsOptions) -> Result<u8, Failure> {
    let mut stream = server.connect("db", options).await?;
    stream.read_u8().await.map_err(|error| io_failure(&error, "logging in"))
}

async fn with_clients(
    versions: &[&'static rustls::SupportedProtocolVersion],
    client: Option<&Issued>,
    root: &Authority,
) -> Result<u8, Failure> {
    let files = Files::new();
    let issued = root.issue(&server("db", &["db"]));
    let server = Server::tls(&issued, Settings { versions, clients: trusting(root), ..Settings::default() }).await;
    let identity = client.map(|client| files.identity(client));
    first_byte(&server, &TlsOptions { identity, ..unverified() }).await
}

#[tokio::test]
async fn a_client_certificate_that_is_missing_is_a_missing_credential() {
    let root = Authority::root("Our Root");
    for version in [&TLS12, &TLS13] {
        let (class, code, _) = told(with_clients(&[version], None, &root).await);
        assert_eq!((class, code.as_deref()), (Class::Auth, Some("certificate_required")));
    }
}

#[tokio::test]
async fn a_client_certificate_that_the_server_does_not_trust_is_told_as_ours() {
    let (root, other) = (Authority::root("Our Root"), Authority::root("Other Root"));
    let client = other.issue(&server("app", &[]));
    for version in [&TLS12, &TLS13] {
        let (class, code, message) = told(with_clients(&[version], Some(&client), &root).await);
        assert_eq!((class, code.as_deref()), (Class::Certificate, Some("unknown_ca")));
        assert_eq!(message, "the server did not accept the client certificate");
    }
}

#[tokio::test]
async fn a_client_certificate_that_the_server_trusts_is_accepted() {
    let root = Authority::root("Our Root");
    let client = root.issue(&server("app", &[]));
    for version in [&TLS12, &TLS13] {
        assert_eq!(with_clients(&[version], Some(&client), &root).await.unwrap(), b'!');
    }
}

#[tokio::test]
async fn an_older_version_of_tls_is_described() {
    let root = Authority::root("Our Root");
    let server =
        Server::tls(&root.issue(&server("db", &[])), Settings { versions: &[&TLS12], ..Settings::default() }).await;
    let stream = server.connect("db", &unverified()).await.unwrap();
    let tls = describe(&stream, Verify::None);
    assert_eq!(tls.version.as_deref(), Some("TLSv1.2"));
    assert_eq!(tls.cipher.as_deref(), Some("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));
}

#[tokio::test]
async fn an_application_protocol_that_the_server_does_not_speak_is_named_so() {
    let root = Authority::root("Our Root");
    let server = Server::tls(&root.issue(&server("db", &[])), Settings::default()).await;
    let (class, code, _) = told(server.connect("db", &TlsOptions { alpn: vec![b"h2".to_vec()], ..unverified() }).await);
    assert_eq!((class, code.as_deref()), (Class::Tls, Some("no_application_protocol")));
}

/// Alerts as they stand on the wire: content type 21, version, length 2, level fatal, number.
#[tokio::test]
async fn the_servers_own_alert_is_the_code() {
    for (alert, class, code) in [
        (b"\x15\x03\x03\x00\x02\x02\x46", Class::Tls, "protocol_version"),
        (b"\x15\x03\x03\x00\x02\x02\x28", Class::Tls, "handshake_failure"),
        (b"\x15\x03\x03\x00\x02\x02\x70", Class::Tls, "unrecognized_name"),
        (b"\x15\x03\x03\x00\x02\x02\x31", Class::Auth, "access_denied"),
    ] {
        let (was, told, _) = told(Server::saying(alert).await.connect("db", &unverified()).await);
        assert_eq!((was, told.as_deref()), (class, Some(code)));
    }
}

#[tokio::test]
async fn a_peer_that_does_not_speak_tls_is_told_by_its_answer() {
    let answers: [&[u8]; 5] = [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"220 mail.example.com ESMTP\r\n",
        b"\x4a\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB\x00\x08\x00\x00\x00abcdefgh\x00\xfe\xf7\x2d",
        b"-ERR unknown command\r\n",
    ];
    for answer in answers {
        let (class, _, message) = told(Server::saying(answer).await.connect("db", &unverified()).await);
        assert_eq!(class, Class::Protocol, "{message}");
        assert!(message.starts_with("the peer did not answer in TLS"), "{message}");
    }
}

#[tokio::test]
async fn a_peer_that_closes_is_a_lost_connection() {
    let (class, code, _) = told(Server::saying(b"").await.connect("db", &unverified()).await);
    assert_eq!((class, code), (Class::Reset, None));
    // Closing with unread data makes the kernel send a reset.
    let server = Server::start(|stream| async move {
        let _ = stream.readable().await;
        drop(stream);
    })
    .await;
    let (class, code, _) = told(server.connect("db", &unverified()).await);
    assert_eq!((class, code.as_deref()), (Class::Reset, Some("ECONNRESET")));
}

#[tokio::test]
async fn a_name_that_no_server_can_be_told_is_refused_and_not_shown() {
    let server = Server::saying(b"").await;
    let (class, _, message) = told(server.connect("s3cret@db", &unverified()).await);
    assert_eq!(class, Class::Config);
    assert!(!message.contains("s3cret"));
}
