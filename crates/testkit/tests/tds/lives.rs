//! Sessions end when they should, and so does the peer.

use std::time::Duration;

use dbprobe_testkit::tds::{Encryption, Settings};
use tiberius::EncryptionLevel;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{config, connect, one, peer, plain, session};

/// Long enough that something would have happened.
const SILENCE: Duration = Duration::from_millis(100);

#[tokio::test]
async fn an_attention_ends_the_request_and_not_the_session() {
    let (peer, clerk) = plain().await;
    let mut session = session(&peer).await;
    let running = async {
        let _ = session.simple_query("wait").await?.into_results().await;
        tiberius::Result::Ok(())
    };
    tokio::select! {
        _ = running => panic!("it should wait"),
        () = clerk.hears("wait") => {}
    }
    session.cancel_query().await.expect("cancelled");
    clerk.hears("cancelled").await;
    assert_eq!(one::<i32>(&mut session, "one").await, 1);
    assert_eq!(peer.sessions().len(), 1);
}

#[tokio::test]
async fn a_client_that_goes_ends_its_request() {
    let (peer, clerk) = plain().await;
    let mut session = session(&peer).await;
    let running = async {
        let _ = session.simple_query("wait").await?.into_results().await;
        tiberius::Result::Ok(())
    };
    tokio::select! {
        _ = running => panic!("it should wait"),
        () = clerk.hears("wait") => {}
    }
    drop(session);
    clerk.hears("ended test").await;
    assert_eq!(peer.sessions().len(), 0);
}

#[tokio::test]
async fn a_killed_session_is_closed() {
    let (peer, clerk) = plain().await;
    let mut one = session(&peer).await;
    let _two = session(&peer).await;
    let first = peer.sessions()[0].id;
    assert_eq!(peer.kill_sessions(|session| session.id == first).await, 1);
    assert_eq!(peer.sessions().len(), 1);
    assert!(clerk.heard().contains(&"ended test".to_owned()));
    let result = async { one.simple_query("one").await?.into_results().await };
    assert!(timeout(Duration::from_secs(5), result).await.expect("an end").is_err());
    assert_eq!(peer.reset_sessions(|_| true).await, 1);
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn a_paused_peer_takes_connections_and_answers_nobody() {
    let (peer, _) = plain().await;
    let mut old = session(&peer).await;
    peer.pause();
    let address = peer.address();
    let new = tokio::spawn(connect(address, config(EncryptionLevel::NotSupported)));
    assert!(timeout(SILENCE, old.simple_query("one")).await.is_err());
    assert!(!new.is_finished());
    TcpStream::connect(address).await.expect("the kernel takes it");
    peer.resume();
    let mut new = new.await.expect("no panic").expect("a session");
    assert_eq!(one::<i32>(&mut new, "one").await, 1);
}

#[tokio::test]
async fn a_peer_that_is_down_refuses_and_comes_back() {
    let (peer, clerk) = plain().await;
    let mut old = session(&peer).await;
    for _ in 0..3 {
        peer.down().await;
        assert_eq!((peer.sessions().len(), peer.connections()), (0, 0));
        let refused = TcpStream::connect(peer.address()).await.expect_err("nobody listens");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        peer.up().await;
        let mut new = session(&peer).await;
        assert_eq!(one::<i32>(&mut new, "one").await, 1);
    }
    clerk.hears("ended test").await;
    assert!(old.simple_query("one").await.is_err());
}

#[tokio::test]
async fn a_dropped_peer_leaves_nothing() {
    let (peer, clerk) = peer(Settings::new(Encryption::Off)).await;
    let address = peer.address();
    let mut session = connect(address, config(EncryptionLevel::NotSupported)).await.expect("a session");
    let _silent = TcpStream::connect(address).await.expect("a connection");
    drop(peer);
    clerk.hears("ended test").await;
    assert!(session.simple_query("one").await.is_err());
    assert!(TcpStream::connect(address).await.is_err());
    // Only the test has it still: no task does.
    while std::sync::Arc::strong_count(&clerk) > 1 {
        tokio::task::yield_now().await;
    }
}
