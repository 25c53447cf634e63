//! What a report of a healthy database says.

use std::fs;

use dbprobe_core::{Class, ExpectedRole, Level, Phase, Plan, Role, Status, WriteMode, WriteProof};

use crate::scratch::{Scratch, check, decisive, driver, passed, plan, with_table};

#[tokio::test]
async fn a_new_database_is_up_in_every_phase() {
    let scratch = Scratch::new();
    let report = check(&scratch.dsn("demo.db?mode=rwc"), &with_table()).await;
    assert_eq!((report.status(), decisive(&report)), (Status::Up, (None, None, None)));
    assert_eq!(passed(&report), [Phase::Auth, Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect, Phase::Close]);
    assert_eq!(report.step(Phase::Write).and_then(|step| step.proof), Some(WriteProof::Table));
    assert_eq!(report.role(), Some(Role::Primary));
    let json = serde_json::to_value(&report).expect("JSON");
    assert_eq!(json["server"]["facts"]["integrity"], "quick_check ok", "{json}");
    assert_eq!(json["server"]["facts"]["journal_mode"], "delete");
    assert_eq!(
        json["server"]["size_bytes"].as_u64(),
        fs::metadata(scratch.path("demo.db")).ok().map(|file| file.len())
    );
    assert_eq!(json["server"]["address"], scratch.path("demo.db").to_str().expect("UTF-8"));
    assert!(json["server"]["version"].as_str().is_some_and(|version| version.starts_with("3.")), "{json}");
}

#[tokio::test]
async fn every_way_to_ask_for_memory_is_up() {
    for dsn in ["file::memory:", "sqlite::memory:", "file:?mode=memory", "file:one?mode=memory&cache=shared"] {
        for write in [WriteMode::Table, WriteMode::Rollback, WriteMode::Auto] {
            let report = check(dsn, &Plan { write, create_health_table: write == WriteMode::Table, ..plan() }).await;
            assert_eq!((report.status(), decisive(&report)), (Status::Up, (None, None, None)), "{dsn}");
        }
    }
}

#[tokio::test]
async fn without_a_health_table_the_write_is_rolled_back_and_leaves_nothing() {
    for mode in ["delete", "wal"] {
        let scratch = Scratch::new();
        let application = scratch.database("app.db");
        application.pragma_update(None, "journal_mode", mode).expect("a journal mode");
        let before = fs::read(scratch.path("app.db")).expect("bytes");
        let report = check(&scratch.dsn("app.db"), &plan()).await;
        assert_eq!((report.status(), decisive(&report)), (Status::Up, (None, None, None)), "{mode}");
        assert_eq!(report.step(Phase::Write).and_then(|step| step.proof), Some(WriteProof::Rollback));
        assert_eq!(report.inspection.facts.get("journal_mode").map(String::as_str), Some(mode));
        assert_eq!(report.inspection.facts.contains_key("wal_bytes"), mode == "wal");
        assert!(fs::read(scratch.path("app.db")).expect("bytes") == before, "{mode}: the file has changed");
    }
}

#[tokio::test]
async fn a_session_that_is_asked_to_only_read_skips_the_write() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    for query in ["mode=ro", "immutable=1"] {
        let report = check(&scratch.dsn(&format!("app.db?{query}")), &with_table()).await;
        assert_eq!((report.status(), decisive(&report)), (Status::Up, (None, None, None)), "{query}");
        assert_eq!(report.step(Phase::Write).map(|step| step.outcome_word()), Some("skipped"), "{query}");
        assert_eq!((report.role(), report.inspection.read_only), (None, Some(true)), "{query}");
        let primary = Plan { expect_role: ExpectedRole::Primary, ..plan() };
        let report = check(&scratch.dsn(&format!("app.db?{query}")), &primary).await;
        assert_eq!((report.status(), decisive(&report).1), (Status::Degraded, Some(Class::ReadOnly)), "{query}");
    }
}

#[tokio::test]
async fn reaching_neither_reads_nor_creates() {
    let scratch = Scratch::new();
    let level = Plan { level: Level::Tcp, ..plan() };
    let report = check(&scratch.dsn("new.db?mode=rwc"), &level).await;
    assert_eq!((report.status(), passed(&report)), (Status::Up, vec![Phase::Tcp]));
    assert!(!scratch.path("new.db").exists());
    let report = check(&scratch.dsn("new.db"), &level).await;
    assert_eq!(decisive(&report), (Some(Phase::Tcp), Some(Class::NotFound), Some("14")));
    fs::write(scratch.path("text.db"), "this is no database at all, but it can be opened").expect("a file");
    assert_eq!(check(&scratch.dsn("text.db"), &level).await.status(), Status::Up);
}

#[tokio::test]
async fn a_collation_of_the_application_s_own_is_no_damage() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    application.create_collation("icu_root", |one: &str, two: &str| one.cmp(two)).expect("a collation");
    application
        .execute_batch("CREATE TABLE t (x TEXT COLLATE icu_root UNIQUE); INSERT INTO t VALUES ('a'), ('b')")
        .expect("a table");
    let report = check(&scratch.dsn("app.db"), &plan()).await;
    assert_eq!((report.status(), decisive(&report)), (Status::Up, (None, None, None)));
    assert_eq!(report.inspection.facts.get("integrity").map(String::as_str), Some("quick_check not possible"));
}

#[tokio::test]
async fn neither_writing_nor_immutable_leaves_a_file_behind() {
    for query in ["", "?immutable=1"] {
        let scratch = Scratch::new();
        scratch.database("app.db").pragma_update(None, "journal_mode", "wal").expect("a journal mode");
        let report = check(&scratch.dsn(&format!("app.db{query}")), &plan()).await;
        assert_eq!(report.status(), Status::Up, "{:?}", report.failure());
        let left: Vec<_> =
            fs::read_dir(scratch.path("")).expect("a directory").flatten().map(|one| one.file_name()).collect();
        assert_eq!(left, ["app.db"], "{query}");
    }
}

#[tokio::test]
async fn a_large_file_is_not_read_through() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    application.pragma_update(None, "synchronous", "off").expect("a setting");
    application.execute_batch("CREATE TABLE big AS SELECT zeroblob(17000000)").expect("a large table");
    let report = check(&scratch.dsn("app.db"), &plan()).await;
    assert_eq!((report.status(), decisive(&report)), (Status::Up, (None, None, None)));
    assert_eq!(report.inspection.facts.get("integrity").map(String::as_str), Some("header only"));
}

#[test]
fn the_setup_is_the_health_table_alone() {
    let driver = driver("file:app.db");
    let setup = driver.setup(&dbprobe_core::SetupOptions { role: Some("probe".to_owned()) }).expect("a setup");
    assert_eq!((setup.statements.len(), setup.by_hand.len()), (1, 1));
    assert!(setup.script().contains("CREATE TABLE IF NOT EXISTS _health_check ("));
}
