//! TLS, users and headers, over real connections.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get as route;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;

use super::client::{Server, get, rest, start};
use super::sample;
use crate::http::router;
use crate::web::Web;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// A certificate for `name` and its key, both PEM.
fn issue(authority: &Issuer, name: &str) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    (params.signed_by(&key, authority).expect("a certificate").pem(), key.serialize_pem())
}

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        std::fs::write(directory.join(name), text).expect("written");
    }
}

async fn serve(directory: &TempDir, web: &str) -> Server {
    write(directory.path(), &[("web.yml", web)]);
    let web = Web::load(&directory.path().join("web.yml")).expect("a web configuration");
    let router = Router::new().route("/", route(async || "hello"));
    start(router, web, 8).await
}

/// What the server answers to a client that trusts `authority`, and the certificate that it showed.
async fn ask(
    server: &Server,
    authority: &Issuer,
    identity: Option<&(String, String)>,
) -> Result<(String, Vec<u8>), std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("a root");
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate")];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
            builder.with_client_auth_cert(chain, key).expect("an identity")
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").expect("a name");
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await?;
    stream.write_all(get("/", "Connection: close\r\n").as_bytes()).await?;
    let answer = rest(&mut stream).await;
    let shown = stream.get_ref().1.peer_certificates().map(|chain| chain[0].to_vec()).unwrap_or_default();
    Ok((answer, shown))
}

async fn admitted(server: &Server, authority: &Issuer, identity: Option<&(String, String)>) -> bool {
    // With TLS 1.3 a refusal comes after the client's side of the handshake: then there is no answer.
    ask(server, authority, identity).await.is_ok_and(|(answer, _)| answer.ends_with("hello"))
}

#[tokio::test]
async fn clients_need_a_certificate_of_the_right_authority_and_name() {
    let (ours, theirs, directory) = (authority(), authority(), TempDir::new().expect("a directory"));
    let (certificate, key) = issue(&ours, "localhost");
    write(directory.path(), &[("tls.crt", &certificate), ("tls.key", &key), ("ca.crt", &ours.pem())]);
    let (good, unnamed, foreign) =
        (issue(&ours, "prometheus.example"), issue(&ours, "other.example"), issue(&theirs, "prometheus.example"));
    let section = |more: &str| format!("tls_server_config:\n  cert_file: tls.crt\n  key_file: tls.key\n{more}");
    let ca = "  client_ca_file: ca.crt\n  client_auth_type:";
    let cases = [
        (String::new(), [true, true, true, true]),
        ("  client_auth_type: RequestClientCert\n".to_owned(), [true, true, true, true]),
        ("  client_auth_type: RequireAnyClientCert\n".to_owned(), [false, true, true, true]),
        (format!("{ca} VerifyClientCertIfGiven\n"), [true, true, true, false]),
        (format!("{ca} RequireAndVerifyClientCert\n"), [false, true, true, false]),
        (
            format!("{ca} RequireAndVerifyClientCert\n  client_allowed_sans: [prometheus.example]\n"),
            [false, true, false, false],
        ),
    ];
    for (more, expected) in cases {
        let server = serve(&directory, &section(&more)).await;
        let mut seen = Vec::new();
        for identity in [None, Some(&good), Some(&unnamed), Some(&foreign)] {
            seen.push(admitted(&server, &ours, identity).await);
        }
        assert_eq!(seen, expected, "{more}");
    }
}

#[tokio::test]
async fn a_renewed_certificate_needs_no_restart_and_a_broken_one_changes_nothing() {
    let (ours, directory) = (authority(), TempDir::new().expect("a directory"));
    let (first, second) = (issue(&ours, "localhost"), issue(&ours, "localhost"));
    let shown = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate").to_vec();
    write(directory.path(), &[("tls.crt", &first.0), ("tls.key", &first.1)]);
    let server = serve(&directory, "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n").await;
    assert_eq!(ask(&server, &ours, None).await.expect("an answer").1, shown(&first.0));
    // The clock stands still but for these jumps, so that the files are looked at again.
    tokio::time::pause();
    for (files, expected) in [
        ([("tls.crt", "broken"), ("tls.key", first.1.as_str())], &first.0),
        ([("tls.crt", second.0.as_str()), ("tls.key", first.1.as_str())], &first.0),
        ([("tls.crt", second.0.as_str()), ("tls.key", second.1.as_str())], &second.0),
    ] {
        write(directory.path(), &files);
        tokio::time::advance(Duration::from_secs(2)).await;
        tokio::time::resume();
        assert_eq!(ask(&server, &ours, None).await.expect("an answer").1, shown(expected));
        tokio::time::pause();
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_speak_tls_costs_only_its_own_connection() {
    let (ours, directory) = (authority(), TempDir::new().expect("a directory"));
    let (certificate, key) = issue(&ours, "localhost");
    write(directory.path(), &[("tls.crt", &certificate), ("tls.key", &key)]);
    let server = serve(&directory, "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n").await;
    for start in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\xff\xff\xff\xff", b"\x16\x03\x01\x00\x05"] {
        let mut stream = server.connect().await;
        stream.write_all(start).await.expect("sent");
        assert!(!rest(&mut stream).await.contains("hello"));
    }
    let mut silent = server.connect().await;
    assert_eq!(rest(&mut silent).await, "");
    tokio::time::resume();
    assert!(admitted(&server, &ours, None).await);
}

fn basic(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn users_are_asked_for_their_password_and_health_paths_may_be_exempt() {
    let directory = TempDir::new().expect("a directory");
    let hash = bcrypt::hash("hunter2", 4).expect("a hash");
    let web = format!(
        "basic_auth_users: {{alice: '{hash}'}}\nauth_exempt: [/healthz, /readyz, /health]\n\
         http_server_config: {{http2: true, headers: {{X-Frame-Options: deny, Content-Security-Policy: ''}}}}\n"
    );
    write(directory.path(), &[("web.yml", &web)]);
    let web = Web::load(&directory.path().join("web.yml")).expect("a web configuration");
    let (service, _reloads) = sample::service(vec![sample::unseen("secret-name")]);
    let server = start(router(service), web, 8).await;
    let status = |answer: &str| answer[9..12].to_owned();
    let refused = server.fetch("/metrics", "").await;
    assert!(refused.contains("\r\nwww-authenticate: Basic realm=\"dbprobe\", charset=\"UTF-8\"\r\n"), "{refused}");
    assert!(refused.contains("\r\nx-frame-options: deny\r\n"), "{refused}");
    for (path, headers, expected) in [
        ("/metrics", String::new(), "401"),
        ("/metrics", basic("alice", "hunter2"), "200"),
        ("/metrics", basic("alice", "wrong"), "401"),
        ("/metrics", basic("bob", "hunter2"), "401"),
        ("/livez", String::new(), "401"),
        ("/healthz", String::new(), "200"),
        ("//healthz", String::new(), "401"),
        ("/nothing", String::new(), "401"),
    ] {
        assert_eq!(status(&server.fetch(path, &headers).await), expected, "{path} {headers}");
    }
    let undetailed = server.fetch("/readyz", "").await;
    assert!(undetailed.ends_with(r#"{"status":"starting"}"#), "{undetailed}");
    let detailed = server.fetch("/readyz", &basic("alice", "hunter2")).await;
    assert!(detailed.ends_with(r#"{"status":"starting","waiting_for":1}"#), "{detailed}");
    let health = server.fetch("/health", "").await;
    assert!(!health.contains("secret-name") && health.contains(r#"{"status":"degraded","version":""#), "{health}");
    assert!(server.fetch("/health", &basic("alice", "hunter2")).await.contains("secret-name"));
}
