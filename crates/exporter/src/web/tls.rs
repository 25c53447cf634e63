//! `tls_server_config`: the certificate of the server, which is read again when it was renewed.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use dbprobe_core::Secret;
use rustls::ServerConfig;
use serde_saphyr::{Location, Spanned};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::clients::{ClientAuth, verifier};
use super::file::{Hidden, Text, TlsSection};
use super::material::{Material, Place, Places};
use super::reader::Reader;
use super::suites::Suites;

/// How often the files are looked at, at most.
const LOOK: Duration = Duration::from_secs(1);

/// TLS as the file asks for it.
#[derive(Debug)]
pub(super) struct Tls {
    settings: Settings,
    config: RwLock<Arc<ServerConfig>>,
    seen: Mutex<Seen>,
}

#[derive(Clone, Debug)]
struct Settings {
    places: Places,
    suites: Suites,
    auth: ClientAuth,
    sans: Vec<String>,
    server_order: bool,
}

/// What the files held when they were looked at last.
struct Seen {
    at: Instant,
    material: Material,
    /// A mistake that was logged already.
    mistake: Option<String>,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").field("at", &self.at).field("mistake", &self.mistake).finish_non_exhaustive()
    }
}

impl Tls {
    /// What the file asks for, with its certificates.
    pub(super) fn read(reader: &mut Reader<'_>, section: Spanned<TlsSection>) -> Option<Self> {
        let at = section.referenced;
        let settings = Settings::read(reader, section)?;
        let built = settings.places.load().and_then(|material| Ok((settings.config(&material)?, material)));
        match built {
            Ok((config, material)) => {
                let seen = Mutex::new(Seen { at: Instant::now(), material, mistake: None });
                Some(Self { settings, config: RwLock::new(Arc::new(config)), seen })
            }
            Err(message) => {
                reader.refuse(at, message, "check the files and their permissions");
                None
            }
        }
    }

    /// The configuration for a new handshake. Once a second at most the files are looked at, away from the threads that
    /// serve; while one handshake looks, the others go on with what there is.
    pub(super) async fn acceptor(&self) -> TlsAcceptor {
        if self.settings.places.are_files()
            && let Ok(mut seen) = self.seen.try_lock()
            && seen.at.elapsed() >= LOOK
        {
            seen.at = Instant::now();
            let places = self.settings.places.clone();
            let loaded = tokio::task::spawn_blocking(move || places.load()).await;
            self.renew(&mut seen, loaded.unwrap_or_else(|_| Err("the files cannot be read".to_owned())));
        }
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&config))
    }

    /// A broken certificate keeps the old one. It is said once, not at every handshake.
    fn renew(&self, seen: &mut Seen, loaded: Result<Material, String>) {
        let built = match loaded {
            Ok(material) if material == seen.material => {
                seen.mistake = None;
                return;
            }
            Ok(material) => self.settings.config(&material).map(|config| (config, material)),
            Err(message) => Err(message),
        };
        match built {
            Ok((config, material)) => {
                tracing::info!("the server's certificate was read again");
                *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                (seen.material, seen.mistake) = (material, None);
            }
            Err(message) if seen.mistake.as_ref() == Some(&message) => {}
            Err(message) => {
                tracing::error!(reason = message, "the new certificate cannot be used, the old one stays");
                seen.mistake = Some(message);
            }
        }
    }
}

impl Settings {
    fn read(reader: &mut Reader<'_>, section: Spanned<TlsSection>) -> Option<Self> {
        let Spanned { value: mut section, referenced: at, .. } = section;
        let suites = Suites::read(reader, &section);
        let auth = auth(reader, &section);
        let key = section.key.take().map(|Spanned { value: Hidden(key), referenced, .. }| (key, referenced));
        let certificate = place(reader, ["cert", "cert_file"], inline(section.cert), section.cert_file);
        let key = place(reader, ["key", "key_file"], key, section.key_file);
        let authorities =
            place(reader, ["client_ca", "client_ca_file"], inline(section.client_ca), section.client_ca_file);
        let sans: Vec<Text> = section.client_allowed_sans.unwrap_or_default();
        match (auth.verifies(), &authorities) {
            (true, None) => {
                reader.refuse(at, "clients are to be verified, but there is no authority", "set `client_ca_file`")
            }
            (false, Some(_)) => {
                let advice = "set `client_auth_type: RequireAndVerifyClientCert`";
                reader.refuse(at, "there is an authority for clients, but none is verified", advice);
            }
            _ => {}
        }
        if let Some(san) = sans.first().filter(|_| !auth.verifies()) {
            let advice = "set `client_auth_type: RequireAndVerifyClientCert`";
            reader.refuse(san.referenced, "names of clients mean nothing while no client is verified", advice);
        }
        for (missing, keys) in [(certificate.is_none(), "cert_file"), (key.is_none(), "key_file")] {
            if missing {
                reader.refuse(at, format!("the key `{keys}` is missing"), "TLS needs a certificate and its key");
            }
        }
        let sans = sans.into_iter().map(|san| san.value).collect();
        let places = Places { certificate: certificate?, key: key?, authorities };
        let server_order = section.prefer_server_cipher_suites.unwrap_or(true);
        Some(Self { places, suites, auth, sans, server_order })
    }

    /// # Errors
    /// What is wrong with the certificates, or does not fit together.
    fn config(&self, material: &Material) -> Result<ServerConfig, String> {
        let provider = &self.suites.provider;
        let clients = verifier(self.auth, material.authorities()?, &self.sans, provider)?;
        let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
            .with_protocol_versions(&self.suites.versions)
            .map_err(|error| format!("versions, cipher suites and curves do not fit together: {error}"))?
            .with_client_cert_verifier(clients)
            .with_single_cert(material.chain()?, material.key()?)
            .map_err(|error| format!("the server's certificate and its key cannot be used: {error}"))?;
        config.ignore_client_order = self.server_order;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn inline(text: Option<Text>) -> Option<(Secret, Location)> {
    text.map(|text| (Secret::new(text.value), text.referenced))
}

/// One of two keys; both are a mistake. An empty text is none, as in exporter-toolkit.
fn place(
    reader: &mut Reader<'_>,
    [inline_key, file_key]: [&str; 2],
    inline: Option<(Secret, Location)>,
    file: Option<Text>,
) -> Option<Place> {
    let inline = inline.filter(|(text, _)| !text.expose().is_empty());
    let file = file.filter(|file| !file.value.is_empty());
    match (inline, file) {
        (Some(_), Some(file)) => {
            let message = format!("`{inline_key}` and `{file_key}` are both there");
            reader.refuse(file.referenced, message, "leave one of them out");
            None
        }
        (Some((text, _)), None) => Some(Place::Inline(text)),
        (None, Some(file)) => Some(Place::File(reader.path(&file.value))),
        (None, None) => None,
    }
}

fn auth(reader: &mut Reader<'_>, section: &TlsSection) -> ClientAuth {
    let Some(name) = &section.client_auth_type else { return ClientAuth::None };
    ClientAuth::parse(&name.value).unwrap_or_else(|| {
        let advice = "write NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or \
                      RequireAndVerifyClientCert";
        reader.refuse(name.referenced, "there is no such policy for clients' certificates", advice);
        ClientAuth::None
    })
}
