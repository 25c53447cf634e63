//! Names that have an address, and those that have none.

use dbprobe_core::Class;
use dbprobe_net::{Origin, resolve, resolve_from};
use futures_util::FutureExt;

use crate::server::told;

/// Without a runtime a resolver cannot even be built.
#[test]
fn an_address_answers_at_once_and_needs_no_resolver() {
    for (host, address) in [("127.0.0.1", "127.0.0.1:1"), ("::1", "[::1]:1"), ("[::1]", "[::1]:1")] {
        let addresses = resolve(host, 1).now_or_never().unwrap().unwrap();
        assert_eq!(addresses, [address.parse().unwrap()]);
    }
}

#[tokio::test]
async fn a_look_up_tells_where_its_answer_comes_from() {
    assert_eq!(resolve_from("10.0.0.1", 1).await.0, Origin::Address);
    assert_eq!(resolve_from("db.localhost", 1).await.0, Origin::Loopback);
    let (origin, answer) = resolve_from("a..b", 1).await;
    assert!(origin == Origin::Nowhere && answer.is_err());
    let (origin, answer) = resolve_from("name.invalid.", 1).await;
    assert!(answer.is_err());
    if let Origin::NameServers { servers, names } = origin {
        assert!(!servers.is_empty());
        assert_eq!(names, ["name.invalid."]);
    }
}

#[tokio::test]
async fn localhost_always_has_an_address() {
    for name in ["localhost", "localhost.", "LOCALHOST", "db.localhost"] {
        let addresses = resolve(name, 5432).await.unwrap();
        assert!(!addresses.is_empty());
        assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 5432));
    }
}

/// The domain is reserved to have no names (RFC 6761, section 6.4). A machine without name servers says so instead.
#[tokio::test]
async fn a_name_without_an_address_is_shown() {
    let failure = resolve("name.invalid.", 1).await.unwrap_err();
    assert_eq!(failure.class, Class::Dns);
    if failure.code.is_some() {
        assert_eq!(failure.code.as_deref(), Some("NXDOMAIN"));
        assert_eq!(failure.message, "host name \"name.invalid.\" has no address");
    }
}

#[tokio::test]
async fn what_cannot_be_a_host_name_is_refused_and_not_shown() {
    let (class, _, message) = told(resolve("s3cret@db", 1).await);
    assert_eq!(class, Class::Dns);
    assert!(!message.contains("s3cret"));
}
