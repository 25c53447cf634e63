//! The servers that the suites run against: one row here and one directory in `tests/images`.

use std::env;

/// One server in one version. A row has an official image, a stand-in, or both.
#[derive(Debug)]
pub(crate) struct Image {
    /// The engine whose suite uses it; `serve` for the tests of the exporter.
    pub(crate) engine: &'static str,
    /// The server as it names itself, with the part of its version that tells the rows apart.
    pub(crate) title: &'static str,
    /// The first part of the environment variable that names another image.
    pub(crate) name: &'static str,
    /// The second part; `None` where one version is enough.
    pub(crate) version: Option<&'static str>,
    /// What is pulled where a registry can be reached; `None` where nobody keeps one up.
    pub(crate) official: Option<&'static str>,
    /// What is built otherwise; `None` where Debian does not have the server. Only such a row may
    /// be missing from a run that passes.
    pub(crate) stand_in: Option<StandIn>,
}

/// How an image is made from Debian packages.
#[derive(Debug)]
pub(crate) struct StandIn {
    /// Its directory below `tests/images`.
    pub(crate) directory: &'static str,
    /// The Debian suite whose package it is made of.
    pub(crate) suite: &'static str,
    /// Build arguments of its Dockerfile, besides BASE.
    pub(crate) arguments: &'static [(&'static str, &'static str)],
}

/// By engine, then by title.
pub(crate) const IMAGES: &[Image] = &[
    Image {
        engine: "http",
        title: "nginx",
        name: "nginx",
        version: None,
        official: Some("nginx:stable"),
        stand_in: Some(StandIn { directory: "nginx", suite: "bookworm", arguments: &[] }),
    },
    Image {
        engine: "mssql",
        title: "SQL Server 2022",
        name: "mssql",
        version: Some("2022"),
        official: Some("mcr.microsoft.com/mssql/server:2022-latest"),
        stand_in: None,
    },
    Image {
        engine: "mysql",
        title: "MariaDB 10.11",
        name: "mariadb",
        version: Some("10.11"),
        official: Some("mariadb:10.11"),
        stand_in: Some(StandIn { directory: "mariadb", suite: "bookworm", arguments: &[] }),
    },
    Image {
        engine: "mysql",
        title: "MariaDB 11.8",
        name: "mariadb",
        version: Some("11.8"),
        official: Some("mariadb:11.8"),
        stand_in: Some(StandIn { directory: "mariadb", suite: "trixie", arguments: &[] }),
    },
    Image {
        engine: "mysql",
        title: "MySQL 9",
        name: "mysql",
        version: Some("9"),
        official: Some("mysql:9"),
        stand_in: Some(StandIn { directory: "mysql", suite: "sid", arguments: &[] }),
    },
    Image {
        engine: "postgres",
        title: "PostgreSQL 15",
        name: "postgres",
        version: Some("15"),
        official: Some("postgres:15"),
        stand_in: Some(StandIn { directory: "postgres", suite: "bookworm", arguments: &[("MAJOR", "15")] }),
    },
    Image {
        engine: "postgres",
        title: "PostgreSQL 17",
        name: "postgres",
        version: Some("17"),
        official: Some("postgres:17"),
        stand_in: Some(StandIn { directory: "postgres", suite: "trixie", arguments: &[("MAJOR", "17")] }),
    },
    Image {
        engine: "postgres",
        title: "PostgreSQL 18",
        name: "postgres",
        version: Some("18"),
        official: Some("postgres:18"),
        stand_in: Some(StandIn {
            directory: "postgres",
            suite: "sid",
            // From 18 on the official image keeps its data in a directory named after the version.
            arguments: &[
                ("MAJOR", "18"),
                ("DATA", "/var/lib/postgresql/18/docker"),
                ("DATA_VOLUME", "/var/lib/postgresql"),
            ],
        }),
    },
    Image {
        engine: "postgres",
        title: "PgBouncer",
        name: "pgbouncer",
        version: None,
        official: Some("edoburu/pgbouncer:v1.25.1-p0"),
        stand_in: Some(StandIn { directory: "pgbouncer", suite: "bookworm", arguments: &[] }),
    },
    Image {
        engine: "redis",
        title: "Redis 7",
        name: "redis",
        version: Some("7"),
        official: Some("redis:7"),
        stand_in: Some(StandIn { directory: "redis", suite: "bookworm", arguments: &[("SERVER", "redis")] }),
    },
    Image {
        engine: "redis",
        title: "Redis 8",
        name: "redis",
        version: Some("8"),
        official: Some("redis:8"),
        stand_in: Some(StandIn { directory: "redis", suite: "sid", arguments: &[("SERVER", "redis")] }),
    },
    Image {
        engine: "redis",
        title: "Valkey 8",
        name: "valkey",
        version: Some("8"),
        official: Some("valkey/valkey:8"),
        stand_in: Some(StandIn { directory: "redis", suite: "trixie", arguments: &[("SERVER", "valkey")] }),
    },
    Image {
        engine: "serve",
        title: "Chromium",
        name: "chromium",
        version: None,
        official: None,
        stand_in: Some(StandIn { directory: "chromium", suite: "bookworm", arguments: &[] }),
    },
    Image {
        engine: "serve",
        title: "migration tools",
        name: "migrations",
        version: None,
        official: None,
        stand_in: Some(StandIn { directory: "migrations", suite: "trixie", arguments: &[] }),
    },
    Image {
        engine: "serve",
        title: "Prometheus",
        name: "prometheus",
        version: None,
        official: Some("prom/prometheus:v2.53.5"),
        stand_in: Some(StandIn { directory: "prometheus", suite: "trixie", arguments: &[] }),
    },
    Image {
        engine: "smtp",
        title: "Postfix",
        name: "postfix",
        version: None,
        official: None,
        stand_in: Some(StandIn { directory: "postfix", suite: "bookworm", arguments: &[] }),
    },
];

