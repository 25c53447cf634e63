//! PostgreSQL: one server, with TLS, with a streaming standby, or behind PgBouncer.

use std::net::SocketAddr;
use std::time::Duration;

use super::certificates::Certificates;
use super::node::{Node, Paused};
use super::recipe::Recipe;
use crate::environment;
use crate::fixture::Missing;

const PORT: u16 = 5432;
/// The image downloads nothing; a machine under load needs its time to initialise.
const START: Duration = Duration::from_secs(120);

/// Made by the image's own initialisation, before anybody can reach the server.
const ROLES: &str =
    "CREATE ROLE app LOGIN PASSWORD 's3cret'; GRANT pg_read_all_stats TO app; CREATE DATABASE orders OWNER app;";
/// The official image lets nobody replicate.
const REPLICATION: &str = "echo 'host replication all all scram-sha-256' >> \"$PGDATA/pg_hba.conf\"";
/// A standby must allow as many connections as its primary.
const CONNECTIONS: &str = "max_connections=70";
/// A test server has nothing to lose.
const SETTINGS: [&str; 6] = ["-c", "fsync=off", "-c", CONNECTIONS, "-c", "superuser_reserved_connections=3"];

/// In the place of the server: copies the primary, then follows it. The temporary server of the primary's initialisation
/// listens on no port, so the copy is tried until the primary is really there.
const STANDBY: &str = "install --directory --owner postgres --group postgres --mode 0700 \"$PGDATA\" && \
    exec gosu postgres bash -c 'until pg_basebackup --host \"$PRIMARY_HOST\" --username postgres --pgdata \"$PGDATA\" \
    --wal-method stream --checkpoint fast --write-recovery-conf; do sleep 0.2; done; exec postgres -c max_connections=70'";

/// What is copied into a container belongs to root, and PostgreSQL wants its key to be its own.
const KEY_IN_PLACE: &str = "install --directory --owner postgres --mode 0700 /tmp/tls && \
    install --owner postgres --mode 0600 /tls/* /tmp/tls/ && exec docker-entrypoint.sh postgres \"$@\"";
/// By an init script and not by an option, since the temporary server would need the key as well.
const TLS_ON: &str = "printf \"ssl = on\\nssl_cert_file = '/tmp/tls/server.crt'\\nssl_key_file = '/tmp/tls/server.key'\\n\" \
    >> \"$PGDATA/postgresql.conf\"";

/// Containers that make up one PostgreSQL server, with SCRAM passwords.
///
/// Role [`Postgres::USER`] owns the database [`Postgres::DATABASE`] and may see statistics; the superuser is `postgres`.
pub struct Postgres {
    /// What stands before and behind "PostgreSQL" and its version.
    product: (&'static str, &'static str),
    primary: Node,
    standby: Option<Node>,
    pooler: Option<Node>,
    certificates: Option<Certificates>,
}

impl Postgres {
    /// The ordinary role.
    pub const USER: &str = "app";
    /// Its password.
    pub const PASSWORD: &str = "s3cret";
    /// Its database.
    pub const DATABASE: &str = "orders";
    /// The password of the superuser `postgres`.
    pub const SUPERUSER_PASSWORD: &str = "sup3ruser";

    /// One server.
    ///
    /// # Errors
    /// As for all constructors here: when there is no Docker or no image, or when the server lets nobody in.
    pub async fn alone(version: &str) -> Result<Self, Missing> {
        let primary = Node::start(recipe(version).command(SETTINGS)).await?;
        Self { product: ("", ""), primary, standby: None, pooler: None, certificates: None }.ready().await
    }

    /// A server and a standby that streams from it.
    ///
    /// # Errors
    /// See [`Postgres::alone`].
    pub async fn with_standby(version: &str) -> Result<Self, Missing> {
        let primary = Node::start(recipe(version).command(SETTINGS)).await?;
        let recipe = Recipe::new(&image(version), PORT)
            .variable("PRIMARY_HOST", primary.address_for_containers().await?)
            .variable("PGPASSWORD", Self::SUPERUSER_PASSWORD)
            .command(["bash", "-c", STANDBY]);
        let standby = Some(Node::start(recipe).await?);
        Self { product: ("", " with a standby"), primary, standby, pooler: None, certificates: None }.ready().await
    }

    /// A server that offers TLS, with the certificates in its directory `/tmp/tls`.
    ///
    /// # Errors
    /// See [`Postgres::alone`].
    pub async fn with_tls(version: &str) -> Result<Self, Missing> {
        let certificates = Certificates::new();
        let mut recipe = recipe(version).file("/docker-entrypoint-initdb.d/tls.sh", TLS_ON);
        for (name, pem) in certificates.files() {
            recipe = recipe.file(&format!("/tls/{name}"), pem);
        }
        let command = ["bash", "-c", KEY_IN_PLACE, "postgres"].into_iter().chain(SETTINGS);
        let primary = Node::start(recipe.command(command)).await?;
        let certificates = Some(certificates);
        Self { product: ("", " with TLS"), primary, standby: None, pooler: None, certificates }.ready().await
    }

