//! Histories that the tools themselves wrote beforehand.

use dbprobe_testkit::fixture::Missing;

use crate::project::Project;
use crate::servers::{Place, Recorded, postgres, statements};

/// A tool, a migration that was not applied yet, and the last one that was.
struct Case {
    tool: &'static str,
    next: (&'static str, &'static str),
    last: &'static str,
    /// A file of which the tool keeps a checksum.
    summed: Option<&'static str>,
}

impl Case {
    fn project(&self) -> Project {
        Project::copy(&format!("histories/{}", self.tool), "migrations")
    }

    /// What is said of a database with every migration, against changed copies of the files.
    #[track_caller]
    fn follows(&self, dsn: &str) {
        let (tool, project) = (self.tool, self.project());
        project.guess(dsn).is("current", "passed", 0);
        project.write(self.next.0, self.next.1);
        assert_eq!(project.guess(dsn).is("behind", "failed", 2).list("pending").len(), 1, "{tool}");
        project.remove(self.last);
        project.guess(dsn).is("diverged", "failed", 2);
        project.remove(self.next.0);
        assert_eq!(project.validate(dsn, tool).is("ahead", "warning", 0).list("ahead").len(), 1, "{tool}");
        if let Some(file) = self.summed {
            let project = self.project();
            project.append(file, "-- edited\n");
            let told = project.guess(dsn);
            assert_eq!(told.is("checksum_mismatch", "failed", 2).list("checksum_mismatch").len(), 1, "{tool}");
        }
    }
}

const CASES: &[Case] = &[
    Case {
        tool: "dbmate",
        next: ("20260101000009_next.sql", "-- migrate:up\nSELECT 1;\n"),
        last: "20260101000002_customers.sql",
        summed: None,
    },
    Case {
        tool: "diesel",
        next: ("2026-01-01-000009_next/up.sql", "SELECT 1;\n"),
        last: "2026-01-01-000002_customers",
        summed: None,
    },
    Case {
        tool: "refinery",
        next: ("V11__next.sql", "SELECT 1;\n"),
        last: "V10__order_customer.sql",
        summed: Some("V2__customers.sql"),
    },
    Case {
        tool: "sqlx",
        next: ("20260101000009_next.sql", "SELECT 1;\n"),
        last: "20260101000003_order_customer.sql",
        summed: Some("20260101000001_orders.sql"),
    },
];

#[expect(clippy::unnecessary_wraps, reason = "what a test of this kind returns")]
pub(crate) fn on_sqlite() -> Result<(), Missing> {
    for case in CASES {
        case.follows(&Recorded::load(&format!("{}/applied.sql", case.tool)).dsn());
    }
    Ok(())
}

/// The same tools with the same files, whose histories were written on MySQL.
pub(crate) fn on_mysql(place: Place) -> Result<(), Missing> {
    let server = place.start()?;
    for case in CASES {
        place.load(&server, &format!("{}-mysql/behind.sql", case.tool));
        let told = case.project().guess(&server.dsn());
        let pending = told.is("behind", "failed", 2).list("pending");
        assert!(matches!(pending[..], [one] if case.last.starts_with(one)), "{}: {pending:?}", case.tool);
        place.load(&server, &format!("{}-mysql/applied.sql", case.tool));
        case.follows(&server.dsn());
    }
    place.load(&server, "liquibase-mysql/behind.sql");
    let project = Project::copy("histories/liquibase", "migrations");
    let told = project.guess(&server.dsn());
    assert_eq!(told.is("behind", "failed", 2).list("pending"), ["stock.yaml::4::ann"]);
    place.load(&server, "liquibase-mysql/applied.sql");
    project.guess(&server.dsn()).is("current", "passed", 0);
    place.load(&server, "liquibase-mysql/locked.sql");
    project.guess(&server.dsn()).is("current", "passed", 0);
    project.remove("stock.yaml");
    project.guess(&server.dsn()).is("ahead", "warning", 0);
    Ok(())
}

/// `sqlx.toml` can say that white space does not count.
pub(crate) fn white_space() -> Result<(), Missing> {
    let (place, file) = (Place::MariaDb, "20260101000002_customers.sql");
    let server = place.start()?;
    place.load(&server, "sqlx-mysql/white-space.sql");
    let project = Project::copy("histories/sqlx", "migrations");
    project.guess(&server.dsn()).is("current", "passed", 0);
    project.append(file, "\r\n\t \n");
    project.guess(&server.dsn()).is("current", "passed", 0);
    project.append(file, "-- edited\n");
    let told = project.guess(&server.dsn());
    assert_eq!(told.is("checksum_mismatch", "failed", 2).list("checksum_mismatch"), [file]);
    // Where nothing says so, it counts.
    place.load(&server, "sqlx-mysql/applied.sql");
    let project = Project::copy("histories/sqlx", "migrations");
    project.append(file, "\r\n\t \n");
    project.guess(&server.dsn()).is("checksum_mismatch", "failed", 2);
    Ok(())
}

/// On MySQL sqlx writes its row before the migration, and one that fails stays half-applied.
pub(crate) fn dirty(place: Place) -> Result<(), Missing> {
    let server = place.start()?;
    place.load(&server, "sqlx-mysql/dirty.sql");
    let project = Project::copy("histories/sqlx", "migrations");
    // Whether its file is there, mended or gone: the database is not what anybody meant.
    let failed = "20260101000004_stock.sql";
    for content in [None, Some(statements("sqlx-mysql/20260101000004_stock.sql")), Some("SELECT 1;\n".to_owned())] {
        content.iter().for_each(|content| project.write(failed, content));
        let told = project.guess(&server.dsn());
        assert_eq!(told.is("dirty", "failed", 2).list("dirty"), ["20260101000004 stock"]);
        assert_eq!((told.list("pending").len(), told.list("ahead").len()), (0, 0), "{:#}", told.history);
        assert_eq!(
            (&told.history["applied"], told.history["latest"].as_str()),
            (&3.into(), Some("20260101000003 order customer"))
        );
    }
    // What sqlx asks for: "fix and remove row from `_sqlx_migrations` table".
    place.ask(&server, "DELETE FROM _sqlx_migrations WHERE success = 0");
    assert_eq!(project.guess(&server.dsn()).is("behind", "failed", 2).list("pending"), [failed]);
    project.remove(failed);
    project.guess(&server.dsn()).is("current", "passed", 0);
    Ok(())
}

/// Its change sets stand in XML, formatted SQL and YAML.
pub(crate) fn liquibase() -> Result<(), Missing> {
    let server = postgres()?;
    Place::Postgres.load(&server, "liquibase/applied.sql");
    let project = Project::copy("histories/liquibase", "migrations");
    project.guess(&server.dsn()).is("current", "passed", 0);
    project.append("customers.sql", "\n--changeset ann:later\nSELECT 1;\n");
    let told = project.guess(&server.dsn());
    assert_eq!(told.is("behind", "failed", 2).list("pending"), ["customers.sql::later::ann"]);
    project.remove("stock.yaml");
    project.guess(&server.dsn()).is("diverged", "failed", 2);
    let project = Project::copy("histories/liquibase", "migrations");
    project.remove("stock.yaml");
    let told = project.guess(&server.dsn());
    assert_eq!(told.is("ahead", "warning", 0).list("ahead"), ["migrations/stock.yaml::4::ann"]);
    Ok(())
}
