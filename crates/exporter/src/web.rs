//! The web configuration: TLS, users and headers, in the format of Prometheus' exporter-toolkit
//! (<https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md>).

mod file;

mod reader;

mod clients;
mod headers;
mod material;
mod rate;
mod suites;
mod users;

mod tls;

/// Reads the web configuration `file` with the certificates and keys that it names, and listens nowhere.
///
/// # Errors
/// Every mistake in it.
pub fn check_web_config(file: &Path) -> Result<(), Vec<ConfigError>> {
    Web::load(file).map(drop)
}

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderMap, HeaderValue};
use dbprobe_config::ConfigError;
use tokio_rustls::TlsAcceptor;

use file::File;
use rate::Rate;
use reader::Reader;
use tls::Tls;
use users::Users;

/// Paths that may be exempt from authentication: what they answer then tells nothing about a target.
const EXEMPTIBLE: [&str; 6] = ["/-/healthy", "/-/ready", "/health", "/healthz", "/livez", "/readyz"];

/// The web configuration that is in force. The default one is plain HTTP for everybody.
#[derive(Debug, Default)]
pub(crate) struct Web {
    current: RwLock<Arc<Terms>>,
}

/// What was read from one state of the file.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    tls: Option<Tls>,
    users: Option<Users>,
    exempt: Vec<String>,
    rate: Option<Rate>,
    headers: HeaderMap,
}

/// What a request is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Everything.
    Full,
    /// An answer without details.
    Undetailed,
    /// Nothing before there is a user and a password.
    Unauthenticated,
    /// Nothing now: there were too many requests.
    Limited,
}

impl Web {
    /// Reads a web configuration, with the certificates that it names.
    ///
    /// # Errors
    /// Every mistake that was found, with its place; never a hash or a key.
    pub(crate) fn load(file: &Path) -> Result<Self, Vec<ConfigError>> {
        Ok(Self { current: RwLock::new(Arc::new(Terms::load(file)?)) })
    }

    /// Reads it again, from `file` or as the default one. It counts for requests and connections from now on.
    ///
    /// # Errors
    /// Those of [`Web::load`]; the old one stays.
    pub(crate) fn reload(&self, file: Option<&Path>) -> Result<(), Vec<ConfigError>> {
        let terms = file.map_or_else(|| Ok(Terms::default()), Terms::load)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(terms);
        Ok(())
    }

    /// What is in force now.
    pub(crate) fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Terms {
    fn load(path: &Path) -> Result<Self, Vec<ConfigError>> {
        let File { tls_server_config, http_server_config, basic_auth_users, auth_exempt, rate_limit } =
            file::read(path).map_err(|error| vec![*error])?;
        let mut reader = Reader::new(path);
        let tls = tls_server_config.and_then(|section| Tls::read(&mut reader, section));
        let section = http_server_config.and_then(|section| section.headers).unwrap_or_default();
        let headers = headers::headers(&mut reader, &section);
        let users = basic_auth_users.and_then(|section| Users::read(&mut reader, section));
        let rate = rate_limit.and_then(|section| Rate::read(&mut reader, &section));
        let exempt = auth_exempt.unwrap_or_default();
        for path in exempt.iter().filter(|path| !EXEMPTIBLE.contains(&path.value.as_str())) {
            let advice = format!("the paths that can be exempt are {}", EXEMPTIBLE.join(", "));
            reader.refuse(path.referenced, format!("the path `{}` cannot be exempt", path.value), advice);
        }
        let exempt = exempt.into_iter().map(|path| path.value).collect();
        reader.finish(Some(Self { tls, users, exempt, rate, headers }))
    }

    /// Whether connections are secured.
    pub(crate) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// How a connection is secured; `None` where it is not.
    pub(crate) async fn acceptor(&self) -> Option<TlsAcceptor> {
        match &self.tls {
            Some(tls) => Some(tls.acceptor().await),
            None => None,
        }
    }

    /// The headers of every answer.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What a request for `path` is allowed.
    pub(crate) async fn admit(&self, path: &str, authorization: Option<&HeaderValue>) -> Admission {
        if self.rate.as_ref().is_some_and(|rate| !rate.admits()) {
            return Admission::Limited;
        }
        let Some(users) = &self.users else { return Admission::Full };
        let exempt = self.exempt.iter().any(|known| known == path);
        if authorization.is_some() && users.admit(authorization).await {
            return Admission::Full;
        }
        if exempt { Admission::Undetailed } else { Admission::Unauthenticated }
    }
}
