//! MySQL and MariaDB: one server, with TLS or without, with a replica, or one that counts broken logins.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::certificates::Certificates;
use super::node::{Node, Paused};
use super::recipe::Recipe;
use crate::environment;
use crate::fixture::Missing;

const PORT: u16 = 3306;
/// MySQL initialises its directory for half a minute on a machine under load.
const START: Duration = Duration::from_secs(180);

/// A test server has nothing to lose. In a file: options of InnoDB on the command line make the stand-in image build its
/// directory anew.
const SETTINGS: &str = "[mysqld]\ninnodb_flush_log_at_trx_commit=2\nsync_binlog=0\nmax_connections=100\n";

/// The official images turn the host cache off, and MySQL's switch for names can only be turned on.
const WITH_HOST_CACHE: &str = "sed -i '/^host-cache-size/d; /^skip-name-resolve/d' /etc/my.cnf && \
    exec docker-entrypoint.sh \"$@\"";

/// What is copied into a container belongs to root, and the server wants its key to be its own.
const KEY_IN_PLACE: &str = "install --directory --owner mysql --mode 0700 /tmp/tls && \
    install --owner mysql --mode 0600 /tls/* /tmp/tls/ && cp --preserve /tmp/tls/server.crt /tmp/tls/current.crt && \
    exec docker-entrypoint.sh \"$@\"";
const TLS: [&str; 3] = ["--ssl-ca=/tmp/tls/ca.crt", "--ssl-cert=/tmp/tls/current.crt", "--ssl-key=/tmp/tls/server.key"];

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// MySQL of Oracle.
    MySql,
    /// MariaDB.
    MariaDb,
}

impl Product {
    /// The name that labels begin with, and the client's command.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::MySql => ("MySQL", "mysql", "mysqld"),
            Self::MariaDb => ("MariaDB", "mariadb", "mariadbd"),
        }
    }
}

/// How much TLS a server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offers {
    /// What it makes of itself: MySQL has a certificate of its own, MariaDB 10.11 has none.
    ItsOwn,
    Nothing,
    Ours,
}

/// Containers that make up one server of MySQL or MariaDB.
///
/// User [`MySql::USER`] may do everything in the database [`MySql::DATABASE`], and may see replication.
pub struct MySql {
    product: Product,
    what: &'static str,
    primary: Node,
    replica: Option<Node>,
    offers: Offers,
    certificates: Option<Certificates>,
}

impl MySql {
    /// The ordinary user.
    pub const USER: &str = "app";
    /// Its password.
    pub const PASSWORD: &str = "s3cret";
    /// Its database.
    pub const DATABASE: &str = "orders";
    /// The password of `root`, who may come from everywhere.
    pub const ROOT_PASSWORD: &str = "sup3ruser";

    /// One server as it comes.
    ///
    /// # Errors
    /// As for all constructors here: when there is no Docker or no image, or when the server lets nobody in.
    pub async fn alone(product: Product, version: &str) -> Result<Self, Missing> {
        let primary = Node::start(recipe(product, version).command(command(product, &[]))).await?;
        Self { product, what: "", primary, replica: None, offers: Offers::ItsOwn, certificates: None }.ready().await
    }

    /// One server that offers no TLS.
    ///
    /// # Errors
    /// See [`MySql::alone`].
    pub async fn without_tls(product: Product, version: &str) -> Result<Self, Missing> {
        let off = match product {
            Product::MySql => "--tls-version=",
            Product::MariaDb => "--skip-ssl",
        };
        let primary = Node::start(recipe(product, version).command(command(product, &[off]))).await?;
        let what = " without TLS";
        Self { product, what, primary, replica: None, offers: Offers::Nothing, certificates: None }.ready().await
    }

    /// One server with certificates of ours, in its directory `/tmp/tls`; `current.crt` is the one it shows.
    ///
    /// # Errors
    /// See [`MySql::alone`].
    pub async fn with_tls(product: Product, version: &str) -> Result<Self, Missing> {
        let certificates = Certificates::new();
        let mut recipe = recipe(product, version);
        for (name, pem) in certificates.files() {
            recipe = recipe.file(&format!("/tls/{name}"), pem);
        }
        let ca = std::fs::read_to_string(certificates.ca_file()).map_err(|error| Missing::new(error.to_string()))?;
        let server = command(product, &TLS);
        let command = ["bash", "-c", KEY_IN_PLACE, "tls"].into_iter().chain(server);
        let primary = Node::start(recipe.file("/tls/ca.crt", ca).command(command)).await?;
        let certificates = Some(certificates);
        Self { product, what: " with TLS", primary, replica: None, offers: Offers::Ours, certificates }.ready().await
    }

