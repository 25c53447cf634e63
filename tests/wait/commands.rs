//! Several targets, and the command.

use dbprobe_testkit::fixture::Missing;

use crate::client::Place;
use crate::container::free_port;
use crate::product::{MARIADB, POSTGRES, REDIS};
use crate::waiting::Waiting;

/// Three servers, a file and a port in one call, and the command in its place.
pub(crate) fn mixed() -> Result<(), Missing> {
    let directory = tempfile::tempdir().expect("a directory");
    let products = [POSTGRES, MARIADB, REDIS].map(|product| (product, free_port()));
    let mut words: Vec<String> = products.iter().map(|(product, address)| product.dsn(&Place::Tcp(*address))).collect();
    words.push(format!("file:{}/orders.db?mode=rwc", directory.path().display()));
    words.push(format!("tcp://{}", products[2].1));
    let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
    arguments.extend(["-t", "300s", "-i", "200ms", "--", "sh", "-c", "echo \"$1 $$\"; exit 7", "sh", "a b"]);
    let waiting = Waiting::start(&arguments);
    let containers =
        products.iter().map(|(product, address)| product.create(*address)).collect::<Result<Vec<_>, _>>()?;
    containers.iter().for_each(|container| container.start());
    let ended = waiting.end();
    assert_eq!(ended.code, Some(7), "{ended:#?}");
    assert!(ended.stdout.starts_with("a b ") && ended.stdout.lines().count() == 1, "{ended:#?}");
    assert_eq!(ended.stderr.lines().filter(|line| line.contains(": ready after ")).count(), 5, "{ended:#?}");
    for ((product, _), container) in products.iter().zip(&containers) {
        product.assert_last_server(&container.log());
    }
    Ok(())
}

/// One of two comes; then it goes again.
pub(crate) fn any_and_invert() -> Result<(), Missing> {
    let (here, nowhere) = (Place::Tcp(free_port()), Place::Tcp(free_port()));
    let Place::Tcp(address) = here else { return Ok(()) };
    let (here, nowhere) = (REDIS.dsn(&here), POSTGRES.dsn(&nowhere));
    let waiting = Waiting::start(&[&nowhere, &here, "--any", "-t", "300s", "-i", "200ms"]);
    let container = REDIS.create(address)?;
    container.start();
    let ended = waiting.end();
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stdout.contains(": given up after ") && ended.stdout.contains("/0: ready after "), "{ended:#?}");
    let waiting = Waiting::start_unseen(&[&here, "--invert", "-t", "300s", "-i", "200ms"]);
    container.stop();
    let ended = waiting.end();
    assert!(ended.code == Some(0) && ended.stdout.contains("/0: down after "), "{ended:#?}");
    Ok(())
}
