//! Servers of this machine, and a client as an engine is one.

use std::net::SocketAddr;
use std::sync::Arc;

use dbprobe_core::Failure;
use dbprobe_net::{Roots, TlsOptions, Verify, client_config, dial, handshake};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoClientAuth, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{NamedGroup, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::client::TlsStream;

use crate::authority::Issued;

/// What a server does.
pub(crate) struct Settings<'a> {
    pub(crate) versions: &'a [&'static SupportedProtocolVersion],
    pub(crate) clients: Arc<dyn ClientCertVerifier>,
    /// Whether P-256 is the only curve, as in PostgreSQL up to 17.
    pub(crate) p256_only: bool,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self { versions: rustls::ALL_VERSIONS, clients: Arc::new(NoClientAuth), p256_only: false }
    }
}

/// A server that ends with its test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Accepts one connection after the other and does with it what `serve` says.
    pub(crate) async fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream).await;
            }
        });
        Self { address, task }
    }

    /// Presents `issued`, then sends `!` and waits for the end.
    pub(crate) async fn tls(issued: &Issued, settings: Settings<'_>) -> Self {
        let key = default_provider().key_provider.load_private_key(issued.key_der()).unwrap();
        let certified = CertifiedKey::new(issued.chain.clone(), key);
        let mut provider = default_provider();
        provider.kx_groups.retain(|group| !settings.p256_only || group.name() == NamedGroup::secp256r1);
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(settings.versions)
            .unwrap()
            .with_client_cert_verifier(settings.clients)
            .with_cert_resolver(Arc::new(Only(Arc::new(certified))));
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::start(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let _ = stream.write_all(b"!").await;
                    let _ = stream.read(&mut [0]).await;
                }
            }
        })
        .await
    }

    /// Reads what a client begins with, sends `answer`, and closes.
    pub(crate) async fn saying(answer: &'static [u8]) -> Self {
        Self::start(move |mut stream| async move {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer).await;
        })
        .await
    }

    /// Connects as an engine does.
    pub(crate) async fn connect(&self, name: &str, options: &TlsOptions) -> Result<TlsStream<TcpStream>, Failure> {
        let stream = dial(&[self.address]).await?;
        handshake(client_config(options)?, name, stream).await
    }
}

/// A certificate that is presented unread: rustls itself would refuse some that OpenSSL presents.
#[derive(Debug)]
struct Only(Arc<CertifiedKey>);

impl ResolvesServerCert for Only {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

pub(crate) fn options(verify: Verify, roots: Roots) -> TlsOptions {
    TlsOptions { verify, roots, identity: None, alpn: Vec::new(), p256_first: false }
}

/// The class and the code of a failure, and its message, which the test also looks at.
pub(crate) fn told<T>(result: Result<T, Failure>) -> (dbprobe_core::Class, Option<String>, String) {
    match result {
        Ok(_) => panic!("it was accepted"),
        Err(failure) => (failure.class, failure.code, failure.message),
    }
}
