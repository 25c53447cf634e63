//! Addresses that answer, and those that do not.

use std::net::{Ipv6Addr, SocketAddr};

use dbprobe_core::Class;
use dbprobe_net::dial;
use tokio::net::TcpListener;

use crate::server::told;

/// A port on which nobody listens: the listener that got it is gone.
async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_listener_is_reached_and_the_socket_is_tuned() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = dial(&[listener.local_addr().unwrap()]).await.unwrap();
    assert!(stream.nodelay().unwrap());
    assert!(socket2::SockRef::from(&stream).keepalive().unwrap());
}

#[tokio::test]
async fn a_dead_address_does_not_hide_the_live_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let live = listener.local_addr().unwrap();
    let dead = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), live.port());
    for addresses in [[dead, live], [closed_port().await, live]] {
        assert_eq!(dial(&addresses).await.unwrap().peer_addr().unwrap(), live);
    }
}

#[tokio::test]
async fn a_port_on_which_nobody_listens_refuses() {
    let address = closed_port().await;
    let (class, code, message) = told(dial(&[address]).await);
    assert_eq!((class, code.as_deref()), (Class::Refused, Some("ECONNREFUSED")));
    assert_eq!(message, format!("{address}: nobody listens there"));
}

#[tokio::test]
async fn every_address_that_was_tried_is_told() {
    let (first, second) = (closed_port().await, closed_port().await);
    let (class, _, message) = told(dial(&[first, second]).await);
    assert_eq!(class, Class::Refused);
    assert!(message.starts_with("none of 2 addresses accepted the connection"), "{message}");
    assert!(message.contains(&first.to_string()) && message.contains(&second.to_string()), "{message}");
}

#[cfg(unix)]
mod unix {
    use std::path::Path;

    use dbprobe_core::Class;
    use dbprobe_net::dial_unix;
    use tokio::net::UnixListener;

    use crate::server::told;

    #[tokio::test]
    async fn a_socket_is_reached_by_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".s.PGSQL.5432");
        let _listener = UnixListener::bind(&path).unwrap();
        assert!(dial_unix(&path).await.is_ok());
    }

    #[tokio::test]
    async fn a_socket_that_is_not_there_yet_refuses_and_a_directory_that_is_not_there_is_not_found() {
        let directory = tempfile::tempdir().unwrap();
        let (class, code, _) = told(dial_unix(&directory.path().join("s")).await);
        assert_eq!((class, code.as_deref()), (Class::Refused, Some("ENOENT")));
        for path in ["/no/such/directory/s", "/etc/hosts/s"] {
            let (class, code, message) = told(dial_unix(Path::new(path)).await);
            assert_eq!((class, code.as_deref()), (Class::NotFound, Some("ENOENT")));
            assert!(message.contains(path), "{message}");
        }
    }

    #[tokio::test]
    async fn a_socket_that_a_server_left_behind_refuses() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        let (class, code, _) = told(dial_unix(&path).await);
        assert_eq!((class, code.as_deref()), (Class::Refused, Some("ECONNREFUSED")));
    }

    #[tokio::test]
    async fn a_path_that_no_socket_can_have_is_a_mistake_of_the_configuration() {
        let (class, ..) = told(dial_unix(Path::new(&format!("/tmp/{}", "a".repeat(200)))).await);
        assert_eq!(class, Class::Config);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn an_abstract_socket_is_reached_by_its_name() {
        let name = format!("dbprobe-net-{}", std::process::id());
        let _listener = UnixListener::bind(format!("\0{name}")).unwrap();
        assert!(dial_unix(Path::new(&format!("@{name}"))).await.is_ok());
        let (class, ..) = told(dial_unix(Path::new(&format!("@{name}-other"))).await);
        assert_eq!(class, Class::Refused);
    }
}
