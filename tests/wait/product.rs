//! The servers that are waited for, with a script that keeps their temporary server busy for a while.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use dbprobe_testkit::environment::image;
use dbprobe_testkit::fixture::Missing;

use crate::client::Place;
use crate::container::Container;

/// It needs no encoding, and stands nowhere else.
pub(crate) const PASSWORD: &str = "wait-for-it";

/// A server in a container.
#[derive(Clone, Copy)]
pub(crate) struct Product {
    pub(crate) engine: &'static str,
    image: fn() -> String,
    port: u16,
    /// Variables of the container.
    variables: &'static [(&'static str, &'static str)],
    /// Run by the temporary server, for a few seconds.
    script: Option<&'static str>,
    /// The directory of its socket, and the name of that.
    socket: (&'static str, &'static str),
    command: &'static [&'static str],
    /// What the log says when the temporary server is done, and when the last one lets clients in.
    done: &'static str,
    ready: &'static str,
}

pub(crate) const POSTGRES: Product = Product {
    engine: "postgres",
    image: || image("postgres", Some("17"), "postgres:17"),
    port: 5432,
    variables: &[("POSTGRES_USER", "app"), ("POSTGRES_PASSWORD", PASSWORD), ("POSTGRES_DB", "orders")],
    script: Some("sleep 5\npsql -v ON_ERROR_STOP=1 -U app orders -c 'CREATE TABLE made_by_the_script (id int)'\n"),
    socket: ("/var/run/postgresql", ".s.PGSQL.5432"),
    command: &["-c", "fsync=off"],
    done: "PostgreSQL init process complete",
    ready: "ready to accept connections",
};

pub(crate) const MYSQL: Product = Product {
    engine: "mysql",
    image: || image("mysql", Some("9"), "mysql:9"),
    port: 3306,
    variables: &[
        ("MYSQL_ROOT_PASSWORD", PASSWORD),
        ("MYSQL_USER", "app"),
        ("MYSQL_PASSWORD", PASSWORD),
        ("MYSQL_DATABASE", "orders"),
    ],
    script: Some("sleep 5\nMYSQL_PWD=wait-for-it mysql -u root -e 'CREATE TABLE orders.made_by_the_script (id int)'\n"),
    socket: ("/var/run/mysqld", "mysqld.sock"),
    command: &[],
    done: "MySQL init process done",
    ready: "ready for connections",
};

pub(crate) const MARIADB: Product = Product {
    engine: "mysql",
    image: || image("mariadb", Some("11.8"), "mariadb:11.8"),
    port: 3306,
    variables: &[
        ("MARIADB_ROOT_PASSWORD", PASSWORD),
        ("MARIADB_USER", "app"),
        ("MARIADB_PASSWORD", PASSWORD),
        ("MARIADB_DATABASE", "orders"),
    ],
    script: Some(
        "sleep 5\nMYSQL_PWD=wait-for-it mariadb -u root -e 'CREATE TABLE orders.made_by_the_script (id int)'\n",
    ),
    socket: ("/run/mysqld", "mysqld.sock"),
    command: &[],
    done: "MariaDB init process done",
    ready: "ready for connections",
};

pub(crate) const REDIS: Product = Product {
    engine: "redis",
    image: || image("redis", Some("8"), "redis:8"),
    port: 6379,
    variables: &[],
    script: None,
    socket: ("", ""),
    command: &["--save", "", "--requirepass", PASSWORD],
    done: "",
    ready: "Ready to accept connections",
};

impl Product {
    /// Creates its container, with its port at `address`, and does not start it.
    pub(crate) fn create(&self, address: SocketAddr) -> Result<Container, Missing> {
        self.create_with(&[format!("--publish={address}:{}", self.port)])
    }

    /// Creates its container, with its socket in `directory` and no published port.
    pub(crate) fn create_with_socket(&self, directory: &Path) -> Result<Container, Missing> {
        self.create_with(&[format!("--volume={}:{}", directory.display(), self.socket.0)])
    }

    fn create_with(&self, options: &[String]) -> Result<Container, Missing> {
        let variables = self.variables.iter().map(|(name, value)| format!("--env={name}={value}"));
        let options: Vec<String> = options.iter().cloned().chain(variables).collect();
        let container = Container::create(&(self.image)(), &options, self.command)?;
        if let Some(script) = self.script {
            container.copy("/docker-entrypoint-initdb.d/slow.sh", &format!("#!/bin/sh\nset -e\n{script}"));
        }
        Ok(container)
    }

    /// The file of its socket in `directory`.
    pub(crate) fn socket(&self, directory: &Path) -> PathBuf {
        directory.join(self.socket.1)
    }

    /// A DSN of the user that the image makes.
    pub(crate) fn dsn(&self, place: &Place) -> String {
        self.dsn_with(place, PASSWORD)
    }

    pub(crate) fn dsn_with(&self, place: &Place, password: &str) -> String {
        match (self.engine, place) {
            ("postgres", Place::Tcp(at)) => format!("postgres://app:{password}@{at}/orders?sslmode=disable"),
            ("postgres", Place::Socket(file)) => {
                let directory = file.parent().unwrap_or(Path::new("/")).display();
                format!("postgres://app:{password}@/orders?host={directory}")
            }
            ("mysql", Place::Tcp(at)) => format!("mysql://app:{password}@{at}/orders?ssl-mode=DISABLED"),
            ("mysql", Place::Socket(file)) => format!("mysql://app:{password}@unix({})/orders", file.display()),
            ("redis", Place::Tcp(at)) => format!("redis://default:{password}@{at}/0"),
            (engine, place) => panic!("no DSN of {engine} for {place:?}"),
        }
    }

    /// Fails unless the log says that the temporary server has ended, and after that that the last one lets clients in.
    #[track_caller]
    pub(crate) fn assert_last_server(&self, log: &str) {
        let last = log.find(self.done).map(|at| &log[at..]);
        let ready = last.is_some_and(|last| last.contains(self.ready));
        assert!(ready, "the last server was not ready yet:\n{log}");
    }
}
