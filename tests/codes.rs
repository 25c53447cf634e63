//! What is known about codes, for every engine: each row can be reached and says what is needed, and the page of them is
//! the one in the code. `DBPROBE_UPDATE_CODES=1` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use dbprobe::{ENGINES, Knowledge};
use url::Url;

/// Who may be quoted: vendors, standards, and the projects themselves.
const HOSTS: &[&str] = &[
    "babelfishpg.org",
    "dev.mysql.com",
    "developers.cloudflare.com",
    "docs.rs",
    "err.mariadb.com",
    "learn.microsoft.com",
    "man7.org",
    "proxysql.com",
    "redis.io",
    "sqlite.org",
    "www.iana.org",
    "www.postgresql.org",
    "www.rfc-editor.org",
];

/// How a sentence begins, which no row may be.
const SENTENCES: &[&str] = &["A", "An", "Check", "If", "It", "Please", "See", "The", "This", "You"];

/// Every table, under the heading that it has on the page.
fn tables() -> Vec<(&'static str, &'static [Knowledge])> {
    let engines = ENGINES.iter().map(|engine| (engine.name, engine.knowledge));
    engines.chain([("network", dbprobe_net::KNOWLEDGE)]).collect()
}

fn rows() -> impl Iterator<Item = (&'static str, &'static Knowledge)> {
    tables().into_iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)))
}

#[test]
fn every_engine_has_a_table() {
    assert_eq!(ENGINES.len(), 8, "the façade is built without some of them");
    for (table, rows) in tables() {
        assert!(rows.len() >= 10, "{table} has {} rows", rows.len());
    }
}

#[test]
fn every_row_is_reached_and_no_code_stands_twice() {
    for (table, rows) in tables() {
        let codes: BTreeSet<_> = rows.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), rows.len(), "{table}");
        for row in rows {
            // A code of the family that has no row of its own.
            let code = row.code.replace('*', "~");
            assert_eq!(Knowledge::find(rows, &code), Some(row), "{table} {}", row.code);
        }
    }
}

#[test]
fn engines_and_the_network_do_not_share_codes() {
    for engine in ENGINES {
        for row in dbprobe_net::KNOWLEDGE {
            assert_eq!(engine.explain(row.code), None, "{} {}", engine.name, row.code);
        }
    }
}

#[test]
fn every_row_says_a_cause_and_a_next_step() {
    for (table, row) in rows() {
        for text in [row.cause, row.advice] {
            let first = text.split([' ', ',', ':']).next().unwrap_or_default();
            assert!(!first.is_empty() && !SENTENCES.contains(&first), "{table} {}: {text:?}", row.code);
            assert!(!text.ends_with(['.', ' ', ',', ';', ':']), "{table} {}: {text:?}", row.code);
            assert!(!text.contains("  ") && !text.contains('\n'), "{table} {}: {text:?}", row.code);
        }
        assert_ne!(row.cause, row.advice, "{table} {}", row.code);
    }
}

#[test]
fn every_row_names_its_source() {
    for (table, row) in rows() {
        let source = Url::parse(row.source).unwrap_or_else(|error| panic!("{table} {}: {error}", row.code));
        let host = source.host_str().unwrap_or_default();
        assert!(source.scheme() == "https" && HOSTS.contains(&host), "{table} {}: {source}", row.code);
        assert!(source.path().len() > 1 || source.fragment().is_some(), "{table} {}: {source} is no page", row.code);
    }
}

#[test]
fn names_are_spelt_as_the_vendor_spells_them() {
    let lower = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let upper =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    for (table, Knowledge { code, name, .. }) in rows() {
        let fits = match table {
            "postgres" => lower(name) && !name.is_empty(),
            "mysql" if name.is_empty() => code.starts_with('9'), // ProxySQL's have none
            "mysql" => upper(name) && (name.starts_with("ER_") || name.starts_with("CR_")),
            "sqlite" => upper(name) && name.starts_with("SQLITE_"),
            "tcp" => upper(name),
            "http" => !name.contains('_'),
            "network" => name.bytes().all(|byte| byte.is_ascii_alphabetic()),
            _ => name.is_empty(),
        };
        assert!(fits, "{table} {code}: {name:?}");
    }
}

const HEAD: &str = "\
# Codes

What servers and networks answer when something is wrong, what it mostly means, and what to do next: the same tables by
which `dbprobe` classifies failures and explains them. A code that ends in `*` stands for all that begin like it and have
no row of their own. Where a proxy puts several refusals under one code, dbprobe goes by its words as well, and its
report may have another class than the row.

This page is written from the code: `DBPROBE_UPDATE_CODES=1 cargo test -p dbprobe-tests --test codes`.
";

/// A cell of a table: what would end it, or be taken for markup, is escaped.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('*', "\\*").replace('<', "&lt;")
}

/// Text of ours, in which code stands between backticks and needs no escape but that of the cell.
fn prose(text: &str) -> String {
    let part = |(at, part): (usize, &str)| if at % 2 == 0 { cell(part) } else { part.replace('|', "\\|") };
    text.split('`').enumerate().map(part).collect::<Vec<_>>().join("`")
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (table, rows) in tables() {
        let _ = write!(page, "\n## {table}\n\n");
        page.push_str("| code | name | class | cause | what to do | |\n|---|---|---|---|---|---|\n");
        for row in rows {
            let Knowledge { code, name, class, cause, advice, source } = row;
            let (cause, advice) = (prose(cause), prose(advice));
            let name = cell(name);
            let _ = writeln!(page, "| `{code}` | {name} | {class} | {cause} | {advice} | [source]({source}) |");
        }
    }
    page
}

#[test]
fn the_page_lists_every_row() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/codes.md");
    if std::env::var_os("DBPROBE_UPDATE_CODES").is_some() {
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("made");
        std::fs::write(&file, page()).expect("written");
        return;
    }
    let written = std::fs::read_to_string(&file).expect("docs/codes.md");
    let stale = "docs/codes.md is stale: write it with DBPROBE_UPDATE_CODES=1";
    for (written, row) in written.lines().zip(page().lines()) {
        assert_eq!(written, row, "{stale}");
    }
    assert!(written == page(), "{stale}");
}
