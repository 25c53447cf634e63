//! The service's own figures against those of PostgreSQL.

use std::net::TcpStream;

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::serve::Exposition;
use tokio_postgres::NoTls;

use crate::client::ask;
use crate::database::{Database, until};
use crate::service::Service;

const DURATIONS: &str = "content_service_database_query_duration_seconds";
const CLIENTS: u64 = 4;
const ROUNDS: u64 = 20;
/// Each client makes each request of a round once.
const EACH: u64 = CLIENTS * ROUNDS;
/// What hangs up.
const HANGING: usize = 5;

/// The statements' beginnings as `pg_stat_statements` has them, and the names that the service has for them.
const QUERIES: [(&str, &str); 3] = [
    ("SELECT id, slug, title FROM content ORDER BY", "list_content"),
    ("SELECT id, slug, title FROM content WHERE", "get_content_by_id"),
    ("INSERT INTO content", "create_content"),
];

pub(crate) fn its_figures_agree_with_the_servers_own() -> Result<(), Missing> {
    let database = Database::start()?;
    let service = Service::start(&database.dsn());
    // So much that listing is work for the server, not only a round trip.
    database.within("INSERT INTO content (slug, title) SELECT n, md5(n::text) FROM generate_series(1, 50000) AS n");
    database.within("ANALYZE content");
    database.administer("SELECT FROM pg_stat_statements_reset()");

    load(&service);
    let metrics = service.metrics();
    queries_agree(&metrics, &database);
    means_agree(&metrics, &database);
    transactions_agree(&metrics, &database);
    errors_have_their_codes(&metrics);
    pools_agree(&service, &database);
    let log = service.stop();
    assert!(!log.contains("panicked"), "{log}");
    Ok(())
}

