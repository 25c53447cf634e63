//! One PostgreSQL server as the suite sees it.

use std::net::{Ipv4Addr, SocketAddr};

use async_trait::async_trait;
use dbprobe_core::{Inspection, Phase};
use dbprobe_testkit::containers::{self, Certificates};
use dbprobe_testkit::fixture::{Fixture, Guard, Missing, Network};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_postgres::Config;

use crate::admin::{Admin, Undo};

/// The table as `dbprobe init` makes it, for rows of the fault table that need one of somebody else's.
pub(crate) const HEALTH_TABLE: &str = "CREATE TABLE _health_check (prober text PRIMARY KEY, nonce text NOT NULL, \
     seq bigint NOT NULL, checked_at timestamptz NOT NULL)";

const USER: &str = containers::Postgres::USER;
pub(crate) const PASSWORD: &str = containers::Postgres::PASSWORD;
const DATABASE: &str = containers::Postgres::DATABASE;

/// One server, and the fixture's own way to it.
pub(crate) struct Postgres {
    label: String,
    containers: containers::Postgres,
    admin: Admin,
}

impl Postgres {
    pub(crate) async fn new(containers: containers::Postgres) -> Self {
        let primary = containers.primary().address();
        let admin = Admin::new(config(primary, "postgres", containers::Postgres::SUPERUSER_PASSWORD));
        Self { label: containers.label().await, containers, admin }
    }

    /// The fixture's own way to the server; there is none past a pooler for what concerns its clients.
    pub(crate) fn direct(&self) -> Result<&Admin, Missing> {
        if self.containers.pooler().is_some() {
            return Err(Missing::new("a pooler is in between"));
        }
        Ok(&self.admin)
    }

    pub(crate) fn certificates(&self) -> Option<&Certificates> {
        self.containers.certificates()
    }

    pub(crate) fn dsn_of(&self, user: &str, password: &str, database: &str) -> String {
        self.containers.dsn_of(user, password, database)
    }

    /// A plain one to another place.
    pub(crate) fn dsn_at(&self, host: &str, port: u16) -> String {
        format!("postgres://{USER}:{PASSWORD}@{host}:{port}/{DATABASE}?sslmode=disable")
    }

    /// Without TLS, whether the server offers it or not.
    pub(crate) fn dsn_plain(&self) -> String {
        self.dsn_at("127.0.0.1", self.containers.address().port())
    }

    pub(crate) fn dsn_with_tls(&self, parameters: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@{}/{DATABASE}?{parameters}", self.containers.address())
    }

    /// The ordinary role's own way, past dbprobe.
    pub(crate) fn config(&self) -> Config {
        config(self.containers.address(), USER, PASSWORD)
    }

    /// Makes the server show the certificate `name` until the guard is dropped.
    pub(crate) async fn use_certificate(&self, name: &str) -> Undo {
        self.admin.run(&format!("ALTER SYSTEM SET ssl_cert_file = '/tmp/tls/{name}.crt'")).await;
        self.admin.run("SELECT pg_reload_conf()").await;
        let undo = "ALTER SYSTEM RESET ssl_cert_file";
        Undo::new(&self.admin, undo).then("SELECT pg_reload_conf()")
    }

    /// Stops every process of the server, as SIGSTOP does, until what the future returns is dropped.
    pub(crate) fn pause(&self) -> BoxFuture<'static, Guard> {
        self.containers.pause().map(|paused| Box::new(paused) as Guard).boxed()
    }
}

#[async_trait]
impl Fixture for Postgres {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn dsn(&self) -> String {
        self.containers.dsn()
    }

    fn secret(&self) -> Option<String> {
        Some(PASSWORD.to_owned())
    }

    fn spellings(&self, password: &str) -> Vec<String> {
        crate::spellings::of(password, self.containers.address().port())
    }

    fn connect_phases(&self) -> Vec<Phase> {
        let tls = self.certificates().map(|_| Phase::Tls);
        [Some(Phase::Resolve), Some(Phase::Tcp), tls, Some(Phase::Auth)].into_iter().flatten().collect()
    }

    fn network(&self) -> Option<Network> {
        let parameters = self.containers.tls_parameters();
        let dsn = move |at: SocketAddr| format!("postgres://{USER}:{PASSWORD}@{at}/{DATABASE}?{parameters}");
        // SCRAM: startup, first and final message. TLS 1.3: the request for it and the handshake.
        let trips = if self.certificates().is_some() { 5 } else { 3 };
        Some(Network::new(self.containers.address(), dsn).login_round_trips(trips))
    }

    fn read_only_dsn(&self) -> Option<String> {
        self.containers.standby_dsn()
    }

    async fn facts(&self) -> Inspection {
        self.admin.inspection().await
    }

    async fn sessions(&self) -> Option<usize> {
        // A pooler keeps its connections to the server, whoever used them last.
        self.direct().ok()?;
        Some(self.admin.count("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dbprobe'").await)
    }

    async fn kill_sessions(&self) -> bool {
        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'dbprobe'";
        match self.direct() {
            Ok(admin) => admin.count(kill).await > 0,
            Err(_) => false,
        }
    }

    async fn rows(&self) -> Option<usize> {
        self.admin.value("SELECT to_regclass('_health_check')").await?;
        Some(self.admin.count("SELECT count(*) FROM _health_check").await)
    }

    async fn reset(&self) {
        self.admin.run("DROP TABLE IF EXISTS _health_check").await;
    }

    async fn make_stale(&self, prober: &str) -> bool {
        let sql = format!("UPDATE _health_check SET nonce = 'stale', seq = 0 WHERE prober = '{prober}'");
        self.admin.run(&sql).await;
        true
    }

    async fn block_writes(&self) -> Option<Guard> {
        Some(Box::new(self.admin.lock("EXCLUSIVE").await))
    }
}

/// A login to the suite's database on the server at `address`.
fn config(address: SocketAddr, user: &str, password: &str) -> Config {
    let mut config = Config::new();
    config.host(Ipv4Addr::LOCALHOST.to_string()).port(address.port()).user(user).password(password).dbname(DATABASE);
    config
}
