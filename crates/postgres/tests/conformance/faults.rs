//! What is wrong → (phase, class, status, code): the one table.

use std::net::SocketAddr;

use dbprobe_core::Class::{self, *};
use dbprobe_core::Phase::{self, *};
use dbprobe_core::Status::{self, *};
use dbprobe_core::{ExpectedRole, WriteMode};
use dbprobe_testkit::fixture::{Fault, Fixture, Missing, Prepare, Prepared};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::admin::Undo;
use crate::peer::{Peer, Speaks, fatal, flood};
use crate::server::{HEALTH_TABLE, Postgres};

type Ready = Result<Prepared, Missing>;

const fn row(
    name: &'static str,
    (phase, class, status): (Phase, Class, Status),
    prepare: Prepare<Postgres>,
) -> Fault<Postgres> {
    Fault::new(name, phase, class, status, prepare)
}

pub(crate) const FAULTS: &[Fault<Postgres>] = &[
    row("a_name_without_address", (Resolve, Dns, Down), |at| ready(at.dsn_at("nowhere.invalid", 5432))),
    row("a_port_that_nobody_listens_on", (Tcp, Refused, Down), |at| ready(at.dsn_at("127.0.0.1", 1))),
    row("a_wrong_password", (Phase::Auth, Class::Auth, Down), |at| wrong_password(at).boxed()),
    row("a_wrong_password_by_its_code", (Phase::Auth, Class::Auth, Down), |at| {
        direct(at, "app", "wr0ng", "orders").boxed()
    })
    .code("28P01"),
    row("no_password", (Phase::Auth, Class::Auth, Down), |at| no_password(at).boxed()),
    row("a_role_that_does_not_exist", (Phase::Auth, Class::Auth, Down), |at| {
        direct(at, "nobody", "x", "orders").boxed()
    })
    .code("28P01"),
    row("an_unknown_database", (Phase::Auth, NotFound, Down), |at| unknown_database(at).boxed()),
    row("an_unknown_database_by_its_code", (Phase::Auth, NotFound, Down), |at| {
        direct(at, "app", "s3cret", "nope").boxed()
    })
    .code("3D000"),
    row("too_many_connections", (Phase::Auth, Overloaded, Down), |at| too_many_connections(at).boxed()).code("53300"),
    row("a_role_at_its_limit", (Phase::Auth, Overloaded, Down), |at| role_at_its_limit(at).boxed()).code("53300"),
    row("a_listener_that_never_answers", (Phase::Auth, Timeout, Down), |at| peer(at, Speaks::Never, b"").boxed()),
    row("an_http_server", (Phase::Auth, Protocol, Down), |at| peer(at, Speaks::AfterALine, HTTP).boxed()),
    row("an_http_server_that_is_asked_for_tls", (Phase::Tls, Protocol, Down), |at| {
        peer_asked_for_tls(at, Speaks::AfterALine, HTTP).boxed()
    }),
    row("a_mysql_server", (Phase::Auth, Protocol, Down), |at| peer(at, Speaks::First, MYSQL).boxed()),
    row("a_mysql_server_that_is_asked_for_tls", (Phase::Tls, Protocol, Down), |at| {
        peer_asked_for_tls(at, Speaks::First, MYSQL).boxed()
    }),
    row("a_server_that_is_starting", (Phase::Auth, Starting, Down), |at| {
        peer(at, Speaks::AfterAnything, fatal("57P03", "the database system is starting up")).boxed()
    })
    .code("57P03"),
    row("a_pooler_that_is_full", (Phase::Tls, Overloaded, Down), |at| {
        peer_asked_for_tls(at, Speaks::AfterAnything, fatal("53300", "no more connections allowed")).boxed()
    })
    .code("53300"),
    row("tls_that_is_not_offered", (Phase::Tls, Class::Tls, Down), |at| without_tls(at).boxed()),
    row("a_certificate_of_an_unknown_authority", (Phase::Tls, Certificate, Down), |at| {
        with_tls(at, "sslmode=verify-ca&sslrootcert={other}").boxed()
    })
    .code("unknown_issuer"),
    row("a_certificate_for_another_name", (Phase::Tls, Certificate, Down), |at| {
        with_tls(at, "sslmode=verify-full&sslrootcert={ca}&host=db.example&hostaddr=127.0.0.1").boxed()
    })
    .code("name_mismatch"),
    row("a_certificate_that_expired", (Phase::Tls, Certificate, Down), |at| expired(at).boxed()).code("expired"),
    row("a_root_certificate_that_is_missing", (Configure, Config, Unknown), |at| {
        with_tls(at, "sslmode=verify-full&sslrootcert=/does/not/exist.pem").boxed()
    }),
    row("a_certificate_that_expires_soon", (Phase::Tls, Threshold, Degraded), |at| expires_soon(at).boxed()),
    row("a_health_table_that_is_missing", (Write, NotFound, Degraded), |at| missing_table(at).boxed()).code("42P01"),
    row("a_health_table_of_another_shape", (Write, Query, Degraded), |at| another_shape(at).boxed()).code("42703"),
    row("a_health_table_that_may_not_be_written", (Write, Permission, Degraded), |at| no_privilege(at).boxed())
        .code("42501"),
    row("a_health_table_of_a_stranger", (Write, Permission, Degraded), |at| strangers_table(at).boxed()),
    row("a_peer_that_never_stops_talking", (Phase::Auth, Protocol, Down), |at| {
        peer(at, Speaks::AfterAnything, flood()).boxed()
    }),
    row("a_health_table_that_is_locked", (Write, Locked, Degraded), |at| locked(at).boxed()).code("55P03"),
    row("a_synchronous_standby_that_is_missing", (Write, Timeout, Degraded), |at| sync_standby_missing(at).boxed()),
    row("a_primary_that_refuses_writes", (Write, ReadOnly, Degraded), |at| read_only_primary(at).boxed()),
    row("a_standby_where_a_primary_is_expected", (Inspect, RoleMismatch, Degraded), |at| standby(at).boxed()),
    row("a_session_that_target_session_attrs_refuses", (Phase::Auth, RoleMismatch, Down), |at| {
        ready(format!("{}&target_session_attrs=standby", at.dsn()))
    }),
    row("a_server_that_stops_in_mid_life", (Phase::Auth, Timeout, Down), |at| stopped(at).boxed()),
];

