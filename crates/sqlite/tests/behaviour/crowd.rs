//! Many probers at once.

use std::sync::{Arc, Barrier};
use std::thread;

use dbprobe_core::{Plan, Status, WriteMode};

use crate::scratch::{Scratch, application, check, plan, with_table};

const CROWD: usize = 50;

/// Fifty threads, each with a runtime of its own, as fifty processes are.
fn crowd(dsn: &str, plan: &Plan) -> Vec<String> {
    let barrier = Arc::new(Barrier::new(CROWD));
    let probers: Vec<_> = (0..CROWD)
        .map(|_| {
            let (barrier, dsn, plan) = (Arc::clone(&barrier), dsn.to_owned(), plan.clone());
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                barrier.wait();
                let report = runtime.block_on(check(&dsn, &plan));
                (report.status() != Status::Up).then(|| format!("{:?}", report.failure()))
            })
        })
        .collect();
    probers.into_iter().filter_map(|prober| prober.join().expect("a prober")).collect()
}

#[test]
fn fifty_probers_on_the_very_first_run_do_not_fail_each_other() {
    for (name, journal) in [("first.db?mode=rwc&cache=shared", None), ("wal.db", Some("wal"))] {
        let scratch = Scratch::new();
        if let Some(journal) = journal {
            scratch.database("wal.db").pragma_update(None, "journal_mode", journal).expect("a journal mode");
        }
        for _ in 0..2 {
            let failures = crowd(&scratch.dsn(name), &with_table());
            assert!(failures.is_empty(), "{name}: {failures:#?}");
        }
        let file = scratch.path(name.split('?').next().expect("a name"));
        let (rows, sequence): (i64, i64) = application(&file)
            .query_row("SELECT count(*), max(seq) FROM _health_check", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("the table");
        assert_eq!((rows, sequence), (1, 100), "{name}");
    }
}

#[test]
fn fifty_probers_that_roll_back_do_not_fail_each_other() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    let failures = crowd(&scratch.dsn("app.db"), &Plan { write: WriteMode::Rollback, ..plan() });
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn fifty_probers_share_one_memory() {
    let dsn = "file:fifty-probers?mode=memory&cache=shared";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let keeper = runtime.block_on(crate::scratch::session(dsn));
    let failures = crowd(dsn, &with_table());
    assert!(failures.is_empty(), "{failures:#?}");
    drop(keeper);
}

#[tokio::test]
async fn fifty_sessions_of_one_runtime_do_not_fail_each_other() {
    let scratch = Scratch::new();
    let dsn = scratch.dsn("app.db?mode=rwc");
    let plan = with_table();
    let probes: Vec<_> = (0..CROWD)
        .map(|_| {
            let (dsn, plan) = (dsn.clone(), plan.clone());
            tokio::spawn(async move { check(&dsn, &plan).await })
        })
        .collect();
    for probe in probes {
        let report = probe.await.expect("a report");
        assert_eq!(report.status(), Status::Up, "{:?}", report.failure());
    }
}
