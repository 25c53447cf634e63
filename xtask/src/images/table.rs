//! The servers that the suites run against: one row here and one directory in `tests/images`.

use std::env;

/// One server in one version.
#[derive(Debug)]
pub(crate) struct Image {
    /// The engine whose suite uses it.
    pub(crate) engine: &'static str,
    /// The server as it names itself, with the part of its version that tells the rows apart.
    pub(crate) title: &'static str,
    /// The first part of the environment variable that names another image.
    pub(crate) name: &'static str,
    /// The second part; `None` where one version is enough.
    pub(crate) version: Option<&'static str>,
    /// What is pulled where a registry can be reached.
    pub(crate) official: &'static str,
    /// The Debian suite whose package the stand-in is made of.
    pub(crate) suite: &'static str,
    /// Build arguments of the stand-in's Dockerfile, besides BASE.
    pub(crate) arguments: &'static [(&'static str, &'static str)],
}

pub(crate) const IMAGES: &[Image] = &[
    Image {
        engine: "postgres",
        title: "PostgreSQL 15",
        name: "postgres",
        version: Some("15"),
        official: "postgres:15",
        suite: "bookworm",
        arguments: &[("MAJOR", "15")],
    },
    Image {
        engine: "postgres",
        title: "PostgreSQL 17",
        name: "postgres",
        version: Some("17"),
        official: "postgres:17",
        suite: "trixie",
        arguments: &[("MAJOR", "17")],
    },
    Image {
        engine: "postgres",
        title: "PostgreSQL 18",
        name: "postgres",
        version: Some("18"),
        official: "postgres:18",
        suite: "sid",
        // From 18 on the official image keeps its data in a directory named after the version.
        arguments: &[
            ("MAJOR", "18"),
            ("DATA", "/var/lib/postgresql/18/docker"),
            ("DATA_VOLUME", "/var/lib/postgresql"),
        ],
    },
    Image {
        engine: "postgres",
        title: "PgBouncer",
        name: "pgbouncer",
        version: None,
        official: "edoburu/pgbouncer:v1.25.1-p0",
        suite: "bookworm",
        arguments: &[],
    },
];

impl Image {
    /// The environment variable that tells the suites which image to start.
    pub(crate) fn variable(&self) -> String {
        match self.version {
            Some(version) => format!("DBPROBE_TEST_{}_{version}_IMAGE", self.name.to_uppercase()),
            None => format!("DBPROBE_TEST_{}_IMAGE", self.name.to_uppercase()),
        }
    }

    /// The image that the environment already names: for this version, else for all versions.
    pub(crate) fn named(&self) -> Option<String> {
        let all_versions = format!("DBPROBE_TEST_{}_IMAGE", self.name.to_uppercase());
        [all_versions, self.variable()].iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// The tag of the stand-in.
    pub(crate) fn stand_in(&self) -> String {
        format!("dbprobe-test/{}:{}", self.name, self.version.unwrap_or("latest"))
    }

    /// The directory of the stand-in below `tests/images`.
    pub(crate) fn directory(&self) -> &'static str {
        self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn every_row_has_a_directory() {
        for image in IMAGES {
            let dockerfile = workspace::root().join("tests/images").join(image.directory()).join("Dockerfile");
            assert!(dockerfile.is_file(), "{} is missing", dockerfile.display());
        }
    }

    #[test]
    fn variables_carry_the_version_where_there_are_several() {
        let variables: Vec<String> = IMAGES.iter().map(Image::variable).collect();
        assert_eq!(variables.first().map(String::as_str), Some("DBPROBE_TEST_POSTGRES_15_IMAGE"));
        assert_eq!(variables.last().map(String::as_str), Some("DBPROBE_TEST_PGBOUNCER_IMAGE"));
    }
}
