//! The fake engine's DSN: `fake://user:password@host:port/database?defect=…&read_only=1&password=…`.
//!
//! The host `memory` stands for a pipe in this process; the database is then the number of the [`Fake`](super::Fake).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dbprobe_core::{Capability, Driver, Dsn, DsnError, Endpoint, Engine, Piece, Secret, Target, percent_encode};

use super::client::Client;
use super::defect::Defect;

/// The fake engine.
pub const ENGINE: Engine = Engine {
    name: "fake",
    schemes: &["fake"],
    capabilities: &[
        Capability::Activity,
        Capability::Cancel,
        Capability::Connections,
        Capability::HealthTable,
        Capability::Lookup,
        Capability::Role,
        Capability::WriteWithoutTable,
    ],
    knowledge: &[],
    open,
};

/// The host that is no host.
const MEMORY: &str = "memory";
const PARAMETERS: &[&str] = &["defect", "password", "read_only"];

/// What a DSN says.
pub(super) struct Config {
    pub(super) user: String,
    pub(super) password: Secret,
    pub(super) database: String,
    /// `None` for a pipe in memory.
    pub(super) place: Option<(String, u16)>,
    pub(super) read_only: bool,
    pub(super) defect: Option<Defect>,
    pub(super) target: Target,
}

impl Config {
    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has(Defect::PrintsPasswordInDebug) {
            return write!(f, "Config({})", self.password.expose());
        }
        f.debug_struct("Config").field("target", &self.target).field("password", &self.password).finish_non_exhaustive()
    }
}

fn open(dsn: &Dsn) -> Result<Arc<dyn Driver>, DsnError> {
    let defect = Defect::ALL.iter().map(|(defect, _)| *defect).find(|defect| dsn.expose().contains(&defect.name()));
    match read(dsn) {
        Ok(config) => Ok(Arc::new(Client::new(config))),
        Err(_) if defect == Some(Defect::PanicsOnBrokenDsn) => panic!("a DSN is always well formed"),
        Err(error) if defect == Some(Defect::PrintsPasswordInDsnError) => {
            Err(DsnError::new(format!("cannot read {}: {error}", dsn.expose())))
        }
        Err(error) => Err(error),
    }
}

fn read(dsn: &Dsn) -> Result<Config, DsnError> {
    let whole = Piece::whole(dsn.expose());
    let rest = whole.skip("fake:".len());
    if !rest.as_str().starts_with("//") {
        return Err(rest.error("expected `//`"));
    }
    let (place, parameters) = rest.skip(2).cut('?');
    let (login, place) = match place.cut_last('@') {
        (login, Some(place)) => (Some(login), place),
        (place, None) => (None, place),
    };
    let (address, database) = place.cut('/');
    let mut config = empty(database.map_or(Ok(String::new()), |database| database.decode())?);
    if let Some(login) = login {
        let (user, password) = login.cut(':');
        config.user = user.decode()?;
        config.set_password(password)?;
    }
    let parameters = parameters.filter(|parameters| !parameters.is_empty());
    for parameter in parameters.map(|parameters| parameters.split('&')).unwrap_or_default() {
        config.set(parameter)?;
    }
    config.set_place(address)?;
    config.describe();
    Ok(config)
}

fn empty(database: String) -> Config {
    let target = Target {
        engine: ENGINE.name,
        endpoints: Vec::new(),
        user: None,
        has_password: false,
        database: Some(database.clone()),
        parameters: BTreeMap::new(),
        redacted: String::new(),
    };
    let (user, password) = (String::new(), Secret::new(""));
    Config { user, password, database, place: None, read_only: false, defect: None, target }
}

impl Config {
    fn set_password(&mut self, password: Option<Piece<'_>>) -> Result<(), DsnError> {
        if let Some(password) = password {
            self.password = Secret::new(password.decode()?);
            self.target.has_password = true;
        }
        Ok(())
    }

    fn set(&mut self, parameter: Piece<'_>) -> Result<(), DsnError> {
        let (name, value) = parameter.cut('=');
        let value = value.ok_or_else(|| parameter.error("a parameter without `=`"))?;
        match name.as_str() {
            "password" => self.set_password(Some(value))?,
            "read_only" => self.read_only = value.as_str() == "1",
            "defect" => {
                let unknown = || value.error("unknown defect");
                self.defect = Some(Defect::named(value.as_str()).ok_or_else(unknown)?);
            }
            _ => return Err(name.unknown_parameter(PARAMETERS)),
        }
        Ok(())
    }

    fn set_place(&mut self, address: Piece<'_>) -> Result<(), DsnError> {
        if address.as_str() == MEMORY {
            return Ok(());
        }
        let (host, port) = address.cut_last(':');
        let port = port.ok_or_else(|| address.error("no port"))?;
        let number = port.as_str().parse().map_err(|_| port.error("not a port"))?;
        let host = host.decode()?;
        self.target.endpoints.push(Endpoint { host: host.clone(), port: Some(number) });
        self.place = Some((host, number));
        Ok(())
    }

    fn describe(&mut self) {
        self.target.user = (!self.user.is_empty()).then(|| self.user.clone());
        let password = match (self.target.has_password, self.has(Defect::PrintsPasswordInTarget)) {
            (true, true) => format!(":{}", self.password.expose()),
            (true, false) => ":***".to_owned(),
            (false, _) => String::new(),
        };
        let place = self.target.endpoints.first().map_or(MEMORY.to_owned(), Endpoint::authority);
        let (user, database) = (percent_encode(&self.user, ""), percent_encode(&self.database, ""));
        self.target.redacted = format!("fake://{user}{password}@{place}/{database}");
    }
}
