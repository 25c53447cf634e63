//! The service while its database hangs, is gone, and comes back.

use std::time::Duration;

use dbprobe_testkit::binary::run;
use dbprobe_testkit::fixture::Missing;

use crate::client::Answer;
use crate::database::{Database, PASSWORD, until};
use crate::service::{Service, command};

/// The health route's own deadline is 2 s, and a busy machine adds to it; the database would never answer. That the
/// deadline is kept to the moment is tested where the clock stands still (`tests/health` of dbprobe-instrument).
const DEADLINE: Duration = Duration::from_secs(2 + 8);
/// The bound of every request is 5 s, and the same.
const REQUEST: Duration = Duration::from_secs(5 + 8);

pub(crate) fn its_health_follows_the_database() -> Result<(), Missing> {
    let database = Database::start()?;
    let service = Service::start(&database.dsn());
    healthy(&service);

    database.server.pause();
    unhealthy(&service);
    goes_on(&service);
    database.server.unpause();
    healthy(&service);

    database.server.kill();
    unhealthy(&service);
    goes_on(&service);
    database.server.start_again();
    healthy(&service);

    let log = service.stop();
    assert!(log.contains("no connection: ") && !log.contains("panicked"), "{log}");
    Ok(())
}

pub(crate) fn a_refused_log_in_does_not_tell_the_password() -> Result<(), Missing> {
    let database = Database::start()?;
    let wrong = format!("{PASSWORD}-of-yesterday");
    let dsn = database.dsn().replace(PASSWORD, &wrong);
    for dsn in [dsn.as_str(), &dsn.replace("/content?", "/content?sslmod=off&"), &format!("postgres://app:{wrong}@h:x")]
    {
        let finished = run(&mut command(dsn));
        assert_eq!(finished.code, Some(1), "{}", finished.stderr);
        finished.assert_no_secret(PASSWORD);
    }
    Ok(())
}

/// It becomes 200 and says so, and the service works.
fn healthy(service: &Service) {
    let answer = health(service, 200);
    assert!(answer.body().starts_with(r#"{"service":"content-service","status":"healthy""#), "{}", answer.text);
    assert_eq!(service.get("/content").status, 200);
    // Nobody was allowed to see more.
    assert_eq!(service.get("/health/detailed").status, 404);
}

/// It becomes 503, within the deadline every time.
fn unhealthy(service: &Service) {
    let answer = health(service, 503);
    assert!(answer.body().contains(r#""status":"unhealthy","connectivity":"unhealthy""#), "{}", answer.text);
    assert!(answer.text.contains("no-store"), "{}", answer.text);
    #[expect(clippy::print_stdout, reason = "for who reads the test's output: how soon it was")]
    {
        println!("unhealthy after {:.2} s", answer.took.as_secs_f64());
    }
}

/// What needs no database is answered, and what needs it is refused in time.
fn goes_on(service: &Service) {
    let refused = service.get("/content");
    assert!([503, 504].contains(&refused.status) && refused.took < REQUEST, "{refused:?}");
    assert_eq!(service.get("/nowhere").status, 404);
    let metrics = service.metrics();
    let errors = metrics.sum("content_service_database_errors_total", &[]);
    let cancelled = metrics.sum("content_service_database_query_duration_seconds_count", &[("outcome", "cancelled")]);
    assert!(errors + cancelled > 0.0, "an outage without a trace");
}

fn health(service: &Service, status: u16) -> Answer {
    until("the status of the database's", || {
        let answer = service.get("/health");
        assert!(answer.took < DEADLINE, "{answer:?}");
        (answer.status == status).then_some(answer)
    })
}
