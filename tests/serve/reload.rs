//! Reading the configuration again: by a signal, by a request, and when it is bad.

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::serve::{Exposition, Request, Serve};

use crate::config::Config;
use crate::world::{World, all_up, probes, with};

const SUCCESSFUL: &str = "dbprobe_config_last_reload_successful";
const SUCCEEDED_AT: &str = "dbprobe_config_last_reload_success_timestamp_seconds";

pub(crate) fn unchanged() -> Result<(), Missing> {
    with(|world| {
        let kept = Config::new().target("kept", &world.redis.dsn());
        let serve = Serve::start(&kept.clone().target("removed", &world.nginx.dsn()).text());
        let probed_twice = |metrics: &Exposition| probes(metrics, "kept") >= 2.0;
        serve.until("all targets up", &["db_status", "db_probes_total"], |metrics| {
            all_up(metrics, &["kept", "removed"]) && probed_twice(metrics)
        });
        let (before, session) = (serve.metrics(), session(world));
        serve.write_config(&kept.target("added", &world.nginx.dsn()).text());
        serve.signal("HUP");
        let after = serve.until("the new target", &["db_status"], |metrics| all_up(metrics, &["added", "kept"]));
        let left: Vec<_> = after.series.iter().filter(|series| series.label("target") == Some("removed")).collect();
        assert!(left.is_empty(), "{left:?}");
        assert!(probes(&after, "kept") >= probes(&before, "kept"), "the count began anew");
        let count = probes(&after, "kept");
        serve.until("two more probes", &["db_probes_total"], |metrics| probes(metrics, "kept") >= count + 2.0);
        assert_eq!(self::session(world), session, "the session was opened anew");

        // By a request, without a change: it is read again all the same.
        let at = |metrics: &Exposition| metrics.value(SUCCEEDED_AT, &[]).expect(SUCCEEDED_AT);
        let earlier = at(&serve.metrics());
        let answer = serve.send(&Request::post("/-/reload"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(at(&serve.metrics()) > earlier);
        assert_ne!(serve.get("/-/reload").status, 200, "a crawler must not reload");
    })
}

/// The number that Redis gave to dbprobe's session.
fn session(world: &World) -> Vec<String> {
    let list = world.redis.ask(&["CLIENT", "LIST"]).expect("its clients");
    let ours = list.lines().filter(|line| line.contains("name=dbprobe"));
    ours.filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
}

pub(crate) fn bad_file() -> Result<(), Missing> {
    with(|world| {
        let good = Config::new().target("kept", &world.redis.dsn());
        let serve = Serve::start(&good.text());
        let first = serve.until("up", &["db_status"], |metrics| all_up(metrics, &["kept"]));
        assert_eq!(first.value(SUCCESSFUL, &[]), Some(1.0));
        serve.write_config(&good.clone().target_with("worse", &world.nginx.dsn(), &["intervall: 3s"]).text());
        let answer = serve.send(&Request::post("/-/reload"));
        assert!(answer.status >= 400, "{}", answer.status);
        let metrics =
            serve.until("the note of a bad file", &[SUCCESSFUL], |metrics| metrics.value(SUCCESSFUL, &[]) == Some(0.0));
        assert_eq!(metrics.status("worse"), None);
        let count = probes(&metrics, "kept");
        serve.until("two more probes", &["db_probes_total"], |metrics| probes(metrics, "kept") >= count + 2.0);
        assert!(serve.stderr().contains("intervall"), "{}", serve.stderr());
        serve.write_config(&good.text());
        serve.signal("HUP");
        serve.until("the note of a good file", &[SUCCESSFUL], |metrics| metrics.value(SUCCESSFUL, &[]) == Some(1.0));
    })
}
