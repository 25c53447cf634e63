//! Summaries of scripted databases, on a paused clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Class, Driver, Endpoint, Failure, Inspection, Phase, Pong, Session, Status, Steps, Target, Tls, WriteProof,
    WriteRequest, Written,
};

use super::*;

/// A database that does what it is told.
#[derive(Debug)]
struct Scripted {
    target: Target,
    /// How often connecting fails, and with what.
    refusal: Option<(u32, Phase, Failure)>,
    hangs: bool,
    write: Option<Failure>,
    connections: (u64, u64),
    days_left: Option<i64>,
    delay: Duration,
    connects: AtomicU32,
}

fn at(host: &str, port: u16) -> Scripted {
    let target = Target {
        engine: "scripted",
        endpoints: vec![Endpoint { host: host.to_owned(), port: Some(port) }],
        user: Some("app".to_owned()),
        has_password: true,
        database: None,
        parameters: BTreeMap::new(),
        redacted: String::new(),
    };
    Scripted {
        target,
        refusal: None,
        hangs: false,
        write: None,
        connections: (4, 100),
        days_left: None,
        delay: Duration::ZERO,
        connects: AtomicU32::new(0),
    }
}

impl Scripted {
    /// It fails at every connect.
    fn fails(self, phase: Phase, failure: Failure) -> Self {
        Self { refusal: Some((u32::MAX, phase, failure)), ..self }
    }

    fn named(self, name: &str) -> Database {
        Database::new(Arc::new(self)).named(name)
    }
}

#[async_trait]
impl Driver for Scripted {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, _: &mut Steps) -> Result<(), Failure> {
        Ok(())
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let connects = self.connects.fetch_add(1, Ordering::SeqCst);
        if let Some((times, phase, failure)) = &self.refusal
            && connects < *times
        {
            return steps.run(*phase, async { Err(failure.clone()) }).await;
        }
        steps.connected_to(self.target.endpoints[0].authority());
        steps.secured(Tls { days_left: self.days_left, ..Tls::default() });
        let work = async {
            tokio::time::sleep(self.delay).await;
            if self.hangs { std::future::pending().await } else { Ok(()) }
        };
        steps.run(Phase::Auth, work).await?;
        Ok(Box::new(Open { write: self.write.clone(), connections: self.connections }))
    }
}

struct Open {
    write: Option<Failure>,
    connections: (u64, u64),
}

