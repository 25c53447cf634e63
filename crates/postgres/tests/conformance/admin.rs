//! What the fixture itself asks a server, on connections of its own.

use std::time::Duration;

use dbprobe_core::{Inspection, Role};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls};

/// A superuser's way to a server.
#[derive(Clone)]
pub(crate) struct Admin {
    config: Config,
}

/// A connection of the fixture's that ends when it is dropped.
pub(crate) struct Held {
    pub(crate) client: Client,
    connection: JoinHandle<()>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Admin {
    pub(crate) fn new(config: Config) -> Self {
        Self { config }
    }

    /// A new connection. The fixture's own do not call themselves dbprobe, so that they are not counted.
    pub(crate) async fn open(&self) -> Held {
        let mut config = self.config.clone();
        config.application_name("fixture").connect_timeout(Duration::from_secs(10));
        let (client, connection) = config.connect(NoTls).await.expect("the fixture's connection");
        let connection = tokio::spawn(async {
            let _ = connection.await;
        });
        Held { client, connection }
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.open().await.client.batch_execute(sql).await.expect("the fixture's statement");
    }

    /// The first column of the first row, as text.
    pub(crate) async fn value(&self, sql: &str) -> Option<String> {
        let messages = self.open().await.client.simple_query(sql).await.expect("the fixture's question");
        messages.into_iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
    }

    pub(crate) async fn count(&self, sql: &str) -> usize {
        self.value(sql).await.and_then(|text| text.parse().ok()).expect("a number")
    }

    pub(crate) async fn inspection(&self) -> Inspection {
        let standby = self.value("SELECT pg_is_in_recovery()").await.as_deref() == Some("t");
        let mut facts = Inspection::default();
        facts.version = self.value("SELECT split_part(current_setting('server_version'), ' ', 1)").await;
        facts.role = Some(if standby { Role::Replica } else { Role::Primary });
        let limit =
            "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int";
        facts.connections_max = self.value(limit).await.and_then(|text| text.parse().ok());
        facts.size_bytes =
            self.value("SELECT pg_database_size(current_database())").await.and_then(|text| text.parse().ok());
        facts
    }

    /// Takes `lock` on the health table and keeps it until the guard is dropped.
    pub(crate) async fn lock(&self, lock: &str) -> Held {
        let held = self.open().await;
        let sql = format!("BEGIN; LOCK TABLE _health_check IN {lock} MODE");
        held.client.batch_execute(&sql).await.expect("the fixture's lock");
        held
    }
}

/// Runs statements, each for itself, when it is dropped, wherever that is.
pub(crate) struct Undo {
    admin: Admin,
    statements: Vec<String>,
}

impl Undo {
    pub(crate) fn new(admin: &Admin, sql: &str) -> Self {
        Self { admin: admin.clone(), statements: vec![sql.to_owned()] }
    }

    #[must_use]
    pub(crate) fn then(mut self, sql: &str) -> Self {
        self.statements.push(sql.to_owned());
        self
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        let (admin, statements) = (self.admin.clone(), std::mem::take(&mut self.statements));
        // A thread of its own: the drop may happen on a runtime, which must not be blocked on itself.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                for sql in &statements {
                    admin.run(sql).await;
                }
            });
        });
        let _ = thread.join();
    }
}