/// The exporters that `cargo xtask peers` puts beside `dbprobe serve`. No suite needs them, so they are not in the table.
pub(crate) const EXPORTERS: Image = Image {
    engine: "peers",
    title: "other exporters",
    name: "exporters",
    version: None,
    official: None,
    stand_in: Some(StandIn { directory: "exporters", suite: "trixie", arguments: &[] }),
};

impl Image {
    /// The environment variable that tells the suites which image to start.
    pub(crate) fn variable(&self) -> String {
        match self.version {
            Some(version) => {
                format!("DBPROBE_TEST_{}_{}_IMAGE", self.name.to_uppercase(), version.replace('.', "_"))
            }
            None => format!("DBPROBE_TEST_{}_IMAGE", self.name.to_uppercase()),
        }
    }

    /// The image that the environment already names: for this version, else for all versions.
    pub(crate) fn named(&self) -> Option<String> {
        let all_versions = format!("DBPROBE_TEST_{}_IMAGE", self.name.to_uppercase());
        [all_versions, self.variable()].iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// The tag that its stand-in gets.
    pub(crate) fn tag(&self) -> String {
        format!("dbprobe-test/{}:{}", self.name, self.version.unwrap_or("latest"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn every_stand_in_has_a_directory() {
        for stand_in in IMAGES.iter().chain([&EXPORTERS]).filter_map(|image| image.stand_in.as_ref()) {
            let dockerfile = workspace::root().join("tests/images").join(stand_in.directory).join("Dockerfile");
            assert!(dockerfile.is_file(), "{} is missing", dockerfile.display());
        }
    }

    #[test]
    fn every_row_can_be_had_somewhere() {
        for image in IMAGES {
            assert!(image.official.is_some() || image.stand_in.is_some(), "{}", image.title);
        }
    }

    #[test]
    fn variables_and_tags_tell_the_rows_apart() {
        let shown = |image: &Image| format!("{}={}", image.variable(), image.tag());
        let lines: std::collections::BTreeSet<String> = IMAGES.iter().map(shown).collect();
        assert_eq!(lines.len(), IMAGES.len());
        for line in [
            "DBPROBE_TEST_MARIADB_10_11_IMAGE=dbprobe-test/mariadb:10.11",
            "DBPROBE_TEST_PGBOUNCER_IMAGE=dbprobe-test/pgbouncer:latest",
            "DBPROBE_TEST_POSTGRES_15_IMAGE=dbprobe-test/postgres:15",
        ] {
            assert!(lines.contains(line), "{lines:#?}");
        }
    }
}
