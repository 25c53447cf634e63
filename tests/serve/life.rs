//! How `serve` ends.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::serve::Serve;

use crate::config::Config;
use crate::world::{World, all_up, with};

/// The contract's own limit.
const LIMIT: Duration = Duration::from_secs(2);
/// A server notices the end of a connection at once; a machine under load takes its time.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn sigterm() -> Result<(), Missing> {
    with(|world| {
        // A probe that hangs must not hold the end up.
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let hung = format!("redis://{}", silent.local_addr().expect("an address"));
        let up = ["db-mysql", "db-postgres", "db-redis"];
        let config = Config::new()
            .timeout("50s")
            .target("db-postgres", &world.postgres.dsn())
            .target("db-mysql", &world.mariadb.dsn())
            .target("db-redis", &world.redis.dsn())
            .target("hung", &hung);
        let serve = Serve::start(&config.text());
        serve.until("all targets but one up", &["db_status"], |metrics| all_up(metrics, &up));
        assert!(sessions(world).iter().all(|(_, count)| *count > 0), "{:?}: nothing to close", sessions(world));
        let stopped = serve.stop();
        assert_eq!(stopped.code, Some(0), "{}", stopped.stderr);
        assert!(stopped.took < LIMIT, "it took {:?}\n{}", stopped.took, stopped.stderr);
        let end = Instant::now() + PATIENCE;
        while sessions(world).iter().any(|(_, count)| *count > 0) {
            assert!(Instant::now() < end, "{:?} sessions are left", sessions(world));
        }
    })
}

/// dbprobe's sessions on each server, as the server counts them.
fn sessions(world: &World) -> [(&'static str, usize); 3] {
    let postgres = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dbprobe'";
    let mysql = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'root' AND id <> CONNECTION_ID()";
    let redis = world.redis.ask(&["CLIENT", "LIST"]).expect("its clients");
    let count = |answer: Result<String, String>| answer.expect("a count").parse().expect("a count");
    [
        ("postgres", count(world.postgres.ask(&["--command", postgres]))),
        ("mysql", count(world.mariadb.ask(&["--execute", mysql]))),
        ("redis", redis.lines().filter(|line| line.contains("name=dbprobe")).count()),
    ]
}
