//! A real Prometheus: what its checker says, and what it makes of the example's configuration.

use std::time::{Duration, Instant};

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::serve::{Request, Serve};
use dbprobe_testkit::server::{Server, ServerSettings, host_for_containers};
use serde_json::Value;

use crate::world::{TARGETS, all_up, image, probes, with};

/// The configuration that users are given.
const EXAMPLE: &str = include_str!("../../examples/prometheus.yml");
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(200);

fn start(config: &str) -> Result<Server, Missing> {
    Server::start(ServerSettings::prometheus(image("prometheus", None, "prom/prometheus:v2.53.5"), config))
}

pub(crate) fn promtool() -> Result<(), Missing> {
    with(|world| {
        let prometheus = match start("global: {}\n") {
            Ok(prometheus) => prometheus,
            Err(missing) => panic!("{}", missing.why),
        };
        // A failure and a query, so that every family has series.
        let config = world.config().naming("prometheus").target("nobody", "postgres://127.0.0.1:1/x");
        let serve = Serve::start(&config.text());
        serve.until("all targets up", &["db_status"], |metrics| {
            all_up(metrics, &TARGETS) && metrics.status("nobody") == Some("down")
        });
        let checked = |path: &str| {
            let said = prometheus.exec_with_input(&["promtool", "check", "metrics"], &serve.get(path).body);
            assert_eq!(said.as_deref(), Ok(""), "{path}");
        };
        checked("/metrics");
        checked("/probe?target=db-postgres");
    })
}

pub(crate) fn scrapes() -> Result<(), Missing> {
    with(|world| {
        // Containers reach this machine at their gateway. Nobody else does: it is an address of Docker's bridge.
        let host = host_for_containers(&world.nginx);
        let config = world.config().listen(&format!("{host}:0"));
        let serve = Serve::start(&config.text());
        serve.until("all targets up", &["db_status"], |metrics| all_up(metrics, &TARGETS));
        let here = serve.addresses().iter().find(|address| address.ip() == host).expect("the second address");
        let prometheus = match start(&example(&here.to_string())) {
            Ok(prometheus) => prometheus,
            Err(missing) => panic!("{}", missing.why),
        };
        let queries = Queries { prometheus: &prometheus };
        let up = format!("count(db_up{{job=\"dbprobe\"}} == 1) == {}", TARGETS.len());
        queries.until(&up, |result| !result.is_empty());
        for name in ["db-postgres", "db-redis"] {
            let probed = format!("probe_success{{job=\"dbprobe-probe\",instance=\"{name}\"}} == 1");
            queries.until(&probed, |result| !result.is_empty());
            let same = format!("db_up{{job=\"dbprobe-probe\",instance=\"{name}\",target=\"{name}\"}} == 1");
            queries.until(&same, |result| !result.is_empty());
        }
        queries.until("up == 0", <[Value]>::is_empty);
        let before = probes(&serve.metrics(), "db-redis");
        serve.write_config(&config.target("added", &world.nginx.dsn()).text());
        serve.signal("HUP");
        queries.until("db_up{job=\"dbprobe\",target=\"added\"} == 1", |result| !result.is_empty());
        let further = format!("db_probes_total{{job=\"dbprobe\",target=\"db-redis\"}} > {}", before + 2.0);
        queries.until(&further, |result| !result.is_empty());
        let anew = "resets(db_probes_total{job=\"dbprobe\"}[10m]) > 0";
        assert_eq!(queries.ask(anew), Vec::<Value>::new(), "series began anew");
        assert!(!queries.ask("resets(db_probes_total{job=\"dbprobe\"}[10m]) == 0").is_empty());
    })
}

/// The example with the exporter's real address, and clocks that a test can wait for.
fn example(exporter: &str) -> String {
    let changes = [
        ("dbprobe:9091", exporter),
        ("scrape_interval: 15s", "scrape_interval: 1s"),
        ("scrape_timeout: 10s", "scrape_timeout: 1s"),
    ];
    let mut text = EXAMPLE.replace("scrape_interval: 30s", "scrape_interval: 5s\n    scrape_timeout: 5s");
    for (old, new) in changes {
        assert!(text.contains(old), "{old} is not in the example");
        text = text.replace(old, new);
    }
    text
}

/// Prometheus' own answers.
struct Queries<'a> {
    prometheus: &'a Server,
}

impl Queries<'_> {
    fn until(&self, query: &str, wanted: impl Fn(&[Value]) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            let result = self.try_ask(query);
            if result.as_ref().is_ok_and(|result| wanted(result)) {
                return;
            }
            if Instant::now() > end {
                let targets = self.try_ask("up");
                panic!("not within {PATIENCE:?}: {query}\n{result:?}\n{targets:?}\n{}", self.prometheus.log());
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn ask(&self, query: &str) -> Vec<Value> {
        self.try_ask(query).expect("an answer of Prometheus")
    }

    fn try_ask(&self, query: &str) -> Result<Vec<Value>, String> {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let request = Request::get(format!("/api/v1/query?query={encoded}"));
        let answer = request.send(self.prometheus.address()).map_err(|error| error.to_string())?;
        if answer.status != 200 {
            return Err(answer.text());
        }
        Ok(answer.json()["data"]["result"].as_array().cloned().unwrap_or_default())
    }
}
