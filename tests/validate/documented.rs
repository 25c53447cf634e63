//! Histories after the documentation of tools that cannot be had where these tests were written.

use dbprobe_testkit::fixture::Missing;

use crate::project::Project;
use crate::servers::Recorded;

struct Case {
    tool: &'static str,
    next: (&'static str, &'static str),
    last: &'static [&'static str],
    /// A file of which the tool keeps a checksum.
    summed: Option<&'static str>,
    /// What a failed migration leaves in the table, where it leaves anything.
    failed: Option<&'static str>,
}

const CASES: &[Case] = &[
    Case {
        tool: "ef-core",
        next: ("20260101000009_Next.cs", "[Migration(\"20260101000009_Next\")]"),
        last: &["20260101000002_Customers.cs", "20260101000002_Customers.Designer.cs"],
        summed: None,
        failed: None,
    },
    Case {
        tool: "flyway",
        next: ("V2_1__next.sql", "SELECT 1;\n"),
        last: &["V2__customers.sql"],
        summed: Some("V1__orders.sql"),
        failed: Some(
            "INSERT INTO flyway_schema_history VALUES (4, '3', 'x', 'SQL', 'V3__x.sql', 1, 'app', '2026-01-01', 1, 0)",
        ),
    },
    Case {
        tool: "golang-migrate",
        next: ("000003_next.up.sql", "SELECT 1;\n"),
        last: &["000002_customers.up.sql"],
        summed: None,
        failed: Some("UPDATE schema_migrations SET dirty = 1"),
    },
    Case {
        tool: "goose",
        next: ("00003_next.sql", "-- +goose Up\nSELECT 1;\n"),
        last: &["00002_customers.sql"],
        summed: None,
        failed: None,
    },
    Case {
        tool: "knex",
        next: ("20260101000009_next.js", "exports.up = (knex) => knex.raw('SELECT 1');\n"),
        last: &["20260101000002_customers.js"],
        summed: None,
        failed: None,
    },
    Case {
        tool: "prisma",
        next: ("20260101000009_next/migration.sql", "SELECT 1;\n"),
        last: &["20260101000002_customers"],
        summed: Some("20260101000001_orders/migration.sql"),
        failed: Some("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name LIKE '%customers'"),
    },
];

#[expect(clippy::unnecessary_wraps, reason = "what a test of this kind returns")]
pub(crate) fn all() -> Result<(), Missing> {
    for Case { tool, next, last, summed, failed } in CASES {
        let database = Recorded::load(&format!("{tool}/documented.sql"));
        let fresh = || Project::copy(&format!("histories/{tool}"), "migrations");
        let project = fresh();
        project.guess(&database.dsn()).is("current", "passed", 0);
        project.write(next.0, next.1);
        assert_eq!(project.guess(&database.dsn()).is("behind", "failed", 2).list("pending").len(), 1, "{tool}");
        let project = fresh();
        last.iter().for_each(|file| project.remove(file));
        assert_eq!(project.guess(&database.dsn()).is("ahead", "warning", 0).list("ahead").len(), 1, "{tool}");
        project.write(next.0, next.1);
        project.guess(&database.dsn()).is("diverged", "failed", 2);
        let project = fresh();
        if let Some(file) = summed {
            project.append(file, "-- edited\n");
            project.guess(&database.dsn()).is("checksum_mismatch", "failed", 2);
        }
        if let Some(sql) = failed {
            database.execute(sql);
            assert_eq!(fresh().guess(&database.dsn()).is("dirty", "failed", 2).list("dirty").len(), 1, "{tool}");
        }
    }
    Ok(())
}
