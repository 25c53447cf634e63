//! Every level of encryption against every other ([MS-TDS] 2.2.6.5).

use dbprobe_testkit::tds::{Encryption, Settings};
use tiberius::EncryptionLevel as Level;

use super::client::{config, connect, peer};

/// What comes of it: `None` for no session, else whether everything is encrypted.
async fn meet(server: Encryption, client: Level) -> Option<bool> {
    let (peer, _) = peer(Settings::new(server)).await;
    let mut config = config(client);
    if peer.certificate().is_empty() {
        config.trust_cert();
    } else {
        config.trust_cert_ca_bundle(peer.certificate());
    }
    let mut session = match connect(peer.address(), config).await {
        Ok(session) => session,
        Err(error) => {
            assert!(!matches!(error, tiberius::error::Error::Server(_)), "{server:?} {client:?}: {error}");
            return None;
        }
    };
    // More than one TLS record and more than one packet, both ways.
    let long = "x".repeat(20_000);
    let row = session.simple_query(&*long).await.expect("an answer").into_row().await.expect("a row").expect("one");
    assert_eq!((row.get::<i64, _>(0), row.get::<&str, _>(1)), (Some(20_000), Some(&*long)));
    let row = session.simple_query("who").await.expect("an answer").into_row().await.expect("a row").expect("one");
    row.get::<bool, _>("encrypted")
}

#[tokio::test]
async fn a_server_without_a_certificate_encrypts_nothing() {
    for (client, result) in [(Level::NotSupported, Some(false)), (Level::Required, None), (Level::Strict, None)] {
        assert_eq!(meet(Encryption::NotSupported, client).await, result, "{client:?}");
    }
}

#[tokio::test]
async fn a_server_that_may_encrypt_does_what_the_client_wants() {
    for (client, result) in [
        (Level::NotSupported, Some(false)),
        (Level::Off, Some(false)),
        (Level::On, Some(true)),
        (Level::Required, Some(true)),
        (Level::Strict, Some(true)),
    ] {
        assert_eq!(meet(Encryption::Off, client).await, result, "{client:?}");
    }
}

#[tokio::test]
async fn a_server_that_forces_encryption_encrypts() {
    for server in [Encryption::On, Encryption::Required] {
        for (client, result) in [
            (Level::Off, Some(true)),
            (Level::On, Some(true)),
            (Level::Required, Some(true)),
            (Level::Strict, Some(true)),
        ] {
            assert_eq!(meet(server, client).await, result, "{server:?} {client:?}");
        }
    }
}

#[tokio::test]
async fn a_strict_server_speaks_tds_8_only() {
    for (client, result) in [(Level::NotSupported, None), (Level::Required, None), (Level::Strict, Some(true))] {
        assert_eq!(meet(Encryption::Strict, client).await, result, "{client:?}");
    }
}

#[tokio::test]
async fn a_server_of_2019_does_not_know_tds_8() {
    let mut settings = Settings::new(Encryption::On);
    settings.version = (15, 0, 4430);
    let (peer, _) = peer(settings).await;
    let mut config = config(Level::Strict);
    config.trust_cert();
    assert!(connect(peer.address(), config).await.is_err());
}

#[tokio::test]
async fn the_certificate_can_be_verified() {
    let (peer, _) = peer(Settings::new(Encryption::Required)).await;
    let mut wrong_name = config(Level::Required);
    wrong_name.trust_cert_ca_bundle(peer.certificate());
    wrong_name.hostname_in_certificate("db.example");
    for (config, what) in [(wrong_name, "another name"), (config(Level::Required), "an authority that nobody knows")] {
        match connect(peer.address(), config).await {
            Err(tiberius::error::Error::Tls(_)) => {}
            other => panic!("{what}: {other:?}"),
        }
    }
    assert_eq!(peer.sessions().len(), 0);
}