    /// A server behind PgBouncer in transaction mode.
    ///
    /// # Errors
    /// See [`Postgres::alone`].
    pub async fn pooled(version: &str) -> Result<Self, Missing> {
        let primary = Node::start(recipe(version).command(SETTINGS)).await?;
        let recipe = Recipe::new(&environment::image("pgbouncer", None, "edoburu/pgbouncer"), PORT)
            .variable("DB_HOST", primary.address_for_containers().await?)
            .variable("DB_PORT", PORT.to_string())
            .variable("DB_USER", Self::USER)
            .variable("DB_PASSWORD", Self::PASSWORD)
            .variable("DB_NAME", Self::DATABASE)
            .variable("POOL_MODE", "transaction")
            .variable("AUTH_TYPE", "scram-sha-256")
            .variable("LISTEN_PORT", PORT.to_string());
        let pooler = Some(Node::start(recipe).await?);
        let product = ("PgBouncer before ", "");
        Self { product, primary, standby: None, pooler, certificates: None }.ready().await
    }

    /// Every part lets the ordinary role in over TCP.
    async fn ready(self) -> Result<Self, Missing> {
        for node in [Some(&self.primary), self.standby.as_ref(), self.pooler.as_ref()].into_iter().flatten() {
            let dsn = format!("postgres://{}:{}@127.0.0.1:{PORT}/{}", Self::USER, Self::PASSWORD, Self::DATABASE);
            node.until(&["psql", "--no-psqlrc", "--command", "SELECT 1", &dsn], START).await?;
        }
        Ok(self)
    }

    /// Runs SQL as the superuser in [`Postgres::DATABASE`], past a pooler, and returns its rows without decoration.
    ///
    /// # Errors
    /// What the server says.
    pub async fn sql(&self, sql: &str) -> Result<String, String> {
        let psql = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"];
        let to = format!("postgres://postgres:{}@127.0.0.1:{PORT}/{}", Self::SUPERUSER_PASSWORD, Self::DATABASE);
        self.primary.exec(psql.into_iter().chain(["--command", sql, &to])).await
    }

    /// The server as it names itself: `PostgreSQL 15.18`.
    pub async fn label(&self) -> String {
        let version = self.sql("SELECT split_part(current_setting('server_version'), ' ', 1)").await;
        let (before, behind) = self.product;
        format!("{before}PostgreSQL {}{behind}", version.unwrap_or_default())
    }

    /// A DSN that works, for the place where clients go.
    pub fn dsn(&self) -> String {
        self.dsn_of(Self::USER, Self::PASSWORD, Self::DATABASE)
    }

    /// A DSN for the place where clients go. Its parts have to be percent-encoded.
    pub fn dsn_of(&self, user: &str, password: &str, database: &str) -> String {
        let (address, tls) = (self.address(), self.tls_parameters());
        format!("postgres://{user}:{password}@{address}/{database}?{tls}")
    }

    /// A DSN of the standby.
    pub fn standby_dsn(&self) -> Option<String> {
        let address = self.standby.as_ref()?.address();
        let (user, password, database) = (Self::USER, Self::PASSWORD, Self::DATABASE);
        Some(format!("postgres://{user}:{password}@{address}/{database}?sslmode=disable"))
    }

    /// Where clients go: to the pooler where there is one.
    pub fn address(&self) -> SocketAddr {
        self.pooler.as_ref().unwrap_or(&self.primary).address()
    }

    /// The parameters with which the server's certificate is verified; without one `sslmode=disable`.
    pub fn tls_parameters(&self) -> String {
        match &self.certificates {
            Some(certificates) => format!("sslmode=verify-full&sslrootcert={}", certificates.ca_file().display()),
            None => "sslmode=disable".to_owned(),
        }
    }

    /// The certificates of a server with TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The server's own container, behind a pooler.
    pub fn primary(&self) -> &Node {
        &self.primary
    }

    /// The standby's container.
    pub fn standby(&self) -> Option<&Node> {
        self.standby.as_ref()
    }

    /// The pooler's container.
    pub fn pooler(&self) -> Option<&Node> {
        self.pooler.as_ref()
    }

    /// Freezes what clients see until what the future returns is dropped.
    pub fn pause(&self) -> impl Future<Output = Paused> + Send + 'static {
        self.pooler.as_ref().unwrap_or(&self.primary).pause()
    }
}

fn image(version: &str) -> String {
    environment::image("postgres", Some(version), &format!("postgres:{version}"))
}

fn recipe(version: &str) -> Recipe {
    Recipe::new(&image(version), PORT)
        .variable("POSTGRES_PASSWORD", Postgres::SUPERUSER_PASSWORD)
        .variable("POSTGRES_INITDB_ARGS", "--no-sync")
        .file("/docker-entrypoint-initdb.d/replication.sh", REPLICATION)
        .file("/docker-entrypoint-initdb.d/roles.sql", ROLES)
}
