//! The design's names where Prometheus' own guidelines lead to others, for dashboards that are there already.

use dbprobe_config::Naming;
use dbprobe_core::{Phase, Status, milliseconds};

use super::super::family::{ALL, Family};
use super::super::series::Series;
use super::super::target::Target;

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge("db_ping_latency_ms", "Round trip of the last probe's ping, in milliseconds.", |target, series| {
        series.add(target.latency(Phase::Ping).map(milliseconds)?)
    })
    .named(Naming::Compat)
    .shown(ALL),
    Family::gauge("db_read_latency_ms", "Duration of the last probe's read, in milliseconds.", |target, series| {
        series.add(target.latency(Phase::Read).map(milliseconds)?)
    })
    .named(Naming::Compat)
    .shown(ALL),
    Family::gauge("db_write_latency_ms", "Duration of the last probe's write, in milliseconds.", |target, series| {
        series.add(target.latency(Phase::Write).map(milliseconds)?)
    })
    .named(Naming::Compat)
    .shown(ALL),
    Family::gauge("db_connection_count", "Client connections open now.", |target, series| {
        series.add(target.facts()?.connections?)
    })
    .named(Naming::Compat)
    .shown(ALL),
    Family::gauge("service_health", "Whether the service is healthy: 1 for the status up only.", |target, series| {
        series.add_with(&[target.name], target.status()? == Status::Up)
    })
    .named(Naming::Compat)
    .with(&["service"]),
    Family::gauge(
        "service_up",
        "Whether the service answers: 1 for the statuses up and degraded.",
        |target, series| series.add_with(&[target.name], target.status()?.answers()),
    )
    .named(Naming::Compat)
    .with(&["service"]),
    Family::gauge("service_info", "The service's version: the configured one, else the server's.", |target, series| {
        series.add_with(&[target.name, target.service_version()?], true)
    })
    .named(Naming::Compat)
    .with(&["service", "version"]),
    Family::counter("service_requests_total", "Probes of the service that have ended.", |target, series| {
        series.add_with(&[target.name], target.counts()?.probes)
    })
    .named(Naming::Compat)
    .with(&["service"]),
    Family::counter("http_requests_total", "Requests that dbprobe sent to the endpoint.", |target, series| {
        let pings = target.histogram(Phase::Ping).map_or(0, |histogram| histogram.count());
        series.add_with(&[target.name, endpoint(target)?], pings)
    })
    .named(Naming::Compat)
    .with(&["service", "endpoint"]),
    Family::histogram(
        "http_request_duration_seconds",
        "From a request of dbprobe to the head of the answer.",
        |target, series| series.add_histogram(&[target.name, endpoint(target)?], target.histogram(Phase::Ping)?),
    )
    .named(Naming::Compat)
    .with(&["service", "endpoint"]),
    Family::gauge("postgres_up", "Whether PostgreSQL answers.", |target, series| up("postgres", target, series))
        .named(Naming::Compat),
    Family::gauge("postgres_connections", "Client connections open now.", |target, series| {
        series.add(target.of_engine("postgres")?.facts()?.connections?)
    })
    .named(Naming::Compat),
    Family::gauge(
        "postgres_max_connections",
        "Client connections that an ordinary role can have at most.",
        |target, series| series.add(target.of_engine("postgres")?.facts()?.connections_max?),
    )
    .named(Naming::Compat),
    Family::counter(
        "postgres_queries_total",
        "Requests that dbprobe itself sent; those of other clients are not counted.",
        |target, series| series.add(target.of_engine("postgres")?.counts()?.requests),
    )
    .named(Naming::Compat),
    Family::gauge("postgres_query_duration_seconds", "Round trip of the last probe's read.", |target, series| {
        series.add(target.of_engine("postgres")?.latency(Phase::Read)?)
    })
    .named(Naming::Compat),
    Family::gauge("redis_up", "Whether Redis answers.", |target, series| up("redis", target, series))
        .named(Naming::Compat),
    Family::gauge("redis_connected_clients", "Client connections open now.", |target, series| {
        series.add(target.of_engine("redis")?.facts()?.connections?)
    })
    .named(Naming::Compat),
    // These two are the server's own figures under proper names, and no other family has them.
    Family::gauge("redis_memory_used_bytes", "Memory that Redis has allocated.", |target, series| {
        series.add(target.of_engine("redis")?.fact("used_memory_bytes")?)
    })
    .named(Naming::Both),
    Family::counter("redis_commands_total", "Commands that Redis has processed, of all clients.", |target, series| {
        series.add(target.of_engine("redis")?.fact("commands_total")?)
    })
    .named(Naming::Both),
];

fn up(engine: &str, target: &Target<'_>, series: &mut Series<'_>) -> Option<()> {
    series.add(target.of_engine(engine)?.status()?.answers())
}

/// The path that is asked for.
fn endpoint<'a>(target: &Target<'a>) -> Option<&'a str> {
    target.of_engine("http")?.record?.endpoint()
}
