//! Real clients, which log in once and do not try again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mysql_async::prelude::Queryable;

/// Where a server is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Tcp(SocketAddr),
    Socket(PathBuf),
}

/// Logs in as a program would that starts now, and returns what went wrong.
pub(crate) fn log_in(engine: &str, place: &Place, password: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        match engine {
            "postgres" => postgres(place, password).await.map_err(|error| format!("{error:?}")),
            "mysql" => mysql(place, password).await.map_err(|error| error.to_string()),
            "redis" => redis(place, password).await.map_err(|error| error.to_string()),
            other => panic!("no client for {other}"),
        }
    })
}

async fn postgres(place: &Place, password: &str) -> Result<(), tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config.user("app").dbname("orders").password(password);
    match place {
        Place::Tcp(address) => config.host(address.ip().to_string()).port(address.port()),
        Place::Socket(file) => config.host_path(file.parent().unwrap_or(Path::new("/"))),
    };
    let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    // The last thing that the slow script makes.
    let rows = client.simple_query("SELECT 1 FROM made_by_the_script").await.map(drop);
    drop(client);
    let _ = connection.await;
    rows
}

async fn mysql(place: &Place, password: &str) -> Result<(), mysql_async::Error> {
    let options = mysql_async::OptsBuilder::default()
        .user(Some("app"))
        .pass(Some(password))
        .db_name(Some("orders"))
        .prefer_socket(false);
    let options = match place {
        Place::Tcp(address) => options.ip_or_hostname(address.ip().to_string()).tcp_port(address.port()),
        Place::Socket(file) => options.socket(file.to_str()),
    };
    let mut client = mysql_async::Conn::new(options).await?;
    client.query_drop("SELECT 1 FROM made_by_the_script").await?;
    client.disconnect().await
}

async fn redis(place: &Place, password: &str) -> Result<(), redis::RedisError> {
    let Place::Tcp(address) = place else { panic!("Redis is waited for over TCP") };
    let client = redis::Client::open(format!("redis://:{password}@{address}"))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    redis::cmd("PING").query_async(&mut connection).await
}
