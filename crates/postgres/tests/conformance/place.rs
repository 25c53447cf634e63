//! Where the server under test is: in containers of ours, or already there.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use dbprobe_testkit::containers;
use dbprobe_testkit::fixture::Missing;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// Where the server under test is.
pub(crate) enum Place {
    /// Ours, to be broken at will.
    Containers(Box<containers::Postgres>),
    /// Named by `DBPROBE_TEST_POSTGRES_DSN`: a test server with a role that owns its database. It is not broken.
    Given(Box<Given>),
}

/// A server that is already there.
pub(crate) struct Given {
    dsn: String,
    config: Config,
    address: SocketAddr,
}

impl Given {
    /// Reads a DSN. Without `sslmode` it is taken as plain, since the fixture's own connections are.
    pub(crate) fn new(dsn: &str) -> Result<Self, Missing> {
        let plain = if dsn.contains('?') { "&sslmode=disable" } else { "?sslmode=disable" };
        let dsn = if dsn.contains("sslmode=") { dsn.to_owned() } else { format!("{dsn}{plain}") };
        let unusable = |why: String| Missing::new(format!("DBPROBE_TEST_POSTGRES_DSN cannot be used: {why}"));
        let config = Config::from_str(&dsn).map_err(|error| unusable(error.to_string()))?;
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let Some(Host::Tcp(host)) = config.get_hosts().first() else {
            return Err(unusable("it names no host".to_owned()));
        };
        let found = (host.as_str(), port).to_socket_addrs().map_err(|error| unusable(error.to_string()))?.next();
        let address = found.ok_or_else(|| unusable("its host has no address".to_owned()))?;
        Ok(Self { dsn, config, address })
    }

    fn password(&self) -> String {
        String::from_utf8_lossy(self.config.get_password().unwrap_or_default()).into_owned()
    }
}

impl Place {
    pub(crate) fn containers(&self) -> Result<&containers::Postgres, Missing> {
        match self {
            Self::Containers(containers) => Ok(containers),
            Self::Given(_) => Err(Missing::new("the server is not ours to break")),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Containers(containers) => containers.address(),
            Self::Given(given) => given.address,
        }
    }

    pub(crate) fn dsn(&self) -> String {
        match self {
            Self::Containers(containers) => containers.dsn(),
            Self::Given(given) => given.dsn.clone(),
        }
    }

    /// A DSN for somebody else; its parts have to be percent-encoded.
    pub(crate) fn dsn_of(&self, user: &str, password: &str, database: &str) -> String {
        match self {
            Self::Containers(containers) => containers.dsn_of(user, password, database),
            Self::Given(given) => format!("postgres://{user}:{password}@{}/{database}?sslmode=disable", given.address),
        }
    }

    /// User, password and database of [`Place::dsn`].
    pub(crate) fn login(&self) -> (String, String, String) {
        use containers::Postgres;
        match self {
            Self::Containers(_) => (Postgres::USER.into(), Postgres::PASSWORD.into(), Postgres::DATABASE.into()),
            Self::Given(given) => {
                let user = given.config.get_user().unwrap_or("postgres").to_owned();
                let database = given.config.get_dbname().unwrap_or(&user).to_owned();
                (user, given.password(), database)
            }
        }
    }

    /// The fixture's own login, past a pooler.
    pub(crate) fn admin(&self) -> Config {
        match self {
            Self::Containers(containers) => {
                let password = containers::Postgres::SUPERUSER_PASSWORD;
                config(containers.primary().address(), "postgres", password, containers::Postgres::DATABASE)
            }
            Self::Given(given) => given.config.clone(),
        }
    }

    /// The ordinary role's own login, past dbprobe.
    pub(crate) fn ordinary(&self) -> Config {
        let (user, password, database) = self.login();
        config(self.address(), &user, &password, &database)
    }
}

fn config(address: SocketAddr, user: &str, password: &str, database: &str) -> Config {
    let mut config = Config::new();
    let host = if address.ip().is_loopback() { Ipv4Addr::LOCALHOST.to_string() } else { address.ip().to_string() };
    config.host(host).port(address.port()).user(user).password(password).dbname(database);
    config
}
