//! Faults of some targets beside healthy ones.

use std::time::{Duration, SystemTime};

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::proxy::{Mode, Proxy};
use dbprobe_testkit::serve::{Exposition, Serve};
use dbprobe_testkit::server::Server;

use crate::config::Config;
use crate::world::{World, all_up, probes, with};

const HEALTHY: [&str; 3] = ["db-api", "db-postgres", "db-sqlite"];
const BROKEN: [&str; 3] = ["blackholed", "frozen", "refusing"];
const ALL: [&str; 6] = ["blackholed", "db-api", "db-postgres", "db-sqlite", "frozen", "refusing"];

pub(crate) fn side_by_side() -> Result<(), Missing> {
    with(|world| {
        let blackhole = Proxy::start(world.mariadb.address()).expect("a proxy");
        let refusing = Proxy::start(world.postgres.address()).expect("a proxy");
        let config = Config::new()
            .timeout("2s")
            .target("frozen", &world.redis.dsn())
            .target("blackholed", &world.mariadb.dsn_at(blackhole.address()))
            .target("refusing", &world.postgres.dsn_at(refusing.address()))
            .target("db-api", &world.nginx.dsn())
            .target("db-postgres", &world.postgres.dsn())
            .target("db-sqlite", &world.sqlite_dsn());
        let mut serve = Serve::start(&config.text());
        serve.until("all targets up", &["db_status"], |metrics| all_up(metrics, &ALL));

        let frozen = Frozen::new(&world.redis);
        blackhole.set(Mode::Blackhole);
        // Sessions that are open are cut first: refusing concerns new ones only.
        refusing.set(Mode::Reset);
        refusing.set(Mode::Refuse);
        let classes = [("blackholed", "timeout"), ("frozen", "timeout"), ("refusing", "refused")];
        let broken = serve.until("the statuses and classes of the faults", &["db_status", "_failures"], |metrics| {
            let down = BROKEN.iter().all(|target| metrics.status(target) == Some("down"));
            down && classes.iter().all(|(target, class)| failures(metrics, target, class) >= 2.0)
        });
        assert!(failures(&broken, "refusing", "refused") >= 1.0);
        assert_eq!(broken.value("db_up", &[("target", "frozen")]), Some(0.0));
        others_go_on(&serve, &broken);

        drop(frozen);
        blackhole.set(Mode::Forward);
        refusing.set(Mode::Forward);
        serve.until("all targets up again", &["db_status"], |metrics| all_up(metrics, &ALL));
        assert!(serve.is_running());
    })
}

/// While a target that hangs is probed three times, each healthy one is probed at least as often, and stays up.
fn others_go_on(serve: &Serve, before: &Exposition) {
    let hung = |metrics: &Exposition| probes(metrics, "frozen") - probes(before, "frozen");
    let after = serve.until("three more probes of the frozen one", &["db_probes_total"], |metrics| {
        assert!(all_up(metrics, &HEALTHY), "a fault of one target is another's");
        hung(metrics) >= 3.0
    });
    for target in HEALTHY {
        let more = probes(&after, target) - probes(before, target);
        assert!(more >= hung(&after), "{target} was probed {more} times, the frozen one {}", hung(&after));
    }
}

fn failures(metrics: &Exposition, target: &str, class: &str) -> f64 {
    metrics.sum("db_probe_failures_total", &[("target", target), ("class", class)])
}

/// A frozen server, which goes on when this is dropped, also when a test fails.
struct Frozen<'a>(&'a Server);

impl<'a> Frozen<'a> {
    fn new(server: &'a Server) -> Self {
        server.pause();
        Self(server)
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.0.unpause();
    }
}

pub(crate) fn kills() -> Result<(), Missing> {
    with(|world| {
        let config = Config::new()
            .timeout("2s")
            .target("db-postgres", &world.postgres.dsn())
            .target("db-mysql", &world.mariadb.dsn())
            .target("db-redis", &world.redis.dsn())
            .target("db-api", &world.nginx.dsn())
            .target("mail-server", &world.postfix.dsn());
        let mut serve = Serve::start(&config.text());
        let targets = targets(world);
        let names: Vec<&str> = targets.iter().map(|(name, _)| *name).collect();
        serve.until("all targets up", &["db_status"], |metrics| all_up(metrics, &names));
        for (name, server) in &targets {
            server.kill();
            let killed = now();
            let began_later = |metrics: &Exposition| {
                let began = metrics.value("db_probe_last_run_timestamp_seconds", &[("target", name)]);
                began.is_some_and(|began| began > killed)
            };
            let dead = serve.until("a probe of the dead one", &["last_run"], began_later);
            assert_eq!(dead.status(name), Some("down"), "{name} was killed");
            let count = probes(&dead, name);
            serve.until("three probes of the dead one", &["db_probes_total"], |metrics| {
                assert_eq!(metrics.status(name), Some("down"), "{name} is dead");
                assert_eq!(metrics.value("db_up", &[("target", name)]), Some(0.0), "{name} is dead");
                probes(metrics, name) >= count + 3.0
            });
            server.start_again();
            let ready = server.until_ready();
            assert!(ready.is_ok(), "{name} does not start again: {ready:?}\n{}", server.log());
            serve.until("all targets up again", &["db_status"], |metrics| all_up(metrics, &names));
        }
        assert!(serve.is_running());
    })
}

fn targets(world: &World) -> [(&'static str, &Server); 5] {
    [
        ("db-postgres", &world.postgres),
        ("db-mysql", &world.mariadb),
        ("db-redis", &world.redis),
        ("db-api", &world.nginx),
        ("mail-server", &world.postfix),
    ]
}

fn now() -> f64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO).as_secs_f64()
}
