//! What all tests share: a browser's container, two databases, and `dbprobe serve` over four targets.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use dbprobe_testkit::containers::Chromium;
use dbprobe_testkit::environment;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::secrecy::{PLANTED, PLANTED_PLAIN};
use dbprobe_testkit::serve::Serve;
use dbprobe_testkit::server::{Server, ServerSettings};
use tokio::runtime::Runtime;

use crate::browser::{Browser, Scripts};

/// The password of both databases: no page may hold it.
pub(crate) const PASSWORD: &str = PLANTED;

/// Two databases under four names, one of which nobody answers to.
pub(crate) struct World {
    serve: Serve,
    /// It is killed and started again.
    pub(crate) sessions: Server,
    orders: Server,
    chromium: Chromium,
    host: std::net::Ipv4Addr,
    /// The last, since the containers need it to go.
    runtime: Option<Runtime>,
}

static WORLD: Mutex<Option<World>> = Mutex::new(None);

/// Runs `test` with the world. Tests take turns.
pub(crate) fn with(test: impl AsyncFnOnce(&World)) -> Result<(), Missing> {
    let mut world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    if world.is_none() {
        *world = Some(World::start()?);
    }
    if let Some(world) = &*world
        && let Some(runtime) = &world.runtime
    {
        runtime.block_on(test(world));
    }
    Ok(())
}

/// Removes it.
pub(crate) fn end() {
    WORLD.lock().unwrap_or_else(PoisonError::into_inner).take();
}

impl World {
    fn start() -> Result<Self, Missing> {
        let image = |name, version, official| environment::image(name, Some(version), official);
        let orders = ServerSettings::postgres(image("postgres", "17", "postgres:17"), PASSWORD);
        let sessions = ServerSettings::redis(image("redis", "8", "redis:8"), PASSWORD);
        let (orders, sessions) = (Server::start_unready(orders)?, Server::start_unready(sessions)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let chromium = runtime.block_on(Chromium::start())?;
        let host = runtime.block_on(chromium.host())?;
        orders.until_ready()?;
        sessions.until_ready()?;
        let serve = Serve::start(&config((host, 0).into(), &orders, &sessions));
        Ok(Self { serve, sessions, orders, chromium, host, runtime: Some(runtime) })
    }

    /// A new browser, which knows nothing.
    pub(crate) async fn browser(&self, scripts: Scripts) -> Browser {
        Browser::open_by(self.chromium.address(), scripts).await
    }

    /// The address of a path, for the browser.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.serve.address())
    }

    /// The only host that the browser may ask.
    pub(crate) fn host(&self) -> String {
        self.serve.address().to_string()
    }

    /// Waits until every target is in the state that it should be in.
    pub(crate) async fn settled(&self) {
        let wanted = [("orders", "up"), ("sessions", "up"), ("billing", "degraded"), ("warehouse", "down")];
        tokio::task::block_in_place(|| {
            self.serve.until("all targets are as they should be", &["db_status"], |metrics| {
                wanted.iter().all(|(target, status)| metrics.status(target) == Some(status))
            });
        });
    }

    /// A second exporter over the same targets, and its configuration, to be stopped by a test.
    pub(crate) fn another(&self) -> (Serve, String) {
        let serve = Serve::start(&config((self.host, 0).into(), &self.orders, &self.sessions));
        let config = config(serve.address(), &self.orders, &self.sessions);
        (serve, config)
    }

    /// The exporter of `config`, which has the address.
    pub(crate) fn serve_at(address: SocketAddr, config: &str) -> Serve {
        let serve = Serve::start(config);
        assert_eq!(serve.address(), address);
        serve
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn config(listen: SocketAddr, orders: &Server, sessions: &Server) -> String {
    format!(
        r#"listen: ["{listen}"]
defaults: {{interval: 1s, timeout: 2s, retries: 0}}
targets:
  orders:
    dsn: "{orders}"
    create_health_table: true
    role: primary
    thresholds: {{read: 1s, connections: 80%}}
    labels: {{team: payments, zone: eu-central-1b}}
    queries: {{tables: {{sql: "SELECT count(*) FROM pg_class", interval: 5s}}}}
  billing:
    dsn: "{orders}"
    role: replica
    labels: {{team: finance}}
  sessions:
    dsn: "{sessions}"
    labels: {{team: web}}
  warehouse:
    dsn: "postgres://app:{PLANTED_PLAIN}@127.0.0.1:1/warehouse"
    labels: {{team: analytics}}
"#,
        orders = orders.dsn(),
        sessions = sessions.dsn(),
    )
}
