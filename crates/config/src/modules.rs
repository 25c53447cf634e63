//! Targets that Prometheus names in the URL of `/probe`, and the credentials that it does not name.

use std::sync::Arc;

use dbprobe_core::{Driver, Dsn, DsnError, Plan, Registry, Secret, Template, percent_encode};

use crate::allow::Allowed;
use crate::destination::{Destination, Host, Refused};
use crate::dsn;
use crate::place::Place;

mod reading;

pub(crate) use reading::read;

/// A host that cannot exist (RFC 6761, section 6.4), to see what the engine makes of a module.
const STAND_IN: &str = "module.invalid";

/// One of `probe.modules`: credentials and settings for targets that are named in the URL of `/probe`.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// What a probe by this module does.
    pub plan: Plan,
    pub(crate) place: Place,
    pub(crate) scheme: String,
    /// Other schemes of the same engine, which a target may be written with.
    aliases: Vec<&'static str>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Template>,
    pub(crate) database: Option<String>,
    pub(crate) parameters: Vec<(String, Secret)>,
    /// The settings of a page, references included.
    pub(crate) fragment: String,
    pub(crate) allow: Vec<Allowed>,
    /// Where the engine connects to when no port is named.
    default_port: Option<u16>,
}

impl Module {
    /// The DSN of `target`: its host, port and database with this module's credentials, which are read again each time.
    ///
    /// # Errors
    /// A target with credentials or parameters of its own, one that could be read in two ways, and one that is not on
    /// the module's list. The error repeats nothing of the target.
    pub fn dsn(&self, target: &str) -> Result<Dsn, Refused> {
        let target = Destination::parse(target)?;
        if let Some(scheme) = &target.scheme
            && *scheme != self.scheme
            && !self.aliases.contains(&scheme.as_str())
        {
            return Err(Refused::new(format!("this module probes `{}://`, and the target is another", self.scheme)));
        }
        let port = target.port.or(self.default_port);
        if !self.allow.iter().any(|allowed| allowed.permits(&target.host, port)) {
            return Err(Refused::new(format!("the target is not in `allow` of the module `{}`", self.name)));
        }
        let password = self.password.as_ref().map(Template::expand).transpose();
        let password = password.map_err(|failure| self.unreadable("password", &failure.message))?;
        let text = self.build(&target, password.as_ref())?;
        Dsn::parse(text.expose()).map_err(|error| Refused::new(error.to_string()))
    }

    /// What the target of `target`'s form is called without this module's credentials.
    fn build(&self, target: &Destination<'_>, password: Option<&Secret>) -> Result<Secret, Refused> {
        let mut text = format!("{}://", self.scheme);
        if let Some(user) = &self.user {
            text += &percent_encode(user, "");
        }
        if let Some(password) = password {
            text += &format!(":{}", percent_encode(password.expose(), ""));
        }
        if self.user.is_some() || password.is_some() {
            text.push('@');
        }
        text += &target.host.authority();
        if let Some(port) = target.port {
            text += &format!(":{port}");
        }
        if let Some(path) = self.path(target)? {
            text += &format!("/{path}");
        }
        for (at, (name, value)) in self.parameters.iter().enumerate() {
            let separator = if at == 0 { '?' } else { '&' };
            text += &format!("{separator}{}={}", percent_encode(name, ""), percent_encode(value.expose(), ""));
        }
        if self.fragment.is_empty() {
            return Ok(Secret::new(text));
        }
        let template = Template::parse(&format!("{}#{}", text.replace('$', "$$"), self.fragment));
        template.and_then(|template| template.expand_dsn()).map_err(|failure| self.unreadable("http", &failure.message))
    }

    /// The path of a page as it is, or the name of a database.
    fn path(&self, target: &Destination<'_>) -> Result<Option<String>, Refused> {
        if self.is_page() {
            return Ok(target.path.map(|path| percent_encode(path, "/%!$&'()*+,;=:")));
        }
        match target.path.or(self.database.as_deref()) {
            Some(database) if target.path.is_some() && database.contains(['/', '%']) => {
                Err(Refused::new("the name of a database has no `/` and no `%`"))
            }
            database => Ok(database.map(|database| percent_encode(database, ""))),
        }
    }

    fn is_page(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
    }

    fn unreadable(&self, what: &str, why: &str) -> Refused {
        Refused::new(format!("`{what}` of the module `{}`: {why}", self.name))
    }

    /// The driver for a host that cannot exist: what the engine makes of this module.
    pub(crate) fn stand_in(&self, registry: &Registry) -> Result<Arc<dyn Driver>, (DsnError, Secret)> {
        self.stand_in_on(Some(1), registry)
    }

    fn stand_in_on(&self, port: Option<u16>, registry: &Registry) -> Result<Arc<dyn Driver>, (DsnError, Secret)> {
        let target = Destination { scheme: None, host: Host::Name(STAND_IN.to_owned()), port, path: None };
        // What the password is does not matter here, and where it stands may be missing yet.
        let password = self.password.as_ref().map(|_| Secret::new("stand-in"));
        let built = self.build(&target, password.as_ref());
        let text = built.map_err(|refused| (DsnError::new(refused.to_string()), Secret::new("")))?;
        dsn::open(text.expose(), registry).map_err(|error| (error, text))
    }

    /// Why the password cannot be read now.
    pub(crate) fn warning(&self) -> Option<String> {
        let failure = self.password.as_ref()?.expand().err()?;
        Some(self.unreadable("password", &failure.message).to_string())
    }

    /// The engine that `registry` has for it.
    fn engine(&self, registry: &Registry) -> Option<&'static str> {
        let engine = registry.engines().iter().find(|engine| engine.schemes.contains(&self.scheme.as_str()))?;
        Some(engine.name)
    }
}
