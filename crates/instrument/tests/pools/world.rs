//! The servers that all tests share, each with names of its own.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dbprobe_testkit::environment;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::proxy::Proxy;
use dbprobe_testkit::server::{Server, ServerSettings};

pub(crate) const PASSWORD: &str = "s3cret";
/// For what happens soon: only a machine that hangs takes so long.
const SOON: Duration = Duration::from_secs(60);

static POSTGRES: Mutex<Option<Arc<Server>>> = Mutex::new(None);
static MARIADB: Mutex<Option<Arc<Server>>> = Mutex::new(None);

/// PostgreSQL, started by the first who asks.
pub(crate) fn postgres() -> Result<Arc<Server>, Missing> {
    let image = environment::image("postgres", Some("17"), "postgres:17");
    shared(&POSTGRES, ServerSettings::postgres(image, PASSWORD))
}

/// MariaDB, started by the first who asks.
pub(crate) fn mariadb() -> Result<Arc<Server>, Missing> {
    let image = environment::image("mariadb", Some("11.8"), "mariadb:11.8");
    shared(&MARIADB, ServerSettings::mariadb(image, PASSWORD))
}

/// Removes the containers.
pub(crate) fn end() {
    for server in [&POSTGRES, &MARIADB] {
        server.lock().expect("no test panics while a server starts").take();
    }
}

fn shared(place: &Mutex<Option<Arc<Server>>>, settings: ServerSettings) -> Result<Arc<Server>, Missing> {
    let mut place = place.lock().expect("no test panics while a server starts");
    if let Some(server) = &*place {
        return Ok(Arc::clone(server));
    }
    let server = Arc::new(Server::start(settings)?);
    *place = Some(Arc::clone(&server));
    Ok(server)
}

/// A proxy before a server.
pub(crate) fn proxy(server: &Server) -> Proxy {
    Proxy::start(server.address()).expect("a proxy")
}

/// A DSN with which PostgreSQL shows sessions under `name`.
pub(crate) fn named(dsn: &str, name: &str) -> String {
    format!("{dsn}&application_name={name}")
}

/// How many sessions PostgreSQL has under `name`.
pub(crate) fn sessions(server: &Server, name: &str) -> u64 {
    let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
    server.ask(&["--command", &sql]).expect("its sessions").trim().parse().expect("a number")
}

/// Ends the sessions that PostgreSQL has under `name`, and waits until they are gone.
pub(crate) fn kill_sessions(server: &Server, name: &str) {
    let sql =
        format!("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE application_name = '{name}'");
    server.ask(&["--command", &sql]).expect("the right to end them");
    assert_eq!(sessions(server, name), 0);
}

/// Runs `test` on a runtime that is gone afterwards.
pub(crate) fn on_a_runtime(test: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(test());
}

/// Comes back once `is_so`.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < end, "it never came to pass: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
