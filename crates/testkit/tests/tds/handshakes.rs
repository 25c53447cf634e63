//! PRELOGIN and LOGIN7 as bytes ([MS-TDS] 4.1 to 4.4).

use dbprobe_testkit::tds::{Encryption, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::client::{peer, plain};
use super::wire::{Wire, login, prelogin, utf16};

#[tokio::test]
async fn prelogin_is_answered() {
    for (encryption, asked, answered) in [
        (Encryption::NotSupported, 0, 2),
        (Encryption::NotSupported, 1, 2),
        (Encryption::NotSupported, 2, 2),
        (Encryption::NotSupported, 3, 2),
        (Encryption::Off, 0, 0),
        (Encryption::Off, 1, 1),
        (Encryption::Off, 2, 2),
        (Encryption::Off, 3, 1),
        (Encryption::On, 0, 3),
        (Encryption::On, 1, 1),
        (Encryption::On, 2, 3),
        (Encryption::Required, 0, 3),
        (Encryption::Required, 1, 3),
        (Encryption::Required, 2, 3),
    ] {
        let (peer, _) = peer(Settings::new(encryption)).await;
        let mut wire = Wire::to(&peer).await;
        wire.send(0x12, &prelogin(asked)).await;
        let (packets, answer) = wire.receive().await;
        let expected = [
            &[0, 0, 26, 0, 6, 1, 0, 32, 0, 1, 2, 0, 33, 0, 1, 3, 0, 34, 0, 0, 4, 0, 34, 0, 1, 0xff][..],
            &[16, 0, 0x10, 0x27, 0, 0, answered, 0, 0],
        ]
        .concat();
        assert_eq!((packets, answer), (1, expected), "{encryption:?} {asked}");
    }
}

#[tokio::test]
async fn what_is_no_prelogin_is_not_answered() {
    let (peer, _) = peer(Settings::new(Encryption::Off)).await;
    let strange: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &[0x12, 1, 0, 4, 0, 0, 0, 0],                   // a length below that of the header
        &[0x12, 1, 0, 9, 0, 0, 0, 0, 0],                // an option that is cut
        &[0x12, 1, 0, 13, 0, 0, 0, 0, 1, 0, 200, 0, 1], // a value outside of the message
        &[0x16, 3, 1, 0, 2, 1, 0],                      // a handshake of TLS that is none
    ];
    for bytes in strange {
        let mut wire = Wire::to(&peer).await;
        wire.0.write_all(bytes).await.expect("sent");
        wire.0.shutdown().await.expect("shut");
        let mut answer = Vec::new();
        let _ = wire.0.read_to_end(&mut answer).await;
        // TLS has its alert.
        assert!(answer.is_empty() || bytes[0] == 0x16, "{bytes:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_login_is_answered_as_the_version_wants_it() {
    let (peer, _) = plain().await;
    for (asked, got) in [
        (0x7400_0004, 0x7400_0004_u32),
        (0x730b_0003, 0x730b_0003),
        (0x7209_0002, 0x7209_0002),
        (0x7100_0001, 0x7100_0001),
        (0x7500_0000, 0x7400_0004),
        (0x0800_0000, 0x0800_0000),
    ] {
        let (_wire, answer) = Wire::log_in(&peer, asked, 4096).await;
        let mut acknowledged = vec![1];
        acknowledged.extend(got.to_be_bytes());
        acknowledged.push(20);
        acknowledged.extend(utf16("Microsoft SQL Server"));
        acknowledged.extend([16, 0, 0x10, 0x27]);
        let length = u8::try_from(acknowledged.len()).expect("a short token");
        let token = [&[0xad, length, 0][..], &acknowledged].concat();
        assert!(answer.windows(token.len()).any(|window| window == token), "{asked:x}: {answer:02x?}");
        let done: &[u8] = if got == 0x7100_0001 {
            &[0xfd, 0, 0, 0, 0, 0, 0, 0, 0]
        } else {
            &[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        };
        assert!(answer.ends_with(done), "{asked:x}: {answer:02x?}");
    }
}

#[tokio::test]
async fn a_version_before_7_1_is_refused() {
    let (peer, _) = plain().await;
    let mut wire = Wire::to(&peer).await;
    wire.send(0x12, &prelogin(2)).await;
    wire.receive().await;
    wire.send(0x10, &login(0x7000_0000, 4096, &[])).await;
    assert!(wire.is_closed().await);
}

#[tokio::test]
async fn features_are_read_and_the_known_one_is_agreed_to() {
    let (peer, _) = plain().await;
    let mut wire = Wire::to(&peer).await;
    wire.send(0x12, &prelogin(2)).await;
    wire.receive().await;
    let features = [1, 0, 0, 0, 0, 4, 1, 0, 0, 0, 1, 0x0a, 1, 0, 0, 0, 1, 0xff];
    wire.send(0x10, &login(0x7400_0004, 4096, &features)).await;
    let (_, answer) = wire.receive().await;
    let acknowledged = [0xae, 0x0a, 1, 0, 0, 0, 1, 0xff, 0xfd];
    assert!(answer.windows(acknowledged.len()).any(|window| window == acknowledged), "{answer:02x?}");
    assert_eq!(peer.sessions()[0].login.features, [1, 4, 10]);
}

#[tokio::test]
async fn a_login_in_pieces_is_one_login() {
    let (peer, _) = plain().await;
    let mut wire = Wire::to(&peer).await;
    for byte in [&[0x12, 1, 0, 26, 0, 0, 1, 0][..], &prelogin(2)].concat() {
        wire.0.write_all(&[byte]).await.expect("sent");
    }
    wire.receive().await;
    wire.send_in(0x10, 40, &login(0x7400_0004, 4096, &[])).await;
    wire.receive().await;
    assert_eq!(peer.sessions_of("raw"), 1);
}
