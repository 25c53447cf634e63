#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod invalid;
mod knowledge;
mod origin;
mod peer;

mod json;
mod redirect;
mod statuses;
mod url;
mod wire;

mod classify;
mod expectations;

mod config;
mod line;

mod dialer;
mod head;

mod session;

mod driver;

use std::sync::Arc;

use dbprobe_core::{Capability, Driver, Dsn, DsnError, Engine};

pub use expectations::Expectations;
pub use invalid::InvalidExpectation;
pub use statuses::Statuses;

/// HTTP and HTTPS.
pub const ENGINE: Engine = Engine {
    name: "http",
    schemes: &["http", "https"],
    capabilities: &[Capability::Tls],
    knowledge: knowledge::KNOWLEDGE,
    open: |dsn| open_with(dsn, Expectations::default()),
};

/// Configures the engine with expectations from somewhere else than the URL, such as a configuration file.
///
/// They are the base: what the URL's fragment says of the status or of `max-body` takes their place, and what it says
/// of headers and of the body comes on top. Nothing is sent and no file is read.
///
/// ```
/// use dbprobe_core::Dsn;
/// use dbprobe_http::{Expectations, Statuses, open_with};
///
/// let expect = Expectations::new().status(Statuses::of([200, 204])?).json("/status", Some("ok"))?;
/// let driver = open_with(&Dsn::parse("http://db-api:3000/health")?, expect)?;
/// assert_eq!(driver.target().name(), "db-api:3000/health");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A URL that cannot be read, or a setting in its fragment that is not known.
pub fn open_with(dsn: &Dsn, expect: Expectations) -> Result<Arc<dyn Driver>, DsnError> {
    Ok(Arc::new(driver::HttpDriver::new(config::Config::read(dsn, expect)?)))
}
