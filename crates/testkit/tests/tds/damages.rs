//! What the peer does wrong, it does; the client reports it, and ends.

use std::sync::Arc;
use std::time::Duration;

use dbprobe_testkit::tds::{Damage, Encryption, Settings, Stage};
use tiberius::EncryptionLevel;
use tokio::time::timeout;

use super::client::{config, connect, peer, session};

fn damages() -> Vec<Damage> {
    vec![
        Damage::Close,
        Damage::Reset,
        Damage::Bytes(b"J\0\0\0\n8.0.45\0".to_vec()), // MySQL's greeting
        Damage::PacketType(0x01),
        Damage::PacketType(0x77),
        Damage::PacketLength(3),
        Damage::Cut(5),
        Damage::Cut(20),
        Damage::Tamper(Arc::new(|answer| answer.into_iter().rev().collect())),
    ]
}

/// What a client makes of an answer that never ends: it waits, and this is how long it may.
fn endless() -> Vec<Damage> {
    // A message that ends within a token is not over for tiberius, and neither is an empty one.
    // Taken as a header, "SSH-" announces a packet of 18,477 bytes, and tiberius reads it whole before it looks at its type.
    let ssh = Damage::Bytes(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec());
    vec![Damage::Silence, Damage::NoEnd, Damage::PacketLength(60_000), Damage::Truncate(0), Damage::Truncate(7), ssh]
}

#[tokio::test]
async fn a_broken_login_ends_with_an_error() {
    for stage in [Stage::Accept, Stage::Prelogin, Stage::Tls, Stage::Login] {
        for damage in damages() {
            let (peer, _) = peer(Settings::new(Encryption::Off).fault(stage, damage.clone())).await;
            let mut config = config(EncryptionLevel::Required);
            config.trust_cert();
            let result = timeout(Duration::from_secs(5), connect(peer.address(), config)).await;
            // To this client one packet is as good as another.
            let tolerated = matches!((stage, &damage), (Stage::Login | Stage::Prelogin, Damage::PacketType(_)));
            match result {
                Ok(Err(_)) => {}
                Ok(Ok(_)) if tolerated => {}
                other => panic!("{stage:?} {damage:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_broken_answer_ends_with_an_error() {
    for damage in damages() {
        let (peer, _) = peer(Settings::new(Encryption::NotSupported)).await;
        let mut session = session(&peer).await;
        peer.set_fault(Some(dbprobe_testkit::tds::Fault { stage: Stage::Request, damage: damage.clone() }));
        let result = async { session.simple_query("types").await?.into_results().await };
        let result = timeout(Duration::from_secs(5), result).await;
        let tolerated = matches!(damage, Damage::PacketType(_));
        match result {
            Ok(Err(_)) => {}
            Ok(Ok(_)) if tolerated => {}
            other => panic!("{damage:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_endless_answer_does_not_end() {
    for damage in endless() {
        let (peer, _) = peer(Settings::new(Encryption::NotSupported)).await;
        let mut session = session(&peer).await;
        peer.set_fault(Some(dbprobe_testkit::tds::Fault { stage: Stage::Request, damage: damage.clone() }));
        let result = async { session.simple_query("one").await?.into_results().await };
        assert!(timeout(Duration::from_millis(100), result).await.is_err(), "{damage:?}");
        // The peer gives up with its client.
        drop(session);
        assert!(peer.kill_sessions(|_| true).await <= 1);
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_by_the_database_is_no_answer() {
    let (peer, _) = peer(Settings::new(Encryption::NotSupported)).await;
    for statement in ["cut", "reset"] {
        let mut session = session(&peer).await;
        let result = async { session.simple_query(statement).await?.into_results().await };
        assert!(timeout(Duration::from_secs(5), result).await.expect("an end").is_err(), "{statement}");
    }
}
