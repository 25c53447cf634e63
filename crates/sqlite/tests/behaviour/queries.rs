//! A user's own queries.

use dbprobe_core::{Access, Class, Query, Value};

use crate::scratch::{Scratch, session};

#[tokio::test]
async fn values_come_back_typed_and_within_the_caps() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    let mut session = session(&scratch.dsn("app.db")).await;
    let rows = session
        .query(&Query::read_only("SELECT 1 AS i, 1.5 AS f, 'ä' AS t, NULL AS n, x'00ff' AS b"))
        .await
        .expect("rows");
    assert_eq!(rows.columns, ["i", "f", "t", "n", "b"]);
    let text = |text: &str| Value::Text(text.to_owned());
    assert_eq!(rows.rows, [vec![Value::Integer(1), Value::Float(1.5), text("ä"), Value::Null, text("x'00ff'")]]);
    let few = Query { max_rows: 1, ..Query::read_only("SELECT * FROM orders") };
    let rows = session.query(&few).await.expect("rows");
    assert_eq!((rows.rows.len(), rows.truncated), (1, true));
    let short = Query { max_bytes: 1_000, ..Query::read_only("SELECT zeroblob(900000000)") };
    let rows = session.query(&short).await.expect("rows");
    assert_eq!((rows.rows.len(), rows.truncated), (0, true));
}

#[tokio::test]
async fn a_read_only_query_changes_nothing_whatever_it_says() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    let mut session = session(&scratch.dsn("app.db")).await;
    let attach = format!("ATTACH '{}' AS other", scratch.path("other.db").display());
    for (sql, class) in [
        ("DELETE FROM orders", Class::ReadOnly),
        ("CREATE TABLE t (x)", Class::ReadOnly),
        ("CREATE TEMP TABLE t (x)", Class::ReadOnly),
        (attach.as_str(), Class::ReadOnly),
        ("BEGIN IMMEDIATE", Class::ReadOnly),
        ("PRAGMA query_only = 0", Class::ReadOnly),
        ("PRAGMA user_version = 7", Class::ReadOnly),
        ("PRAGMA journal_mode = wal", Class::ReadOnly),
        ("PRAGMA wal_checkpoint", Class::ReadOnly),
        ("VACUUM", Class::ReadOnly),
        ("SELECT load_extension('x')", Class::Query),
        ("SELECT 1; SELECT 2", Class::Query),
        ("SELECT nothing", Class::Query),
        ("", Class::Query),
    ] {
        let failure = session.query(&Query::read_only(sql)).await.err();
        assert_eq!(failure.as_ref().map(|failure| failure.class), Some(class), "{sql}: {failure:?}");
    }
    assert!(!scratch.path("other.db").exists());
    let rows = session.query(&Query::read_only("PRAGMA user_version")).await.expect("rows");
    assert_eq!(rows.rows, [vec![Value::Integer(0)]]);
    let write = Query { access: Access::ReadWrite, ..Query::read_only("DELETE FROM orders WHERE what = 'a'") };
    session.query(&write).await.expect("a write that was allowed");
    let rows = session.query(&Query::read_only("SELECT count(*) FROM orders")).await.expect("rows");
    assert_eq!(rows.rows, [vec![Value::Integer(1)]]);
}
