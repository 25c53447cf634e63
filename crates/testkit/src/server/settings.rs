//! What a server's container is started with, and how its own client is called.

use crate::environment;

/// What a server's container is started with. The constructors are for one product each.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The image.
    pub image: String,
    /// The server's port in the container.
    pub port: u16,
    /// A DSN that works, with `{address}` for host and port.
    pub dsn: String,
    pub(super) client: Vec<String>,
    /// What the client says to find out whether the server lets clients in; nothing where nobody asks.
    pub(super) hello: Vec<String>,
    pub(super) files: Vec<(String, Vec<u8>)>,
    variables: Vec<(String, String)>,
    options: Vec<String>,
    command: Vec<String>,
    run: String,
}

impl ServerSettings {
    /// A server without a client in its image.
    pub fn new(image: impl Into<String>, port: u16) -> Self {
        Self {
            image: image.into(),
            port,
            dsn: "tcp://{address}".to_owned(),
            client: Vec::new(),
            hello: Vec::new(),
            files: Vec::new(),
            variables: Vec::new(),
            options: Vec::new(),
            command: Vec::new(),
            run: environment::run(),
        }
    }

    /// PostgreSQL with the superuser `postgres`. A test server has nothing to lose.
    pub fn postgres(image: impl Into<String>, password: &str) -> Self {
        // Over TCP: while the image initialises, its temporary server listens on a Unix socket only.
        let to = "postgres://postgres@127.0.0.1:5432/postgres";
        Self::new(image, 5432)
            .dsn("postgres", "postgres", password, "/postgres?sslmode=disable")
            .variable("POSTGRES_PASSWORD", password)
            .variable("POSTGRES_INITDB_ARGS", "--no-sync")
            .variable("PGPASSWORD", password)
            .client(&["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", to])
            .hello(&["--command", "SELECT 1"])
            .command(&["-c", "fsync=off"])
    }

    /// MariaDB with the database `orders` and the administrator `root`.
    pub fn mariadb(image: impl Into<String>, password: &str) -> Self {
        Self::new(image, 3306)
            .dsn("mysql", "root", password, "/orders?ssl-mode=DISABLED")
            .variable("MARIADB_ROOT_PASSWORD", password)
            .variable("MARIADB_DATABASE", "orders")
            .variable("MYSQL_PWD", password)
            .client(&["mariadb", "--host=127.0.0.1", "--user=root", "--batch", "--skip-column-names", "orders"])
            .hello(&["--execute=SELECT 1"])
            // Options alone belong to the server.
            .command(&["--sync-binlog=0"])
    }

    /// MySQL with the database `orders` and the administrator `root`. It makes its own certificate.
    pub fn mysql(image: impl Into<String>, password: &str) -> Self {
        // MYSQL_PWD for the whole container would spoil the first login of the image's own set-up, which has no password yet.
        let client = r#"MYSQL_PWD="$MYSQL_ROOT_PASSWORD" exec mysql --host=127.0.0.1 --user=root --batch \
            --skip-column-names orders "$@""#;
        Self::new(image, 3306)
            .dsn("mysql", "root", password, "/orders?ssl-mode=REQUIRED")
            .variable("MYSQL_ROOT_PASSWORD", password)
            .variable("MYSQL_DATABASE", "orders")
            .client(&["sh", "-c", client, "client"])
            .hello(&["--execute=SELECT 1"])
            .command(&["--sync-binlog=0"])
    }

    /// Redis or Valkey, whose client is `redis-cli` or `valkey-cli`. It saves nothing by itself.
    pub fn redis(image: impl Into<String>, password: &str) -> Self {
        let client = r#"cli=$(command -v redis-cli || command -v valkey-cli); exec "$cli" -e "$@""#;
        Self::new(image, 6379)
            .dsn("redis", "default", password, "/0")
            .variable("REDISCLI_AUTH", password)
            .client(&["sh", "-c", client, "cli"])
            .hello(&["PING"])
            .command(&["--save", "", "--requirepass", password])
    }

    /// nginx with its own page.
    pub fn nginx(image: impl Into<String>) -> Self {
        let mut settings = Self::new(image, 80);
        "http://{address}/".clone_into(&mut settings.dsn);
        settings.client(&["curl", "--silent", "--show-error", "--fail"]).hello(&["http://127.0.0.1/"])
    }

    /// Postfix, which greets and takes no mail for others.
    pub fn postfix(image: impl Into<String>) -> Self {
        let mut settings = Self::new(image, 25);
        "smtp://{address}".clone_into(&mut settings.dsn);
        settings.client(&["postfix"]).hello(&["status"])
    }

    /// Prometheus with this configuration; promtool is in its image, too.
    pub fn prometheus(image: impl Into<String>, config: &str) -> Self {
        Self::new(image, 9090).file("/etc/prometheus/prometheus.yml", config)
    }

    fn dsn(mut self, scheme: &str, user: &str, password: &str, rest: &str) -> Self {
        let password = dbprobe_core::percent_encode(password, "");
        self.dsn = format!("{scheme}://{user}:{password}@{{address}}{rest}");
        self
    }

    /// With an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a file that everybody in the container may read. Its directory has to be there.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((path.to_owned(), content.as_ref().to_vec()));
        self
    }

    /// With further options of `docker create`, such as `--ulimit`.
    #[must_use]
    pub fn options(mut self, words: &[&str]) -> Self {
        self.options.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// With further words behind the image's name.
    #[must_use]
    pub fn command(mut self, words: &[&str]) -> Self {
        self.command.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// In another run than the environment's: the value of the label by which containers are cleaned up.
    #[must_use]
    pub fn run(mut self, run: &str) -> Self {
        run.clone_into(&mut self.run);
        self
    }

    fn client(mut self, words: &[&str]) -> Self {
        self.client = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    fn hello(mut self, words: &[&str]) -> Self {
        self.hello = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// The words of `docker create` with the server's port published on `port` of 127.0.0.1.
    pub(super) fn create(&self, port: u16) -> Vec<String> {
        let mut words: Vec<String> = ["create", "--network", "bridge"].map(str::to_owned).into();
        // The second label is what `cargo xtask test` looks for when it removes what a killed run left behind.
        let labels = [format!("dbprobe.test={}", self.run), "org.testcontainers.managed-by=testcontainers".to_owned()];
        words.extend(labels.into_iter().flat_map(|label| ["--label".to_owned(), label]));
        words.extend(["--publish".to_owned(), format!("127.0.0.1:{port}:{}", self.port)]);
        for (name, value) in &self.variables {
            words.extend(["--env".to_owned(), format!("{name}={value}")]);
        }
        words.extend(self.options.iter().cloned());
        words.push(self.image.clone());
        words.extend(self.command.iter().cloned());
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_percent_encoded_in_the_dsn_and_nowhere_else() {
        let settings = ServerSettings::redis("redis:8", "a@b");
        assert_eq!(settings.dsn, "redis://default:a%40b@{address}/0");
        let words = settings.run("here").create(7000);
        assert!(words.windows(2).any(|pair| pair == ["--requirepass", "a@b"]), "{words:?}");
        assert!(words.windows(2).any(|pair| pair == ["--publish", "127.0.0.1:7000:6379"]), "{words:?}");
        assert!(words.iter().any(|word| word == "dbprobe.test=here"), "{words:?}");
    }
}
