//! SQLite against rusqlite.

use criterion::Criterion;

use crate::probe;

pub(crate) fn bench(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bench.db");
    probe(criterion, "sqlite", &format!("file:{}?mode=rwc", path.display()));
    let connection = rusqlite::Connection::open(&path).expect("a database");
    criterion.bench_function("sqlite/bare", |bencher| {
        bencher.iter(|| {
            let ping: i64 = connection.query_row("SELECT 1", [], |row| row.get(0)).expect("a row");
            let sql = "INSERT INTO _health_check (prober, nonce, seq, checked_at) VALUES ('bare', 'n', 1, 'now') \
                       ON CONFLICT (prober) DO UPDATE SET nonce = excluded.nonce, seq = seq + 1 RETURNING seq";
            let seq: i64 = connection.query_row(sql, [], |row| row.get(0)).expect("a row");
            let read = "SELECT nonce = 'n' FROM _health_check WHERE prober = 'bare'";
            let same: bool = connection.query_row(read, [], |row| row.get(0)).expect("a row");
            let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).expect("a row");
            (ping, seq, same, pages)
        });
    });
}
