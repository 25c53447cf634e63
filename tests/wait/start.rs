//! Started before the container exists.

use dbprobe_testkit::fixture::Missing;

use crate::client::{Place, log_in};
use crate::container::free_port;
use crate::product::{MARIADB, MYSQL, PASSWORD, POSTGRES, Product, REDIS};
use crate::waiting::Waiting;

pub(crate) fn postgres() -> Result<(), Missing> {
    over_tcp(&POSTGRES)
}

pub(crate) fn mysql() -> Result<(), Missing> {
    over_tcp(&MYSQL)
}

pub(crate) fn mariadb() -> Result<(), Missing> {
    over_tcp(&MARIADB)
}

pub(crate) fn redis() -> Result<(), Missing> {
    over_tcp(&REDIS)
}

pub(crate) fn postgres_socket() -> Result<(), Missing> {
    over_a_socket(&POSTGRES)
}

pub(crate) fn mysql_socket() -> Result<(), Missing> {
    over_a_socket(&MYSQL)
}

pub(crate) fn mariadb_socket() -> Result<(), Missing> {
    over_a_socket(&MARIADB)
}

/// As long as the slowest of machines needs: nothing is measured by it.
const LONG: &str = "300s";

fn over_tcp(product: &Product) -> Result<(), Missing> {
    let address = free_port();
    let place = Place::Tcp(address);
    let waiting = Waiting::start(&[&product.dsn(&place), "-t", LONG, "-i", "200ms", "-v"]);
    let container = product.create(address)?;
    container.start();
    let ended = waiting.end();
    let (login, log) = (log_in(product.engine, &place, PASSWORD), container.log());
    assert_eq!(ended.code, Some(0), "{ended:#?}\n{log}");
    assert_eq!(login, Ok(()), "a client that starts now succeeds: {ended:#?}\n{log}");
    product.assert_last_server(&log);
    assert!(ended.stdout.contains(": ready after ") && ended.stdout.contains(": started 20"), "{ended:#?}");
    Ok(())
}

#[cfg(unix)]
fn over_a_socket(product: &Product) -> Result<(), Missing> {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().expect("a directory");
    // The server's user in the container is nobody here.
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o777)).expect("permissions");
    let place = Place::Socket(product.socket(directory.path()));
    let mut waiting = Waiting::start(&[&product.dsn(&place), "-t", LONG, "-i", "200ms"]);
    let container = product.create_with_socket(directory.path())?;
    container.start();
    waiting.until("networking off");
    let ended = waiting.end();
    let (login, log) = (log_in(product.engine, &place, PASSWORD), container.log());
    assert_eq!(ended.code, Some(0), "{ended:#?}\n{log}");
    assert_eq!(login, Ok(()), "a client that starts now succeeds: {ended:#?}\n{log}");
    product.assert_last_server(&log);
    Ok(())
}

#[cfg(not(unix))]
fn over_a_socket(_product: &Product) -> Result<(), Missing> {
    Err(Missing::new("this system has no Unix sockets"))
}