/// From several clients at once: what works, what is not there, and what the server refuses.
fn load(service: &Service) {
    let client = |client: u64| {
        move || {
            for round in 0..ROUNDS {
                let new = format!(r#"{{"slug":"new-{client}-{round}","title":"A title"}}"#);
                let (giver, taker) = (1 + client, 5 + client);
                let transfer = |to: u64, amount: u64| format!(r#"{{"giver":{giver},"taker":{to},"amount":{amount}}}"#);
                let statuses = [
                    service.get("/content").status,
                    service.get("/content/1").status,
                    service.get("/content/123456789").status,
                    service.post("/content", &new).status,
                    service.post("/content", &new).status,
                    service.post("/transfers", &transfer(taker, 1)).status,
                    service.post("/transfers", &transfer(taker, 1_000_000)).status,
                    service.post("/transfers", &transfer(999, 1)).status,
                ];
                assert_eq!(statuses, [200, 200, 404, 201, 409, 204, 422, 422], "client {client}, round {round}");
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(client(number))).collect();
        for thread in threads {
            thread.join().expect("a client without complaints");
        }
    });
}

/// Nobody hung up: every query that ended well was executed by the server, and no other.
fn queries_agree(metrics: &Exposition, database: &Database) {
    let counts = QUERIES.map(|(beginning, name)| {
        let calls = database.executed(beginning).calls;
        assert_eq!(count(metrics, name, "ok"), calls, "{name}");
        assert_eq!(count(metrics, name, "cancelled"), 0, "{name}");
        calls
    });
    assert_eq!(counts, [EACH, 2 * EACH, EACH]);
    // What the server refuses it does not count as a call.
    assert_eq!(count(metrics, "create_content", "error"), EACH);
}

/// A client's time holds the server's, since it begins earlier and ends later. What it holds beside that is two round
/// trips (PostgreSQL is asked to prepare, then to execute) and the wait for a processor. For a query that reads 50,000
/// rows that is less than its own time on an idle machine; ten times is still the same order when all others are busy.
fn means_agree(metrics: &Exposition, database: &Database) {
    for (beginning, name) in QUERIES {
        let (client, server) = (mean(metrics, name), database.executed(beginning).mean);
        assert!(client >= server && server > 0.0, "{name}: {client} s here, {server} s there");
    }
    let (beginning, name) = QUERIES[0];
    let (client, server) = (mean(metrics, name), database.executed(beginning).mean);
    assert!(client < 10.0 * server, "{name}: {client} s here, {server} s there");
    #[expect(clippy::print_stdout, reason = "for who reads the test's output: how far they are apart")]
    {
        println!("{name}: {:.2} ms here, {:.2} ms in the server", client * 1e3, server * 1e3);
    }
}

fn transactions_agree(metrics: &Exposition, database: &Database) {
    let of = |outcome| ended(metrics, outcome);
    assert_eq!([of("committed"), of("rolled_back"), of("cancelled")], [EACH, 2 * EACH, 0]);
    assert_eq!(database.executed("COMMIT").calls, of("committed"));
    // The driver sends it when the transaction is dropped, and waits for no answer.
    until("as many rollbacks as here", || (database.executed("ROLLBACK").calls == of("rolled_back")).then_some(()));
    // The server rolls back what fails outside of a transaction, too. A session tells that only from time to time.
    let refused = count(metrics, "create_content", "error");
    let sql = "SELECT xact_rollback FROM pg_stat_database WHERE datname = 'content'";
    until("as many rollbacks as here and refused inserts", || {
        (database.number(sql) == of("rolled_back") + refused).then_some(())
    });
}

fn errors_have_their_codes(metrics: &Exposition) {
    let of = |operation, query, error| {
        let labels = [("operation", operation), ("query", query), ("error", error)];
        metrics.value("content_service_database_errors_total", &labels)
    };
    let each = Some(EACH as f64);
    assert_eq!(of("insert", "create_content", "23505"), each, "a slug that is there already");
    assert_eq!(of("transaction", "transfer", "23514"), each, "more credits than there are");
    assert_eq!(of("transaction", "transfer", "23503"), each, "an author that there is not");
    assert_eq!(metrics.sum("content_service_database_errors_total", &[]), 3.0 * EACH as f64);
}

/// While others hold the table: as many connections are in use here as there are sessions at work there. Then the clients
/// hang up.
fn pools_agree(service: &Service, database: &Database) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let holder = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&database.dsn(), NoTls).await.expect("a session");
        tokio::spawn(connection);
        client.batch_execute("BEGIN; LOCK TABLE content").await.expect("a lock");
        client
    });
    let before = database.executed(QUERIES[0].0).calls;
    let ask = || ask(service.address(), "GET /content HTTP/1.0\r\n\r\n").expect("a request");
    let hanging: Vec<TcpStream> = (0..HANGING).map(|_| ask()).collect();
    until("all of them wait in the server", || (database.sessions("state = 'active'") == HANGING as u64).then_some(()));
    gauges_agree(&service.metrics(), database);

    drop(hanging);
    let gone = until("all of them are cancelled", || {
        let metrics = service.metrics();
        (count(&metrics, "list_content", "cancelled") == HANGING as u64).then_some(metrics)
    });
    assert_eq!(gauge(&gone, "active"), 0);
    assert_eq!(count(&gone, "list_content", "ok"), EACH, "no one who hung up counts as well served");
    runtime.block_on(holder.batch_execute("ROLLBACK")).expect("the lock is released");
    until("all sessions rest", || (database.sessions("state <> 'idle'") == 0).then_some(()));
    let after = database.executed(QUERIES[0].0).calls;
    assert!((before..=before + HANGING as u64).contains(&after), "{before} before and {after} after");

    assert_eq!(service.get("/content").status, 200);
    let metrics = service.metrics();
    let all = |name| metrics.value(name, &[("pool", "main")]);
    let acquired = all("content_service_database_connections_acquired_total");
    // One for the tables at the start.
    assert_eq!(acquired, Some((8 * EACH + HANGING as u64 + 2) as f64));
    assert_eq!(all("content_service_database_connections_released_total"), acquired);
    gauges_agree(&metrics, database);
}

fn gauges_agree(metrics: &Exposition, database: &Database) {
    assert_eq!(gauge(metrics, "total"), database.sessions("true"));
    assert_eq!(gauge(metrics, "active"), database.sessions("state = 'active'"));
    assert_eq!(gauge(metrics, "idle"), database.sessions("state = 'idle'"));
}

fn gauge(metrics: &Exposition, which: &str) -> u64 {
    let name = format!("content_service_database_connections_{which}");
    metrics.value(&name, &[("pool", "main")]).unwrap_or_else(|| panic!("no {name}")) as u64
}

fn count(metrics: &Exposition, query: &str, outcome: &str) -> u64 {
    metrics.sum(&format!("{DURATIONS}_count"), &[("query", query), ("outcome", outcome)]) as u64
}

fn ended(metrics: &Exposition, outcome: &str) -> u64 {
    let labels = [("transaction", "transfer"), ("outcome", outcome)];
    let durations = "content_service_database_transaction_duration_seconds_count";
    let total = metrics.sum("content_service_database_transactions_total", &labels);
    assert_eq!(metrics.sum(durations, &labels), total, "{outcome}");
    total as u64
}

/// The mean time of a query that ended well, in seconds.
fn mean(metrics: &Exposition, query: &str) -> f64 {
    let labels = [("query", query), ("outcome", "ok")];
    metrics.sum(&format!("{DURATIONS}_sum"), &labels) / metrics.sum(&format!("{DURATIONS}_count"), &labels)
}
