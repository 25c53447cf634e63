//! mysql_async on MariaDB.

use dbprobe_instrument::pool::{MySqlPool, TrackedPool};
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::proxy::Mode;
use dbprobe_testkit::server::Server;
use mysql_async::prelude::Queryable;
use mysql_async::{Opts, OptsBuilder, PoolConstraints, PoolOpts, TxOpts};

use crate::every;
use crate::recorder::{Event, Recorder};
use crate::world::{PASSWORD, mariadb, on_a_runtime, proxy, until};

pub(crate) fn crowd() -> Result<(), Missing> {
    let server = mariadb()?;
    on_a_runtime(async || {
        server.ask(&["--execute=CREATE DATABASE IF NOT EXISTS crowd"]).expect("a database");
        let recorder = Recorder::default();
        let pool = pool(&recorder, options(&server, PASSWORD).db_name(Some("crowd")));
        assert_eq!((pool.status().max, pool.status().min), (Some(2), Some(0)));
        let inner = (**pool).clone();
        every::crowd(pool, &recorder, || sessions(&server, "crowd")).await;
        inner.disconnect().await.expect("a goodbye");
    });
    Ok(())
}

pub(crate) fn failures() -> Result<(), Missing> {
    let server = mariadb()?;
    on_a_runtime(async || {
        let proxy = proxy(&server);
        proxy.set(Mode::Refuse);
        let refused = options(&server, PASSWORD).tcp_port(proxy.address().port());
        for (options, code) in [(refused, "io_connection_refused"), (options(&server, "wrong"), "1045")] {
            let recorder = Recorder::default();
            let pool = pool(&recorder, options);
            assert!(pool.get_conn().await.is_err());
            (**pool).clone().disconnect().await.expect("a goodbye");
            assert!(pool.get_conn().await.is_err());
            assert_eq!(recorder.take(), [Event::Failed(code.to_owned()), Event::Failed("pool_closed".to_owned())]);
        }
        let unknown = MySqlPool::from(mysql_async::Pool::new(Opts::from(options(&server, PASSWORD))));
        let status = Recorder::default().tracker().track_pool("main", unknown).status();
        assert_eq!((status.max, status.min, status.total), (None, None, Some(0)), "what it cannot tell is absent");
    });
    Ok(())
}

pub(crate) fn transactions() -> Result<(), Missing> {
    let server = mariadb()?;
    on_a_runtime(async || {
        let recorder = Recorder::default();
        let pool = pool(&recorder, options(&server, PASSWORD).db_name(Some("orders")));
        let create = "CREATE TABLE mysql_transactions (n int) ENGINE = InnoDB";
        pool.get_conn().await.expect("a connection").query_drop(create).await.expect("a table");
        for is_kept in [true, false] {
            let mut transaction = pool.start_transaction(TxOpts::default()).await.expect("a transaction");
            transaction.query_drop("INSERT INTO mysql_transactions VALUES (1)").await.expect("a row");
            assert_eq!(recorder.count(Event::is_acquired), recorder.count(Event::is_released) + 1);
            let ended = if is_kept { transaction.commit().await } else { transaction.rollback().await };
            ended.expect("its end");
        }
        let mut connection = pool.get_conn().await.expect("a connection");
        let count: Option<i64> =
            connection.query_first("SELECT count(*) FROM mysql_transactions").await.expect("an answer");
        assert_eq!(count, Some(1));
        connection.query_drop("DROP TABLE mysql_transactions").await.expect("it was ours");
        drop(connection);
        assert_eq!((recorder.count(Event::is_acquired), recorder.count(Event::is_released)), (4, 4));
        until("all are idle", || pool.status().active == Some(0)).await;
        (**pool).clone().disconnect().await.expect("a goodbye");
    });
    Ok(())
}

/// How many sessions the server has in `database`.
fn sessions(server: &Server, database: &str) -> u64 {
    let sql = format!("--execute=SELECT count(*) FROM information_schema.processlist WHERE db = '{database}'");
    server.ask(&[&sql]).expect("its sessions").trim().parse().expect("a number")
}

fn options(server: &Server, password: &str) -> OptsBuilder {
    let pool = PoolOpts::new().with_constraints(PoolConstraints::new(0, 2).expect("constraints"));
    let place = server.address();
    let place = OptsBuilder::default().ip_or_hostname(place.ip().to_string()).tcp_port(place.port());
    place.user(Some("root")).pass(Some(password)).prefer_socket(false).pool_opts(pool)
}

fn pool(recorder: &Recorder, options: OptsBuilder) -> TrackedPool<MySqlPool> {
    recorder.tracker().track_pool("main", MySqlPool::new(options))
}
