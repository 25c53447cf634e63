//! What waiting does not help against, and what it must not be fooled by.

use dbprobe_testkit::binary;
use dbprobe_testkit::fixture::Missing;

use crate::client::Place;
use crate::container::free_port;
use crate::product::{MARIADB, POSTGRES, REDIS};
use crate::waiting::Waiting;

/// The refusal comes with the first server that listens, and ends it.
pub(crate) fn wrong_password() -> Result<(), Missing> {
    for product in [POSTGRES, MARIADB, REDIS] {
        let address = free_port();
        let dsn = product.dsn_with(&Place::Tcp(address), "not-the-password");
        let waiting = Waiting::start(&[&dsn, "-t", "300s", "-i", "200ms", "-o", "json"]);
        let container = product.create(address)?;
        container.start();
        let ended = waiting.end();
        assert_eq!(ended.code, Some(2), "{ended:#?}");
        let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        assert_eq!((&json["outcome"], &json["targets"][0]["state"]), (&"failed".into(), &"failed".into()), "{json}");
        assert_eq!(json["targets"][0]["failure"]["class"], "auth", "{json}");
        assert!(json["targets"][0]["failure"]["advice"].is_string(), "{json}");
        assert!(!ended.stdout.contains("not-the-password") && !ended.stderr.contains("not-the-password"), "{ended:#?}");
    }
    Ok(())
}

/// A restart between two successes is seen by the server's start, although no attempt failed.
pub(crate) fn started_again() -> Result<(), Missing> {
    let address = free_port();
    // The pause is long enough for a restart in between.
    let dsn = REDIS.dsn(&Place::Tcp(address));
    let mut waiting = Waiting::start(&[&dsn, "-t", "300s", "-i", "10s", "-o", "json"]);
    let container = REDIS.create(address)?;
    container.start();
    waiting.until("usable, 1 of 2 in a row");
    container.restart();
    let ended = waiting.end();
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(
        (ended.code, ended.stderr.lines().count()),
        (Some(0), 2),
        "no attempt failed after the first: {ended:#?}"
    );
    assert!(json["targets"][0]["attempts"].as_u64() >= Some(4), "one in vain, one before, two after: {json}");
    Ok(())
}

/// Two databases of one server with one wrong password, one on a closed port twice, and two that are well.
pub(crate) fn summary() -> Result<(), Missing> {
    let [postgres, redis, closed] = [free_port(), free_port(), free_port()];
    let containers = [POSTGRES.create(postgres)?, REDIS.create(redis)?];
    containers.iter().for_each(|container| container.start());
    let (good, cache) = (POSTGRES.dsn(&Place::Tcp(postgres)), REDIS.dsn(&Place::Tcp(redis)));
    let ready = Waiting::start_unseen(&[&good, &cache, "-t", "300s", "-i", "200ms"]).end();
    assert_eq!(ready.code, Some(0), "{ready:#?}");
    let wrong = POSTGRES.dsn_with(&Place::Tcp(postgres), "not-the-password");
    let gone = [format!("tcp://{closed}"), format!("redis://{closed}")];
    let mut command = binary::dbprobe();
    command.args(["summary", "-o", "json", &good, &wrong, &wrong, &cache]).args(&gone);
    let ended = binary::run(&mut command);
    let json = ended.json();
    assert_eq!((ended.code, &json["overall_status"]), (Some(2), &"unhealthy".into()), "{json}");
    assert_eq!(json["status_breakdown"], serde_json::json!({"healthy": 2, "degraded": 0, "unhealthy": 4}), "{json}");
    let kinds: Vec<&str> =
        json["groups"].as_array().into_iter().flatten().filter_map(|group| group["kind"].as_str()).collect();
    assert_eq!(kinds, ["credentials", "host"], "{json}");
    assert_eq!(json["alerts"].as_array().map(Vec::len), Some(2), "{json}");
    assert!(json["databases"][0]["pool"]["limit"].as_u64() > Some(10), "{json}");
    assert!(!ended.stdout.contains("not-the-password") && !ended.stderr.contains("not-the-password"), "{ended:#?}");
    Ok(())
}
