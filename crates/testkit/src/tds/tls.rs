//! The server's side of TLS: its certificate, and what it offers.

use std::io;
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls::SupportedProtocolVersion;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::version::{TLS12, TLS13};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::settings::Identity;
use super::stream::{Packets, Socket};

/// The protocol that a client of TDS 8.0 has to ask for ([MS-TDS] 2.1, "ALPN").
const ALPN: &[u8] = b"tds/8.0";

/// Both ways into TLS.
pub(super) struct Tls {
    inside: TlsAcceptor,
    strict: TlsAcceptor,
}

impl Tls {
    /// # Panics
    ///
    /// When the identity is none.
    pub(super) fn new(identity: &Identity) -> Self {
        // TLS 1.3 sends its tickets when the client is already past the handshake, and would have them in packets no more:
        // SQL Server speaks 1.2 inside TDS 7.x, and 1.3 only in TDS 8.0.
        let inside = config(identity, &[&TLS12]);
        let mut strict = config(identity, &[&TLS13, &TLS12]);
        strict.alpn_protocols = vec![ALPN.to_vec()];
        Self { inside: TlsAcceptor::from(Arc::new(inside)), strict: TlsAcceptor::from(Arc::new(strict)) }
    }

    /// The handshake of TDS 7.x, inside of PRELOGIN packets.
    pub(super) async fn inside(&self, socket: Socket) -> io::Result<TlsStream<Packets>> {
        let mut tls = handshake(&self.inside, Packets::on(socket)).await?;
        tls.flush().await?;
        tls.get_mut().0.off();
        Ok(tls)
    }

    /// The handshake of TDS 8.0, before everything else.
    pub(super) async fn strict(&self, socket: Socket) -> io::Result<TlsStream<Packets>> {
        let tls = handshake(&self.strict, Packets::without(socket)).await?;
        match tls.get_ref().1.alpn_protocol() {
            Some(ALPN) => Ok(tls),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the client did not ask for tds/8.0")),
        }
    }
}

async fn handshake(acceptor: &TlsAcceptor, packets: Packets) -> io::Result<TlsStream<Packets>> {
    match acceptor.accept(packets).into_fallible().await {
        Ok(tls) => Ok(tls),
        Err((error, mut packets)) => {
            // The alert that says why is still in there.
            packets.flush().await?;
            Err(error)
        }
    }
}

fn config(identity: &Identity, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(identity.chain.as_bytes())
        .collect::<Result<_, _>>()
        .expect("certificates in PEM");
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("a private key in PEM");
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .expect("the provider knows TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate and its key");
    // A resumed handshake ends with the client's message, and a test shall see the same handshake every time.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config
}

/// A certificate for `localhost` and 127.0.0.1 that signs itself and is no authority.
pub(super) fn own_identity() -> Identity {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
    let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("names");
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let certificate = params.self_signed(&key).expect("a certificate");
    Identity::new(certificate.pem(), key.serialize_pem())
}
