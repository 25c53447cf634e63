//! A thousand checks of a port do not lock this machine out of the MariaDB that listens there.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{Class, Driver, Dsn, Level, Phase, Plan, Report, Status, probe};
use dbprobe_tcp::ENGINE;
use dbprobe_testkit::containers::{Node, Recipe};
use dbprobe_testkit::environment;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::trials::Trials;
use tokio::net::TcpStream;

const PORT: u16 = 3306;
const START: Duration = Duration::from_secs(120);
/// The server counts errors only of hosts whose names it looks up, which the official images turn off.
const OPTIONS: [&str; 3] = ["--max-connect-errors=3", "--skip-name-resolve=OFF", "--host-cache-size=128"];
const CHECKS: usize = 1000;

fn main() -> ExitCode {
    Trials::new("tcp-politeness", "MariaDB 10.11")
        .test("a_thousand_checks_do_not_block_this_host", || run(a_thousand_checks_do_not_block_this_host()))
        .main()
}

fn run(test: impl Future<Output = Result<(), Missing>>) -> Result<(), Missing> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(test)
}

async fn a_thousand_checks_do_not_block_this_host() -> Result<(), Missing> {
    let server = start().await?;
    let dsn = format!("tcp://{}?protocol=mysql", server.address());
    let driver = (ENGINE.open)(&Dsn::parse(&dsn).expect("a DSN")).expect("a driver");
    let blocked = |report: &Report| report.failure().is_some_and(|failure| failure.code.as_deref() == Some("1129"));

    // Whoever just hangs up is locked out soon: without this the test would prove nothing.
    for _ in 0..10 {
        drop(TcpStream::connect(server.address()).await.expect("a connection"));
    }
    let report = until(&driver, blocked).await;
    let failure = report.failure().expect("a failure");
    assert_eq!((failure.phase, failure.class), (Some(Phase::Inspect), Class::Permission), "{failure}");
    assert_eq!(report.status(), Status::Degraded);

    sql(&server, "FLUSH HOSTS").await?;
    for at in 0..CHECKS {
        let level = [Level::Tcp, Level::Auth, Level::Write][at % 3];
        let report = check(&driver, level).await;
        assert_eq!(report.status(), Status::Up, "check {at} at {level:?}: {:?}", report.failure());
    }
    let report = check(&driver, Level::Write).await;
    assert_eq!(report.inspection.facts["protocol"], "mysql");
    assert!(report.inspection.version.is_some_and(|version| version.starts_with("10.11.")));
    Ok(())
}

async fn check(driver: &Arc<dyn Driver>, level: Level) -> Report {
    probe(driver.as_ref(), &Plan { level, ..Plan::default() }).await
}

/// The first report that is as `wanted`: the server counts a lost connection a moment after it is gone.
async fn until(driver: &Arc<dyn Driver>, wanted: impl Fn(&Report) -> bool) -> Report {
    for _ in 0..100 {
        let report = check(driver, Level::Write).await;
        if wanted(&report) {
            return report;
        }
        drop(TcpStream::connect(("127.0.0.1", driver.target().endpoints[0].port.expect("a port"))).await);
    }
    panic!("the server does not lock out a host that hangs up")
}

async fn start() -> Result<Node, Missing> {
    let image = environment::image("mariadb", Some("10.11"), "mariadb:10.11");
    let recipe = Recipe::new(&image, PORT).variable("MARIADB_ROOT_PASSWORD", "s3cret").command(OPTIONS);
    let server = Node::start(recipe).await?;
    let ready = ["mariadb", "--host=127.0.0.1", "--user=root", "--password=s3cret", "--execute=SELECT 1"];
    server.until(&ready, START).await?;
    // Connections to a published port come from the bridge's own address, which has no name.
    let entry = format!("echo '{} probe.test' >> /etc/hosts", gateway(&server).await);
    server.exec(["sh", "-c", &entry]).await.map_err(Missing::new)?;
    sql(&server, "FLUSH HOSTS").await?;
    Ok(server)
}

/// The container's way out: destination 0 in the kernel's table, in hexadecimal and the other way round.
async fn gateway(server: &Node) -> Ipv4Addr {
    let table = server.exec(["cat", "/proc/net/route"]).await.expect("a table of routes");
    let row = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = row.into_iter().find(|row| row.get(1) == Some(&"00000000")).expect("a way out");
    Ipv4Addr::from(u32::from_str_radix(row[2], 16).expect("an address").to_le_bytes())
}

async fn sql(server: &Node, sql: &str) -> Result<(), Missing> {
    let client = ["mariadb", "--host=127.0.0.1", "--user=root", "--password=s3cret", "--execute", sql];
    server.exec(client).await.map(|_| ()).map_err(Missing::new)
}
