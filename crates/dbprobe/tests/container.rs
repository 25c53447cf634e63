//! A test against a database in a container, as you would write it: start it, wait until it is usable, use it.

use dbprobe::tasks::{WaitOptions, WaitOutcome, wait};
use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{GenericImage, ImageExt};

#[tokio::test]
async fn an_order_is_stored() -> Result<(), Box<dyn std::error::Error>> {
    let image = std::env::var("POSTGRES_IMAGE").unwrap_or_else(|_| "postgres:17".to_owned());
    let (name, tag) = image.rsplit_once(':').ok_or("POSTGRES_IMAGE is `name:tag`")?;
    let image = GenericImage::new(name, tag).with_exposed_port(5432.tcp()).with_env_var("POSTGRES_PASSWORD", "s3cret");
    let container = image.start().await?;
    let port = container.get_host_port_ipv4(5432).await?;
    let dsn = format!("postgres://postgres:s3cret@127.0.0.1:{port}/postgres");

    // Not a pause, and not a line of the log: until the server has answered, written and read twice in a row.
    let waited = wait(&[dbprobe::check(&dsn).into()], &WaitOptions::default(), |_| {}).await;
    assert_eq!(waited.outcome, WaitOutcome::Ready, "{:?}", waited.targets[0].failure);

    let (client, connection) = tokio_postgres::connect(&dsn, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute("CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (7)").await?;
    let id: i32 = client.query_one("SELECT id FROM orders", &[]).await?.get(0);
    assert_eq!(id, 7);
    drop(client);
    connection.await??;
    Ok(())
}
