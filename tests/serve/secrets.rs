//! The planted password is in no answer of any route, and in no line of the log.

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::secrecy::find_secret;
use dbprobe_testkit::serve::{Request, Serve};

use crate::world::{PASSWORD, TARGETS, all_up, with};

const ROUTES: [&str; 16] = [
    "/",
    "/metrics",
    "/health",
    "/health?strict=1",
    "/health/detailed",
    "/healthz",
    "/livez",
    "/readyz",
    "/-/healthy",
    "/-/ready",
    "/api/v1/targets",
    "/config",
    "/nowhere",
    "/probe",
    "/probe?target=stranger",
    "/targets/stranger",
];

pub(crate) fn nowhere() -> Result<(), Missing> {
    with(|world| {
        // Wrong ones, too: a server may repeat what it was told.
        let wrong = |dsn: String| dsn.replace("postgres@", "somebody@").replacen("://postgres:", "://somebody:", 1);
        let config = world
            .config()
            .target("wrong-user", &wrong(world.postgres.dsn()))
            .target("wrong-port", &world.redis.dsn_at(world.postgres.address()))
            .target("nobody", &world.mariadb.dsn_at(([127, 0, 0, 1], 1).into()));
        let serve = Serve::start(&config.text());
        let wrong = ["nobody", "wrong-port", "wrong-user"];
        serve.until("statuses of all", &["db_status"], |metrics| {
            all_up(metrics, &TARGETS) && wrong.iter().all(|target| metrics.status(target) == Some("down"))
        });
        let mut paths: Vec<String> = ROUTES.iter().map(|path| (*path).to_owned()).collect();
        for target in TARGETS.iter().chain(&wrong) {
            for path in ["/targets/", "/health/detailed?service=", "/probe?target=", "/probe?debug=true&target="] {
                paths.push(format!("{path}{target}"));
            }
            paths.extend(["", "/history"].map(|rest| format!("/api/v1/targets/{target}{rest}")));
        }
        for path in paths {
            let answer = serve.get(&path);
            let headers = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
            let all = headers.collect::<String>() + &answer.text();
            assert_eq!(find_secret(&all, PASSWORD), None, "{path}");
        }
        // A bad file is shown with its text, and the text has a secret in it.
        serve.write_config(
            &config.target_with("bad", &world.redis.dsn(), &["nonsense: 1"]).text().replace("&Qe1rTp", "%zz"),
        );
        let answer = serve.send(&Request::post("/-/reload"));
        assert_eq!(find_secret(&answer.text(), PASSWORD), None, "/-/reload");
        let stopped = serve.stop();
        assert_eq!(find_secret(&stopped.stderr, PASSWORD), None, "the log");
    })
}
