//! One PostgreSQL server as the suite sees it.

use std::net::SocketAddr;

use async_trait::async_trait;
use dbprobe_core::{Inspection, Phase};
use dbprobe_testkit::containers::Certificates;
use dbprobe_testkit::fixture::{Fixture, Guard, Missing, Network};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::admin::{Admin, Undo};
use crate::place::Place;

/// The table as `dbprobe init` makes it, for rows of the fault table that need one of somebody else's.
pub(crate) const HEALTH_TABLE: &str = "CREATE TABLE _health_check (prober text PRIMARY KEY, nonce text NOT NULL, \
     seq bigint NOT NULL, checked_at timestamptz NOT NULL)";

/// One server, and the fixture's own way to it.
pub(crate) struct Postgres {
    label: String,
    pub(crate) place: Place,
    admin: Admin,
}

impl Postgres {
    pub(crate) async fn new(place: Place) -> Self {
        let admin = Admin::new(place.admin());
        let label = match &place {
            Place::Containers(containers) => containers.label().await,
            Place::Given(_) => {
                let version = admin.value("SELECT split_part(current_setting('server_version'), ' ', 1)").await;
                format!("PostgreSQL {} that was there", version.unwrap_or_default())
            }
        };
        Self { label, place, admin }
    }

    /// The fixture's own way to a server that may be broken; there is none past a pooler for what concerns its clients.
    pub(crate) fn direct(&self) -> Result<&Admin, Missing> {
        match self.place.containers()?.pooler() {
            Some(_) => Err(Missing::new("a pooler is in between")),
            None => Ok(&self.admin),
        }
    }

    fn is_pooled(&self) -> bool {
        self.place.containers().is_ok_and(|containers| containers.pooler().is_some())
    }

    pub(crate) fn certificates(&self) -> Option<&Certificates> {
        self.place.containers().ok()?.certificates()
    }

    /// A plain one to another place.
    pub(crate) fn dsn_at(&self, host: &str, port: u16) -> String {
        let (user, password, database) = self.place.login();
        format!("postgres://{user}:{password}@{host}:{port}/{database}?sslmode=disable")
    }

    /// Without TLS, whether the server offers it or not.
    pub(crate) fn dsn_plain(&self) -> String {
        self.dsn_at(&self.place.address().ip().to_string(), self.place.address().port())
    }

    pub(crate) fn dsn_with_tls(&self, parameters: &str) -> String {
        let (user, password, database) = self.place.login();
        format!("postgres://{user}:{password}@{}/{database}?{parameters}", self.place.address())
    }

    /// Makes the server show the certificate `name` until the guard is dropped.
    pub(crate) async fn use_certificate(&self, name: &str) -> Undo {
        self.admin.run(&format!("ALTER SYSTEM SET ssl_cert_file = '/tmp/tls/{name}.crt'")).await;
        self.admin.run("SELECT pg_reload_conf()").await;
        let undo = "ALTER SYSTEM RESET ssl_cert_file";
        Undo::new(&self.admin, undo).then("SELECT pg_reload_conf()")
    }

    /// Stops every process of the server, as SIGSTOP does, until what the future returns is dropped.
    pub(crate) fn pause(&self) -> Result<BoxFuture<'static, Guard>, Missing> {
        Ok(self.place.containers()?.pause().map(|paused| Box::new(paused) as Guard).boxed())
    }
}

#[async_trait]
impl Fixture for Postgres {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn dsn(&self) -> String {
        self.place.dsn()
    }

    fn secret(&self) -> Option<String> {
        Some(self.place.login().1).filter(|password| !password.is_empty())
    }

    fn spellings(&self, password: &str) -> Vec<String> {
        crate::spellings::of(password, self.place.address().port())
    }

    fn connect_phases(&self) -> Vec<Phase> {
        let tls = self.certificates().map(|_| Phase::Tls);
        [Some(Phase::Resolve), Some(Phase::Tcp), tls, Some(Phase::Auth)].into_iter().flatten().collect()
    }

    fn network(&self) -> Option<Network> {
        let (user, password, database) = self.place.login();
        let tls = self.place.containers().map(|containers| containers.tls_parameters());
        let parameters = tls.unwrap_or_else(|_| "sslmode=disable".to_owned());
        let dsn = move |at: SocketAddr| format!("postgres://{user}:{password}@{at}/{database}?{parameters}");
        if self.place.containers().is_err() {
            // How it authenticates is not ours to say.
            return Some(Network::new(self.place.address(), dsn));
        }
        // SCRAM: startup, first and final message. TLS 1.3: the request for it and the handshake.
        let trips = if self.certificates().is_some() { 5 } else { 3 };
        Some(Network::new(self.place.address(), dsn).login_round_trips(trips))
    }

    fn read_only_dsn(&self) -> Option<String> {
        self.place.containers().ok()?.standby_dsn()
    }

    async fn facts(&self) -> Inspection {
        self.admin.inspection().await
    }

    async fn sessions(&self) -> Option<usize> {
        // A pooler keeps its connections to the server, whoever used them last.
        if self.is_pooled() {
            return None;
        }
        Some(self.admin.count("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dbprobe'").await)
    }

    async fn kill_sessions(&self) -> bool {
        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'dbprobe'";
        !self.is_pooled() && self.admin.count(kill).await > 0
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