    /// A server and a replica that follows it and takes no writes.
    ///
    /// # Errors
    /// See [`MySql::alone`].
    pub async fn with_replica(product: Product, version: &str) -> Result<Self, Missing> {
        let extra = |id: &'static str| match product {
            Product::MySql => vec![id, "--gtid-mode=ON", "--enforce-gtid-consistency=ON"],
            Product::MariaDb => vec![id],
        };
        let primary = Node::start(recipe(product, version).command(command(product, &extra("--server-id=1")))).await?;
        let second = recipe(product, version).command(command(product, &extra("--server-id=2")));
        let replica = Node::start(second).await?;
        let certificates = None;
        let server =
            Self { product, what: " with a replica", primary, replica: None, offers: Offers::ItsOwn, certificates };
        let server = server.ready().await?;
        server.until_user_is_let_in(&replica).await?;
        // Both were initialised alike; what comes after that is replicated.
        let position = match product {
            Product::MySql => "SELECT @@global.gtid_executed",
            Product::MariaDb => "SELECT @@global.gtid_binlog_pos",
        };
        let broken = |error: String| Missing::new(format!("no replica: {error}"));
        let position = server.run_on(&server.primary, position).await.map_err(broken)?.replace('\n', "");
        let follow = follow(product, &server.primary.address_for_containers().await?, &position);
        server.run_on(&replica, &follow).await.map_err(broken)?;
        Ok(Self { replica: Some(replica), ..server })
    }

    /// One server that holds broken logins against their host, and blocks it at the first one beyond `limit`.
    ///
    /// # Errors
    /// See [`MySql::alone`].
    pub async fn counting(product: Product, version: &str, limit: u32) -> Result<Self, Missing> {
        let limit = format!("--max-connect-errors={limit}");
        let cache = [limit.as_str(), "--skip-name-resolve=OFF", "--host-cache-size=128", "--performance-schema=ON"];
        let server = command(product, &cache);
        let server = match product {
            Product::MySql => ["bash", "-c", WITH_HOST_CACHE, "counting"].into_iter().chain(server).collect(),
            Product::MariaDb => server,
        };
        let primary = Node::start(recipe(product, version).command(server)).await?;
        let server = Self { product, what: "", primary, replica: None, offers: Offers::ItsOwn, certificates: None };
        // Without a name the server does not count a host's errors.
        let route = server.primary.exec(["awk", "$2 == \"00000000\" { print $3; exit }", "/proc/net/route"]).await;
        let gateway = route.ok().and_then(|hex| u32::from_str_radix(&hex, 16).ok()).map(u32::swap_bytes);
        let gateway = gateway.map(Ipv4Addr::from).ok_or_else(|| Missing::new("the container has no gateway"))?;
        let line = format!("echo '{gateway} gateway' >> /etc/hosts");
        server.primary.exec(["bash", "-c", &line]).await.map_err(Missing::new)?;
        server.ready().await
    }

    async fn ready(self) -> Result<Self, Missing> {
        self.until_user_is_let_in(&self.primary).await?;
        Ok(self)
    }

    async fn until_user_is_let_in(&self, node: &Node) -> Result<(), Missing> {
        let (user, password) = (format!("--user={}", Self::USER), format!("--password={}", Self::PASSWORD));
        let (_, client, _) = self.product.words();
        let mut words = vec![client, "--host=127.0.0.1", &user, &password, Self::DATABASE, "--execute=SELECT 1"];
        if self.product == Product::MySql {
            words.push("--get-server-public-key"); // where there is no TLS
        }
        node.until(&words, START).await
    }

    /// Runs SQL as `root` in [`MySql::DATABASE`], and returns its rows without decoration.
    ///
    /// # Errors
    /// What the server says.
    pub async fn sql(&self, sql: &str) -> Result<String, String> {
        self.run_on(&self.primary, &format!("USE {}; {sql}", Self::DATABASE)).await
    }

    /// Runs SQL as `root` on the replica.
    ///
    /// # Errors
    /// What the server says, or that there is no replica.
    pub async fn on_the_replica(&self, sql: &str) -> Result<String, String> {
        self.run_on(self.replica.as_ref().ok_or("there is no replica")?, sql).await
    }

    async fn run_on(&self, node: &Node, sql: &str) -> Result<String, String> {
        let (_, client, _) = self.product.words();
        let (password, execute) =
            (format!("--password={}", Self::ROOT_PASSWORD), format!("--execute=SET NAMES utf8mb4; {sql}"));
        let words = ["--user=root", &password, "--batch", "--skip-column-names"];
        node.exec([client].into_iter().chain(words).chain([execute.as_str()])).await
    }

    /// Runs SQL as `root` over the container's Unix socket when it is dropped: for what shuts every other way.
    pub fn on_drop(&self, sql: &str) -> OnDrop {
        let client = self.product.words().1.to_owned();
        OnDrop { id: self.primary.id().to_owned(), client, sql: sql.to_owned() }
    }

    /// The server as it names itself: `MySQL 9.7.4 with TLS`.
    pub async fn label(&self) -> String {
        let version = self.sql("SELECT VERSION()").await.unwrap_or_default();
        let number: String = version.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        format!("{} {number}{}", self.product.words().0, self.what)
    }

    /// Whose server it is.
    pub fn product(&self) -> Product {
        self.product
    }

    /// A DSN that works.
    pub fn dsn(&self) -> String {
        self.dsn_of(Self::USER, Self::PASSWORD, Self::DATABASE)
    }

    /// A DSN of somebody else's. Its parts have to be percent-encoded.
    pub fn dsn_of(&self, user: &str, password: &str, database: &str) -> String {
        format!("mysql://{user}:{password}@{}/{database}?{}", self.address(), self.tls_parameters())
    }

    /// A DSN of the replica.
    pub fn replica_dsn(&self) -> Option<String> {
        let address = self.replica.as_ref()?.address();
        let (user, password, database) = (Self::USER, Self::PASSWORD, Self::DATABASE);
        Some(format!("mysql://{user}:{password}@{address}/{database}?{}", self.tls_parameters()))
    }

    /// Where clients go.
    pub fn address(&self) -> SocketAddr {
        self.primary.address()
    }

    /// The parameters that fit the server's TLS: verified where the certificate is ours.
    pub fn tls_parameters(&self) -> String {
        match &self.certificates {
            Some(certificates) => format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={}", certificates.ca_file().display()),
            None if self.offers_tls() => "ssl-mode=REQUIRED".to_owned(),
            None => "ssl-mode=DISABLED".to_owned(),
        }
    }

    /// Whether it offers TLS. MariaDB 10.11 has no certificate unless it is given one.
    pub fn offers_tls(&self) -> bool {
        self.offers == Offers::Ours || (self.offers == Offers::ItsOwn && self.product == Product::MySql)
    }

    /// The certificates of a server with ours.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The server's own container.
    pub fn primary(&self) -> &Node {
        &self.primary
    }

    /// Freezes the server until what the future returns is dropped.
    pub fn pause(&self) -> impl Future<Output = Paused> + Send + 'static {
        self.primary.pause()
    }
}

