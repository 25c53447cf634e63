//! What is close to a limit, although it works.

use std::time::Duration;

use dbprobe_core::{Phase, Plan, Thresholds};
use serde::Serialize;

use super::doors::difference;
use super::file::LITTLE;
use super::findings::Findings;
use super::rung::Rung;

/// The share of the usable connections from which on it gets narrow: the usual alert of `postgres_exporter`'s mixin.
const CONNECTIONS: f64 = 0.8;
const CONNECTIONS_SOURCE: &str = "https://github.com/prometheus-community/postgres_exporter/tree/master/postgres_mixin";

/// The share of `maxmemory` from which on it gets narrow where nothing may be evicted: the same as of the connections.
const MEMORY: f64 = 0.8;
const MEMORY_SOURCE: &str = "https://redis.io/docs/latest/develop/reference/eviction/";

/// The days in which a certificate is usually renewed: Let's Encrypt's recommendation for its 90 days.
const CERTIFICATE: i64 = 30;
const CERTIFICATE_SOURCE: &str = "https://letsencrypt.org/docs/integration-guide/#when-to-renew";

/// How far a replica may be behind before its readers notice.
const LAG: Duration = Duration::from_secs(30);

/// More than a clock that is kept by NTP ever has, and far less than what breaks tokens and certificates.
const SKEW: f64 = 5.0;

/// A round trip over which an application that asks ten questions a page feels slow.
const PING: Duration = Duration::from_millis(100);

/// What is close to a limit, or suspicious, although it works: a fact and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recommendation {
    /// The rung it belongs to.
    pub rung: Rung,
    /// What was seen, with its limit.
    pub fact: String,
    /// What to do about it.
    pub advice: String,
    /// Where the limit is documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    #[serde(skip)]
    pub(super) subject: Subject,
}

/// What a recommendation is about, which decides the next command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Certificate,
    Clock,
    Connections,
    Disk,
    Dsn,
    Lag,
    Latency,
    Memory,
    Network,
}

impl Recommendation {
    fn new(subject: Subject, fact: impl Into<String>, advice: impl Into<String>) -> Self {
        let rung = match subject {
            Subject::Dsn => Rung::Configure,
            Subject::Network => Rung::Tcp,
            Subject::Lag => Rung::Role,
            _ => Rung::Capacity,
        };
        Self { rung, fact: fact.into(), advice: advice.into(), source: None, subject }
    }

    fn source(self, source: &'static str) -> Self {
        Self { source: Some(source), ..self }
    }
}

/// Everything that is close to a limit: the plan's own limits count where they are given.
pub(super) fn recommendations(findings: &Findings, plan: &Plan) -> Vec<Recommendation> {
    let limits = &plan.thresholds;
    let mut all: Vec<Recommendation> = findings
        .configuration
        .concerns
        .iter()
        .map(|concern| Recommendation::new(Subject::Dsn, concern, "check the DSN"))
        .collect();
    all.extend(network(findings));
    // What stops a database first comes first: the next command is about that.
    all.extend(connections(findings, limits));
    all.extend(memory(findings));
    all.extend(disk(findings));
    all.extend(certificate(findings, limits));
    all.extend(lag(findings, limits));
    all.extend(latency(findings, limits));
    all.extend(clock(findings));
    all
}

fn network(findings: &Findings) -> Vec<Recommendation> {
    let mut all = Vec::new();
    let works = findings.report.status().answers();
    if let Some(difference) = difference(&findings.addresses).filter(|_| works) {
        let advice = "let the server listen on both families, or name the address that works";
        all.push(Recommendation::new(Subject::Network, difference, advice));
    }
    for attempt in findings.report.attempts.iter().filter(|_| works) {
        let fact = format!("{} was tried before, in vain: {}", attempt.endpoint, attempt.failure.message);
        all.push(Recommendation::new(Subject::Network, fact, "mend that host, or take it out of the DSN"));
    }
    all
}

fn certificate(findings: &Findings, limits: &Thresholds) -> Option<Recommendation> {
    let days = findings.report.tls.as_ref()?.days_left?;
    // The plan's limit is already a failure of the report where it is exceeded.
    let most =
        limits.certificate.map_or(CERTIFICATE, |limit| i64::try_from(limit.as_secs() / 86_400).unwrap_or(i64::MAX));
    (days < most).then(|| {
        let what = match days {
            ..0 => "the server's certificate has expired".to_owned(),
            days => format!("the server's certificate ends in {days} days, which is less than {most}"),
        };
        Recommendation::new(Subject::Certificate, what, "renew it, and let the server load it")
            .source(CERTIFICATE_SOURCE)
    })
}