#[async_trait]
impl Session for Open {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        Ok(Pong::new())
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        match &self.write {
            Some(failure) => Err(failure.clone()),
            None => Ok(Written::new(request, WriteProof::Table, "")),
        }
    }

    async fn read(&mut self, _: Option<&Written>) -> Result<(), Failure> {
        Ok(())
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let mut facts = Inspection::default();
        (facts.connections, facts.connections_max) = (Some(self.connections.0), Some(self.connections.1));
        Ok(facts)
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

fn refused() -> Failure {
    Failure::new(Class::Refused, "nobody listens there").code("ECONNREFUSED").advise("check that the server runs")
}

/// The kind, the cause and the members of every group.
fn groups(summary: &Summary) -> Vec<(CauseKind, String, String)> {
    summary.groups.iter().map(|group| (group.kind, group.cause.clone(), group.members.join(" "))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_hanging_database_costs_the_others_nothing() {
    let begun = Instant::now();
    let databases = [at("a", 1).named("a"), Scripted { hangs: true, ..at("b", 1) }.named("b"), at("c", 1).named("c")];
    let summary = summary(&databases, &SummaryOptions::default()).await;
    assert!(begun.elapsed() <= Duration::from_millis(5_050), "{:?}", begun.elapsed());
    let found: Vec<Status> = summary.databases.iter().map(|database| database.check_status).collect();
    assert_eq!(found, [Status::Up, Status::Down, Status::Up]);
    assert_eq!((summary.overall_status, summary.worst()), (Word::Unhealthy, Status::Down));
    assert_eq!(summary.status_breakdown, StatusBreakdown { healthy: 2, degraded: 0, unhealthy: 1 });
    let [alert] = summary.alerts.as_slice() else { panic!("{:?}", summary.alerts) };
    assert_eq!((alert.severity, alert.kind), (Severity::Critical, AlertKind::ConnectionFailure));
    assert_eq!((alert.database.as_deref(), alert.value, alert.threshold), (Some("b"), Some(1.0), Some(1.0)));
}

#[tokio::test(start_paused = true)]
async fn ten_databases_on_a_dead_host_are_one_alert() {
    let mut databases: Vec<Database> =
        (0..10).map(|n| at("db-1", 5432 + n % 2).fails(Phase::Tcp, refused()).named(&format!("d{n}"))).collect();
    databases.push(at("db-2", 5432).fails(Phase::Tcp, refused()).named("other"));
    let summary = summary(&databases, &SummaryOptions::default()).await;
    let names = (0..10).map(|n| format!("d{n}")).collect::<Vec<_>>();
    let cause = "nobody listens on db-1 (ports 5432, 5433)".to_owned();
    assert_eq!(groups(&summary), [(CauseKind::Host, cause.clone(), names.join(" "))]);
    let alerts: Vec<(usize, &str)> =
        summary.alerts.iter().map(|alert| (alert.databases.len(), alert.message.as_str())).collect();
    assert_eq!(alerts, [(10, cause.as_str()), (1, "tcp: nobody listens there (ECONNREFUSED)")]);
    assert_eq!(summary.alerts[0].database, None);
    assert_eq!(
        summary.recommendations,
        ["d0, d1, d2, d3, d4 and 6 more: check that the server runs"],
        "one advice is given once"
    );
}

#[tokio::test(start_paused = true)]
async fn what_has_one_cause_is_one_group_and_what_has_not_is_none() {
    let resolver = |host: &str| {
        Failure::new(Class::Timeout, format!("no answer for host name {host:?} from the name servers 10.0.0.2:53"))
    };
    let unknown = |host: &str| Failure::new(Class::Dns, format!("host name {host:?} has no address")).code("NXDOMAIN");
    let authority = |host: &str| {
        let message =
            format!("the server's certificate (CN={host}, valid until 2027) comes from CN=Ours, which is not trusted");
        Failure::new(Class::Certificate, message).code("unknown_issuer")
    };
    let password = || Failure::new(Class::Auth, "the server refused the password").code("28P01");
    let mistake = || Failure::new(Class::Config, "@env:PASSWORD is not set");
    let full = || Failure::new(Class::Overloaded, "too many clients already").code("53300");
    let databases = [
        at("r1", 1).fails(Phase::Resolve, resolver("r1")).named("r1"),
        at("r2", 1).fails(Phase::Resolve, resolver("r2")).named("r2"),
        at("n1", 1).fails(Phase::Resolve, unknown("n1")).named("n1"),
        at("n2", 1).fails(Phase::Resolve, unknown("n2")).named("n2"),
        at("c1", 1).fails(Phase::Tls, authority("c1")).named("c1"),
        at("c2", 1).fails(Phase::Tls, authority("c2")).named("c2"),
        at("p1", 1).fails(Phase::Auth, password()).named("p1"),
        at("p2", 1).fails(Phase::Auth, password()).named("p2"),
        Database::refused("m1", None, mistake()),
        Database::refused("m2", None, mistake()),
        at("s", 1).fails(Phase::Auth, full()).named("s1"),
        at("s", 1).fails(Phase::Auth, full()).named("s2"),
        at("s", 2).fails(Phase::Auth, full()).named("s3"),
    ];
    let summary = summary(&databases, &SummaryOptions::default()).await;
    let expected = [
        (CauseKind::Resolver, "no answer for host name … from the name servers 10.0.0.2:53", "r1 r2"),
        (
            CauseKind::Certificate,
            "certificates are refused alike: the certificate comes from CN=Ours, which is not trusted",
            "c1 c2",
        ),
        (
            CauseKind::Credentials,
            "the credentials of user \"app\" are refused: the server refused the password",
            "p1 p2",
        ),
        (CauseKind::Configuration, "@env:PASSWORD is not set", "m1 m2"),
        (CauseKind::Server, "s:1: too many clients already", "s1 s2"),
    ];
    assert_eq!(groups(&summary), expected.map(|(kind, cause, members)| (kind, cause.to_owned(), members.to_owned())));
    assert_eq!(summary.alerts.len(), 8, "five groups, two names, and another server: {:#?}", summary.alerts);
    assert!(summary.alerts.iter().all(|alert| alert.severity == Severity::Critical));
}

#[tokio::test(start_paused = true)]
async fn an_exceeded_limit_degrades_and_a_close_one_is_advice() {
    let slow = |milliseconds| Scripted { delay: Duration::from_millis(milliseconds), ..at("a", 1) };
    let used = |connections| Scripted { connections, ..at("b", 1) };
    let mut own = slow(600).named("own-limit");
    own.plan.thresholds.response = Some(Duration::from_millis(500));
    let databases = [
        slow(1_200).named("slow"),
        slow(900).named("nearly-slow"),
        own,
        used((81, 100)).named("crowded"),
        used((81, 100)).named("crowded-too"),
        used((70, 100)).named("nearly-crowded"),
        Scripted { days_left: Some(12), ..at("c", 1) }.named("expiring"),
    ];
    let summary = summary(&databases, &SummaryOptions::default()).await;
    assert_eq!(summary.status_breakdown, StatusBreakdown { healthy: 3, degraded: 4, unhealthy: 0 });
    assert_eq!(summary.worst(), Status::Degraded);
    let alerts: Vec<_> = summary
        .alerts
        .iter()
        .map(|alert| (alert.databases.join(" "), alert.severity, alert.kind, alert.value, alert.threshold))
        .collect();
    use AlertKind::{PoolUtilization, ResponseTime};
    assert_eq!(
        alerts,
        [
            ("crowded crowded-too".to_owned(), Severity::Warning, PoolUtilization, Some(81.0), Some(80.0)),
            ("slow".to_owned(), Severity::Warning, ResponseTime, Some(1_200.0), Some(1_000.0)),
            ("own-limit".to_owned(), Severity::Warning, ResponseTime, Some(600.0), Some(500.0)),
        ],
        "one server behind two databases is full once"
    );
    for close in
        ["nearly-slow: it took 900 ms", "nearly-crowded: 70 of 100", "expiring: the server's certificate expires in 12"]
    {
        assert!(summary.recommendations.iter().any(|text| text.starts_with(close)), "{:#?}", summary.recommendations);
    }
    assert_eq!(summary.databases[2].thresholds.response_time_ms, 500.0);
    assert_eq!(summary.databases[3].pool.map(|pool| (pool.in_use, pool.limit)), Some((81, 100)));
    assert_eq!(summary.databases[3].failure.as_ref().map(|failure| failure.class), Some(Class::Threshold));
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_wins_over_the_targets_own_limit() {
    let mut database = Scripted { delay: Duration::from_millis(600), ..at("a", 1) }.named("a");
    database.plan.thresholds.response = Some(Duration::from_millis(500));
    let options = SummaryOptions { response_time: Some(Duration::from_secs(2)), ..SummaryOptions::default() };
    assert_eq!(summary(&[database], &options).await.overall_status, Word::Healthy);
}

#[tokio::test(start_paused = true)]
async fn connecting_is_an_alert_after_as_many_failures_in_a_row() {
    let options = SummaryOptions { connection_failures: 3, ..SummaryOptions::default() };
    let twice = Scripted { refusal: Some((2, Phase::Tcp, refused())), ..at("a", 1) }.named("twice");
    let always = at("b", 1).fails(Phase::Tcp, refused()).named("always");
    let password = Failure::new(Class::Auth, "the server refused the password");
    let locked = at("c", 1).fails(Phase::Auth, password).named("password");
    let summary = summary(&[twice, always, locked], &options).await;
    let found: Vec<(Word, u32)> =
        summary.databases.iter().map(|database| (database.status, database.attempts)).collect();
    assert_eq!(found, [(Word::Healthy, 3), (Word::Unhealthy, 3), (Word::Unhealthy, 1)]);
    let values: Vec<_> = summary.alerts.iter().map(|alert| (alert.value, alert.threshold)).collect();
    assert_eq!(values, [(Some(3.0), Some(3.0)), (None, None)], "a password is not asked again");
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_is_a_warning() {
    let denied = Failure::new(Class::Permission, "permission denied").advise("run `dbprobe init`");
    let summary =
        summary(&[Scripted { write: Some(denied), ..at("a", 1) }.named("a")], &SummaryOptions::default()).await;
    let [alert] = summary.alerts.as_slice() else { panic!("{:?}", summary.alerts) };
    assert_eq!((alert.severity, alert.kind), (Severity::Warning, AlertKind::Failure));
    assert_eq!(summary.recommendations, ["a: run `dbprobe init`"]);
}

#[tokio::test(start_paused = true)]
async fn the_json_has_the_designs_names_and_leaves_out_what_is_not_known() {
    let databases = [at("a", 1).named("a"), at("b", 1).fails(Phase::Tcp, refused()).named("b")];
    let json = serde_json::to_value(summary(&databases, &SummaryOptions::default()).await).expect("JSON");
    assert_eq!((&json["schema"], &json["overall_status"]), (&"dbprobe.summary/v1".into(), &"unhealthy".into()));
    assert_eq!(json["status_breakdown"], serde_json::json!({"healthy": 1, "degraded": 0, "unhealthy": 1}));
    assert_eq!(
        (&json["databases"][0]["database_name"], &json["databases"][0]["status"]),
        (&"a".into(), &"healthy".into())
    );
    assert_eq!(json["databases"][0]["pool"]["utilization_percent"], 4.0);
    assert!(json["databases"][0].get("failure").is_none() && json["databases"][1].get("response_time_ms").is_none());
    assert_eq!((&json["alerts"][0]["severity"], &json["alerts"][0]["database"]), (&"critical".into(), &"b".into()));
    assert_eq!(json["thresholds"]["response_time_ms"], 1_000.0);
    assert_eq!(json["thresholds"]["pool_utilization_percent"], 80.0);
    assert_eq!(json["thresholds"]["connection_failure_threshold"], 1);
}

#[tokio::test(start_paused = true)]
async fn of_no_databases_nothing_is_known() {
    let summary = summary(&[], &SummaryOptions::default()).await;
    assert_eq!((summary.overall_status, summary.worst()), (Word::Unhealthy, Status::Unknown));
}
