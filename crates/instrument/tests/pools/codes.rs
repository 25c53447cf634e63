//! The codes of errors that servers and systems really give.

use std::error::Error;
use std::io;

use dbprobe_instrument::{cause_code, error_code};
use dbprobe_testkit::fixture::Missing;
use mysql_async::DriverError;
use tokio_postgres::NoTls;

use crate::world::{on_a_runtime, postgres};

pub(crate) fn stable() -> Result<(), Missing> {
    pools_and_drivers();
    boxes_and_causes();
    let server = postgres()?;
    on_a_runtime(async || {
        let (client, connection) = tokio_postgres::connect(&server.dsn(), NoTls).await.expect("a session");
        let session = tokio::spawn(connection);
        let error = client.query_one("SELECT 1 FROM nothing", &[]).await.expect_err("there is no such table");
        assert_eq!(error_code(&error).as_deref(), Some("42P01"));
        let boxed: Box<dyn Error + Send + Sync> = io::Error::other(error).into();
        assert_eq!(error_code(&boxed).as_deref(), Some("42P01"), "through a box and an error of the system's");
        let error = bb8::RunError::User(*boxed.downcast::<io::Error>().expect("that error"));
        assert_eq!(error_code(&error), None, "a pool of another driver's");
        session.abort();
        assert!(session.await.is_err_and(|error| error.is_cancelled()));
        let error = client.query_one("SELECT 1", &[]).await.expect_err("the session is gone");
        assert_eq!(error_code(&error).as_deref(), Some("connection_closed"));
        assert_eq!(error_code(&bb8::RunError::User(error)).as_deref(), Some("connection_closed"));
    });
    Ok(())
}

fn pools_and_drivers() {
    let timeout = bb8::RunError::<tokio_postgres::Error>::TimedOut;
    let wait = deadpool_postgres::PoolError::Timeout(deadpool_postgres::TimeoutType::Wait);
    assert_eq!(error_code(&timeout).as_deref(), Some("pool_timeout"));
    assert_eq!(error_code(&wait).as_deref(), Some("pool_timeout"));
    assert_eq!(error_code(&deadpool_postgres::PoolError::Closed).as_deref(), Some("pool_closed"));
    assert_eq!(error_code(&sqlx::Error::PoolTimedOut).as_deref(), Some("pool_timeout"));
    assert_eq!(error_code(&sqlx::Error::RowNotFound).as_deref(), Some("row_not_found"));
    assert_eq!(error_code(&sqlx::Error::Protocol("s3cret".to_owned())).as_deref(), Some("protocol"));
    let reset = sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
    assert_eq!(error_code(&reset).as_deref(), Some("io_connection_reset"));
    let closed = mysql_async::Error::Driver(DriverError::PoolDisconnected);
    assert_eq!(error_code(&closed).as_deref(), Some("pool_closed"));
    let refused = mysql_async::Error::from(io::Error::from(io::ErrorKind::ConnectionRefused));
    assert_eq!(error_code(&refused).as_deref(), Some("io_connection_refused"));
}

fn boxes_and_causes() {
    #[derive(Debug)]
    struct Ours(sqlx::Error);
    impl std::fmt::Display for Ours {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("s3cret")
        }
    }
    impl Error for Ours {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    let ours = Ours(sqlx::Error::PoolClosed);
    assert_eq!(error_code(&ours), None, "nothing is known of a program's own type");
    assert_eq!(cause_code(&ours).as_deref(), Some("pool_closed"));
    let boxed: Box<dyn Error> = Box::new(ours);
    assert_eq!(error_code(&boxed).as_deref(), Some("pool_closed"));
    let text: Box<dyn Error + Send> = Box::new(std::fmt::Error);
    assert_eq!((error_code(&text), error_code(&"s3cret")), (None, None));
}