const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
/// The beginning of MySQL's greeting: length 74, sequence 0, protocol 10, version.
const MYSQL: &[u8] = b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0";

fn ready<'a>(dsn: String) -> BoxFuture<'a, Ready> {
    async { Ok(Prepared::new(dsn)) }.boxed()
}

async fn wrong_password(at: &Postgres) -> Ready {
    let (user, _, database) = at.place.login();
    Ok(Prepared::new(at.place.dsn_of(&user, "wr0ng", &database)))
}

async fn no_password(at: &Postgres) -> Ready {
    let (_, password, _) = at.place.login();
    Ok(Prepared::new(at.dsn().replace(&format!(":{password}@"), "@")))
}

async fn unknown_database(at: &Postgres) -> Ready {
    let (user, password, _) = at.place.login();
    Ok(Prepared::new(at.place.dsn_of(&user, &password, "dbprobe_nope")))
}

/// A pooler has codes of its own.
async fn direct(at: &Postgres, user: &str, password: &str, database: &str) -> Ready {
    at.direct()?;
    Ok(Prepared::new(at.place.dsn_of(user, password, database)))
}

fn at_peer(at: &Postgres, address: SocketAddr) -> String {
    at.dsn_at("127.0.0.1", address.port())
}

async fn peer(at: &Postgres, speaks: Speaks, says: impl Into<Vec<u8>>) -> Ready {
    let peer = Peer::start(speaks, says).await;
    let dsn = at_peer(at, peer.address);
    Ok(Prepared::new(dsn).holding(peer).plan(short))
}

async fn peer_asked_for_tls(at: &Postgres, speaks: Speaks, says: impl Into<Vec<u8>>) -> Ready {
    let peer = Peer::start(speaks, says).await;
    let dsn = at_peer(at, peer.address).replace("sslmode=disable", "sslmode=prefer");
    Ok(Prepared::new(dsn).holding(peer).plan(short))
}

/// For what is found out only by waiting.
fn short(plan: &mut dbprobe_core::Plan) {
    plan.timeout = std::time::Duration::from_secs(2);
}

async fn too_many_connections(at: &Postgres) -> Ready {
    let admin = at.direct()?;
    let limit =
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int";
    let mut held = Vec::new();
    for _ in 0..admin.count(limit).await {
        let mut config = at.place.ordinary();
        config.application_name("crowd");
        let Ok((client, connection)) = config.connect(tokio_postgres::NoTls).await else { break };
        held.push((client, tokio::spawn(connection)));
    }
    Ok(Prepared::new(at.dsn()).holding(held))
}

async fn role_at_its_limit(at: &Postgres) -> Ready {
    let admin = at.direct()?;
    admin.run("ALTER ROLE app CONNECTION LIMIT 0").await;
    Ok(Prepared::new(at.dsn()).holding(Undo::new(admin, "ALTER ROLE app CONNECTION LIMIT -1")))
}

async fn without_tls(at: &Postgres) -> Ready {
    if at.certificates().is_some() {
        return Err(Missing::new("this server offers TLS"));
    }
    Ok(Prepared::new(at.dsn_with_tls("sslmode=require")))
}