/// SQL that runs when this is dropped.
pub struct OnDrop {
    id: String,
    client: String,
    sql: String,
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        let (password, execute) = (format!("--password={}", MySql::ROOT_PASSWORD), format!("--execute={}", self.sql));
        let words = ["exec", &self.id, &self.client, "--user=root", &password, &execute];
        let done = Command::new("docker").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(std::thread::panicking() || done.is_ok_and(|done| done.success()), "{} failed", self.sql);
    }
}

fn image(product: Product, version: &str) -> String {
    let (_, name, _) = product.words();
    environment::image(name, Some(version), &format!("{name}:{version}"))
}

/// A server with the ordinary user, who has the rights that `dbprobe init` gives beside those in its own database.
fn recipe(product: Product, version: &str) -> Recipe {
    let replication = match product {
        Product::MySql => {
            "GRANT REPLICATION CLIENT ON *.* TO app; \
             GRANT SELECT ON performance_schema.replication_connection_configuration TO app;"
        }
        Product::MariaDb => "GRANT REPLICA MONITOR ON *.* TO app;",
    };
    let users = format!(
        "{replication} CREATE USER replicator IDENTIFIED BY '{}'; GRANT REPLICATION SLAVE ON *.* TO replicator;",
        MySql::PASSWORD
    );
    Recipe::new(&image(product, version), PORT)
        .variable("MYSQL_ROOT_PASSWORD", MySql::ROOT_PASSWORD)
        .variable("MYSQL_ROOT_HOST", "%")
        .file("/etc/mysql/conf.d/test.cnf", SETTINGS)
        .variable("MYSQL_USER", MySql::USER)
        .variable("MYSQL_PASSWORD", MySql::PASSWORD)
        .variable("MYSQL_DATABASE", MySql::DATABASE)
        .file("/docker-entrypoint-initdb.d/users.sql", users)
}

fn command<'a>(product: Product, extra: &[&'a str]) -> Vec<&'a str> {
    let (_, _, server) = product.words();
    [server, "--log-bin=binlog"].into_iter().chain(extra.iter().copied()).collect()
}

fn follow(product: Product, primary: &str, position: &str) -> String {
    let password = MySql::PASSWORD;
    match product {
        Product::MySql => format!(
            "RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged = '{position}'; \
             CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{primary}', SOURCE_USER = 'replicator', \
             SOURCE_PASSWORD = '{password}', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; \
             START REPLICA; SET GLOBAL super_read_only = ON"
        ),
        Product::MariaDb => format!(
            "RESET MASTER; SET GLOBAL gtid_slave_pos = '{position}'; \
             CHANGE MASTER TO MASTER_HOST = '{primary}', MASTER_USER = 'replicator', \
             MASTER_PASSWORD = '{password}', MASTER_USE_GTID = slave_pos; START SLAVE; SET GLOBAL read_only = ON"
        ),
    }
}