fn lag(findings: &Findings, limits: &Thresholds) -> Option<Recommendation> {
    let lag = findings.report.inspection.replication_lag?;
    let most = limits.replication_lag.unwrap_or(LAG);
    (lag > most).then(|| {
        let fact =
            format!("the replica is {:.0} s behind, and {:.0} s is the limit", lag.as_secs_f64(), most.as_secs_f64());
        Recommendation::new(
            Subject::Lag,
            fact,
            "look for a long query on the replica, its disk, and the network to the primary",
        )
    })
}

fn connections(findings: &Findings, limits: &Thresholds) -> Option<Recommendation> {
    let inspection = &findings.report.inspection;
    let (used, most) = (inspection.connections?, inspection.connections_max.filter(|most| *most > 0)?);
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    let share = used as f64 / most as f64;
    let limit = limits.connections.unwrap_or(CONNECTIONS);
    (share >= limit).then(|| {
        let fact = format!("{used} of {most} usable connections are taken, {:.0} %", share * 100.0);
        let advice = "see who holds them with `dbprobe pool`; put a pooler in between before raising the limit";
        Recommendation::new(Subject::Connections, fact, advice).source(CONNECTIONS_SOURCE)
    })
}

/// A server that evicts may be full at all times; one that may not refuses to write when it is.
fn memory(findings: &Findings) -> Option<Recommendation> {
    let facts = &findings.report.inspection.facts;
    let bytes = |fact: &str| facts.get(fact)?.parse::<u64>().ok();
    let most = bytes("maxmemory_bytes").filter(|most| *most > 0)?;
    let used = bytes("used_memory_bytes")?;
    let evicts = facts.get("maxmemory_policy").is_some_and(|policy| policy != "noeviction");
    #[expect(clippy::cast_precision_loss, reason = "bytes far below 2^53")]
    let share = used as f64 / most as f64;
    (share >= MEMORY && !evicts).then(|| {
        let fact =
            format!("{used} of {most} bytes of `maxmemory` are taken, {:.0} %, and none may be evicted", share * 100.0);
        let advice =
            "find what grew (`MEMORY STATS`, keys without an expiry); raise maxmemory, or set maxmemory-policy";
        Recommendation::new(Subject::Memory, fact, advice).source(MEMORY_SOURCE)
    })
}

fn latency(findings: &Findings, limits: &Thresholds) -> Vec<Recommendation> {
    let known = [(Phase::Ping, limits.ping.or(Some(PING))), (Phase::Write, limits.write), (Phase::Read, limits.read)];
    let slow = known.into_iter().filter_map(|(phase, limit)| {
        let (took, limit) = (findings.report.latency(phase)?, limit?);
        (took > limit).then(|| {
            let fact = format!(
                "the {phase} took {:.0} ms, and {:.0} ms is the limit",
                took.as_secs_f64() * 1e3,
                limit.as_secs_f64() * 1e3
            );
            let advice = "measure the distribution with `dbprobe perf`: the network, the server's load or its disk";
            Recommendation::new(Subject::Latency, fact, advice)
        })
    });
    slow.collect()
}

fn clock(findings: &Findings) -> Option<Recommendation> {
    let ahead = findings.told.clock_ahead.filter(|ahead| ahead.abs() > SKEW)?;
    let direction = if ahead > 0.0 { "ahead of" } else { "behind" };
    let fact = format!("the server's clock is {:.1} s {direction} this machine's", ahead.abs());
    Some(Recommendation::new(Subject::Clock, fact, "let both machines keep their clocks by NTP: `chronyc tracking`"))
}

fn disk(findings: &Findings) -> Vec<Recommendation> {
    let Some(file) = &findings.file else { return Vec::new() };
    let mut all = Vec::new();
    if let Some(free) = file.free.filter(|free| *free < LITTLE) {
        let fact = format!("{} KiB are free on the file system of the database", free / 1024);
        all.push(Recommendation::new(Subject::Disk, fact, "free some space: `df -h` and `du -xh` show where it went"));
    }
    if let Some(mount) = file.mount.as_ref().filter(|mount| mount.is_of_network()) {
        let fact = format!("the file is on {}, a file system of the network", mount.kind);
        let advice = "put it on a local disk: the locks of SQLite do not hold over a network";
        let source =
            "https://www.sqlite.org/howtocorrupt.html#_filesystems_with_broken_or_missing_lock_implementations";
        all.push(Recommendation::new(Subject::Disk, fact, advice).source(source));
    }
    all
}