/// With the parameters that `tls` says, in which `{ca}` and `{other}` are files.
async fn with_tls(at: &Postgres, tls: &str) -> Ready {
    let certificates = at.certificates().ok_or_else(|| Missing::new("this server offers no TLS"))?;
    let tls = tls
        .replace("{ca}", &certificates.ca_file().display().to_string())
        .replace("{other}", &certificates.other_file().display().to_string());
    Ok(Prepared::new(at.dsn_with_tls(&tls)))
}

async fn expired(at: &Postgres) -> Ready {
    let prepared = with_tls(at, "sslmode=verify-full&sslrootcert={ca}").await?;
    Ok(prepared.holding(at.use_certificate("expired").await))
}

async fn expires_soon(at: &Postgres) -> Ready {
    let prepared = with_tls(at, "sslmode=verify-full&sslrootcert={ca}").await?;
    let limit = std::time::Duration::from_secs(86_400 * 365 * 10_000);
    Ok(prepared.plan(|plan| plan.thresholds.certificate = Some(limit)))
}

async fn missing_table(at: &Postgres) -> Ready {
    at.direct()?.run("DROP TABLE IF EXISTS _health_check").await;
    Ok(Prepared::new(at.dsn()).plan(|plan| plan.create_health_table = false))
}

async fn another_shape(at: &Postgres) -> Ready {
    let admin = at.direct()?;
    admin.run("DROP TABLE IF EXISTS _health_check; CREATE TABLE _health_check (id serial PRIMARY KEY, status text); ALTER TABLE _health_check OWNER TO app").await;
    Ok(Prepared::new(at.dsn()).holding(Undo::new(admin, "DROP TABLE _health_check")))
}

async fn no_privilege(at: &Postgres) -> Ready {
    let admin = at.direct()?;
    admin.run(&format!("DROP TABLE IF EXISTS _health_check; {}", HEALTH_TABLE)).await;
    Ok(Prepared::new(at.dsn()).holding(Undo::new(admin, "DROP TABLE _health_check")))
}

/// A table of the right shape, laid out by somebody who may do no more than create tables.
async fn strangers_table(at: &Postgres) -> Ready {
    let admin = at.direct()?;
    let table = HEALTH_TABLE;
    admin.run(&format!("DROP TABLE IF EXISTS _health_check; CREATE ROLE stranger; {table}; GRANT ALL ON _health_check TO public; ALTER TABLE _health_check OWNER TO stranger")).await;
    Ok(Prepared::new(at.dsn()).holding(Undo::new(admin, "DROP TABLE _health_check").then("DROP ROLE stranger")))
}

async fn locked(at: &Postgres) -> Ready {
    let admin = at.direct()?;
    admin
        .run(&format!("DROP TABLE IF EXISTS _health_check; {}; ALTER TABLE _health_check OWNER TO app", HEALTH_TABLE))
        .await;
    let lock = admin.lock("ACCESS EXCLUSIVE").await;
    Ok(Prepared::new(at.dsn()).plan(|plan| plan.timeout = std::time::Duration::from_secs(4)).holding(lock))
}

async fn sync_standby_missing(at: &Postgres) -> Ready {
    let admin = at.direct()?;
    admin.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await;
    admin.run("SELECT pg_reload_conf()").await;
    // The reload reaches sessions one after another: wait until a new one sees it.
    while admin.value("SHOW synchronous_standby_names").await.as_deref() != Some("nobody") {
        tokio::task::yield_now().await;
    }
    let undo = Undo::new(admin, "ALTER SYSTEM RESET synchronous_standby_names").then("SELECT pg_reload_conf()");
    Ok(Prepared::new(at.dsn())
        .plan(|plan| {
            plan.write = WriteMode::Auto;
            plan.create_health_table = false;
            short(plan);
        })
        .holding(undo))
}

async fn read_only_primary(at: &Postgres) -> Ready {
    let admin = at.direct()?;
    admin.run("ALTER ROLE app SET default_transaction_read_only = on").await;
    Ok(Prepared::new(at.dsn())
        .plan(|plan| plan.expect_role = ExpectedRole::Primary)
        .holding(Undo::new(admin, "ALTER ROLE app RESET default_transaction_read_only")))
}

async fn standby(at: &Postgres) -> Ready {
    let dsn = at.read_only_dsn().ok_or_else(|| Missing::new("this server has no standby"))?;
    Ok(Prepared::new(dsn).plan(|plan| plan.expect_role = ExpectedRole::Primary))
}

async fn stopped(at: &Postgres) -> Ready {
    let pause = at.pause()?;
    let prepared = Prepared::new(at.dsn_plain()).plan(|plan| plan.timeout = std::time::Duration::from_secs(4));
    Ok(prepared.after_a_good_probe(move || pause))
}
