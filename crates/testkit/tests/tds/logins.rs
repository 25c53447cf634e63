//! Who gets in.

use dbprobe_testkit::tds::{Encryption, Settings};
use tiberius::error::Error;
use tiberius::{AuthMethod, EncryptionLevel};

use super::clerk::PASSWORD;
use super::client::{config, connect, peer, plain, session};

#[tokio::test]
async fn a_wrong_password_is_18456() {
    let (peer, clerk) = plain().await;
    let mut config = config(EncryptionLevel::NotSupported);
    config.authentication(AuthMethod::sql_server("app", "other"));
    match connect(peer.address(), config).await {
        Err(Error::Server(error)) => {
            assert_eq!((error.code(), error.state(), error.class()), (18456, 1, 14));
            assert_eq!((error.message(), error.server()), ("Login failed for user 'app'.", "PEER"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(clerk.heard(), ["login app test"], "nobody who was refused is said to have ended");
}

#[tokio::test]
async fn an_unknown_database_is_4060_first() {
    let (peer, _) = plain().await;
    let mut config = config(EncryptionLevel::NotSupported);
    config.database("nowhere");
    match connect(peer.address(), config).await {
        Err(Error::Server(error)) => assert_eq!((error.code(), error.class()), (4060, 11)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_routed_client_learns_where_to_go() {
    let (peer, _) = plain().await;
    let mut config = config(EncryptionLevel::NotSupported);
    config.authentication(AuthMethod::sql_server("wanderer", PASSWORD));
    match connect(peer.address(), config).await {
        Err(Error::Routing { host, port }) => assert_eq!((&*host, port), ("elsewhere.example", 14_330)),
        other => panic!("{other:?}"),
    }
    assert_eq!(peer.sessions().len(), 0);
}

#[tokio::test]
async fn the_peer_sees_what_the_client_says_of_itself() {
    let (peer, _) = plain().await;
    let mut config = config(EncryptionLevel::NotSupported);
    config.database("orders");
    config.readonly(true);
    config.packet_size(8192);
    let _session = connect(peer.address(), config).await.expect("a session");
    let sessions = peer.sessions();
    let login = &sessions[0].login;
    assert_eq!((&*login.user, &*login.password, &*login.database), ("app", PASSWORD, "orders"));
    assert_eq!((&*login.application, &*login.host, &*login.server), ("test", "desk", "localhost"));
    assert!(login.read_only_intent && !login.integrated && !login.encrypted);
    assert_eq!((login.tds_version, login.packet_size), (0x7400_0004, 8192));
    assert_eq!((peer.sessions_of("test"), peer.sessions_of("another")), (1, 0));
}

#[tokio::test]
async fn a_full_server_says_17809() {
    let (peer, clerk) = peer(Settings::new(Encryption::NotSupported).max_sessions(1)).await;
    let first = session(&peer).await;
    match connect(peer.address(), config(EncryptionLevel::NotSupported)).await {
        Err(Error::Server(error)) => assert_eq!((error.code(), error.class()), (17809, 20)),
        other => panic!("{other:?}"),
    }
    drop(first);
    clerk.hears("ended test").await;
    let _second = session(&peer).await;
    peer.set_max_sessions(None);
    let _third = session(&peer).await;
}

#[tokio::test]
async fn an_instance_of_another_name_is_refused() {
    let mut settings = Settings::new(Encryption::NotSupported);
    settings.instance = "REPORTS".to_owned();
    let (peer, _) = peer(settings).await;
    for (name, good) in [("reports", true), ("OTHER", false)] {
        let mut config = config(EncryptionLevel::NotSupported);
        config.instance_name(name);
        let result = connect(peer.address(), config).await;
        assert_eq!(result.is_ok(), good, "{name}: {result:?}");
    }
}
