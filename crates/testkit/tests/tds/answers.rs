//! What requests bring back.

use tiberius::error::Error;
use tiberius::numeric::Numeric;
use tiberius::{ColumnData, ColumnType, Row};

use super::clerk::{LONG, MOMENT};
use super::client::{Session, config, connect, one, plain, session};

async fn results(session: &mut Session, sql: &str) -> tiberius::Result<Vec<Vec<Row>>> {
    session.simple_query(sql).await?.into_results().await
}

#[tokio::test]
async fn a_batch_has_as_many_results_as_it_has() {
    let (peer, _) = plain().await;
    let mut session = session(&peer).await;
    assert_eq!(one::<i32>(&mut session, "one").await, 1);
    let results = results(&mut session, "two").await.expect("results");
    assert_eq!(results.len(), 2);
    assert_eq!(results[0].iter().map(|row| row.get::<i32, _>("a")).collect::<Vec<_>>(), [Some(1), None]);
    assert_eq!(results[1][0].get::<&str, _>("b"), Some("zwei"));
}

#[tokio::test]
async fn every_type_arrives() {
    let (peer, _) = plain().await;
    let mut session = session(&peer).await;
    let row = &results(&mut session, "types").await.expect("results")[0][0];
    assert_eq!(row.get::<i64, _>("bigint"), Some(i64::MIN));
    assert_eq!(row.get::<bool, _>("bit"), Some(true));
    assert_eq!(row.get::<i32, _>("int"), Some(-1));
    assert_eq!(row.get::<i16, _>("smallint"), Some(-300));
    assert_eq!(row.get::<u8, _>("tinyint"), Some(255));
    assert_eq!(row.get::<f64, _>("float"), Some(1.5));
    assert_eq!(row.get::<Numeric, _>("decimal").map(|n| (n.value(), n.scale())), Some((-1_234_567_890_123_456, 3)));
    assert_eq!(row.get::<&str, _>("nvarchar"), Some("Zürich 🦀"));
    assert_eq!(row.get::<&str, _>("nvarchar(max)"), Some(""));
    assert_eq!(row.get::<&str, _>("varchar"), Some("Köln"));
    assert_eq!(row.get::<&[u8], _>("varbinary"), Some(&[1, 2, 3][..]));
    assert_eq!(row.get::<&[u8], _>("varbinary(max)"), Some(&[7; 20_000][..]));
    let cells: Vec<ColumnData<'_>> = row.cells().map(|(_, data)| data.clone()).collect();
    match &cells[12] {
        ColumnData::Guid(Some(guid)) => assert_eq!(guid.to_string(), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        other => panic!("{other:?}"),
    }
    let days = u32::try_from(MOMENT.seconds / 86_400 + 719_162).expect("days");
    let since_midnight = u64::try_from(MOMENT.seconds % 86_400).expect("seconds");
    match &cells[13] {
        ColumnData::DateTime2(Some(time)) => {
            assert_eq!((time.date().days(), time.time().increments()), (days, since_midnight * 10_000_000 + 7_890_000));
        }
        other => panic!("{other:?}"),
    }
    match &cells[14] {
        ColumnData::DateTimeOffset(Some(time)) => {
            assert_eq!(time.offset(), 120);
            assert_eq!(time.datetime2().time().increments(), since_midnight * 1000 + 789);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nulls_arrive_as_nulls() {
    let (peer, _) = plain().await;
    let mut session = session(&peer).await;
    let rows = &results(&mut session, "nulls").await.expect("results")[0];
    assert_eq!((rows[0].get::<i32, _>("int"), rows[1].get::<i32, _>("int")), (None, Some(5)));
    assert_eq!((rows[0].get::<&str, _>("nvarchar(max)"), rows[1].get::<i64, _>("bigint")), (None, None));
}

#[tokio::test]
async fn long_answers_and_long_requests_span_packets() {
    let (peer, _) = plain().await;
    for size in [512, 4096, 32_767, 1_000_000] {
        let mut config = config(tiberius::EncryptionLevel::NotSupported);
        config.packet_size(size);
        let mut session = connect(peer.address(), config).await.expect("a session");
        let row = session.simple_query("long").await.expect("an answer").into_row().await.expect("a row").expect("one");
        assert_eq!(row.get::<&str, _>(0).map(|text| text.chars().count()), Some(LONG), "{size}");
        let rows = results(&mut session, "many").await.expect("rows");
        assert_eq!((rows[0].len(), rows[0][4999].get::<i32, _>("n")), (5000, Some(4999)), "{size}");
        let sent = "é".repeat(LONG);
        assert_eq!(one::<i64>(&mut session, &sent).await, 100_000, "{size}");
    }
}

#[tokio::test]
async fn an_error_ends_its_statement_and_not_the_session() {
    let (peer, _) = plain().await;
    let mut session = session(&peer).await;
    match results(&mut session, "fail").await {
        Err(Error::Server(error)) => assert_eq!((error.code(), error.class(), error.line()), (208, 16, 1)),
        other => panic!("{other:?}"),
    }
    assert_eq!(one::<i32>(&mut session, "one").await, 1);
    match results(&mut session, "duplicate").await {
        Err(Error::Server(error)) => assert_eq!(error.code(), 2627),
        other => panic!("{other:?}"),
    }
    assert_eq!(one::<i32>(&mut session, "one").await, 1);
}

#[tokio::test]
async fn a_fatal_error_ends_the_session() {
    let (peer, clerk) = plain().await;
    let mut session = session(&peer).await;
    match results(&mut session, "fatal").await {
        Err(Error::Server(error)) => assert_eq!((error.code(), error.class()), (823, 24)),
        other => panic!("{other:?}"),
    }
    clerk.hears("ended test").await;
    assert!(results(&mut session, "one").await.is_err());
}

#[tokio::test]
async fn parameters_are_put_into_the_statement() {
    let (peer, clerk) = plain().await;
    let mut session = session(&peer).await;
    let number = 5_000_000_000_i64;
    let statement = "say @P1, '@P1', @P2 -- @P3\n@P3 [@P4] @P4 @P10";
    let rows = session.query(statement, &[&7_i32, &"it's", &number, &Option::<i32>::None]).await.expect("an answer");
    let row = rows.into_row().await.expect("a row").expect("one");
    let text = row.get::<&str, _>("text").expect("a text").to_owned();
    assert_eq!(text, "say 7, '@P1', N'it''s' -- @P3\n5000000000 [@P4] NULL @P10");
    clerk.hears(&text).await;
    assert_eq!(session.execute("fail", &[]).await.err().and_then(|error| error.code()), Some(208));
    assert_eq!(session.execute("two", &[]).await.expect("counts").rows_affected(), [2, 3, 1]);
    assert_eq!(one::<i32>(&mut session, "one").await, 1);
}

#[tokio::test]
async fn transactions_begin_and_end() {
    let (peer, clerk) = plain().await;
    let mut session = session(&peer).await;
    session.begin_transaction().await.expect("begun");
    session.commit_transaction().await.expect("committed");
    session.begin_transaction_with_isolation(tiberius::IsolationLevel::Snapshot).await.expect("begun");
    session.rollback_transaction().await.expect("rolled back");
    assert_eq!(one::<i32>(&mut session, "one").await, 1);
    let snapshot = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION";
    let said = ["BEGIN TRANSACTION", "COMMIT TRANSACTION", snapshot, "ROLLBACK TRANSACTION", "one"];
    assert_eq!(clerk.heard()[1..], said);
}

#[tokio::test]
async fn a_variant_arrives() {
    let (peer, _) = plain().await;
    let mut session = session(&peer).await;
    let rows = &results(&mut session, "variant").await.expect("results")[0];
    assert_eq!(rows[0].columns()[0].column_type(), ColumnType::SSVariant);
    assert_eq!((rows[0].get::<i32, _>(0), rows[1].get::<&str, _>(0)), (Some(7), Some("sieben")));
}

#[tokio::test]
async fn a_type_that_nobody_knows_is_an_error() {
    let (peer, _) = plain().await;
    let mut session = session(&peer).await;
    match results(&mut session, "unknown").await {
        Err(Error::Protocol(_)) => {}
        other => panic!("{other:?}"),
    }
}
