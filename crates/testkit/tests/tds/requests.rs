//! Requests and their answers as bytes ([MS-TDS] 4.5 to 4.11).

use dbprobe_testkit::tds::{Damage, Fault, Stage};
use tokio::io::AsyncReadExt;

use super::client::plain;
use super::wire::{Wire, batch, utf16};

#[tokio::test]
async fn a_result_is_what_the_specification_says() {
    let (peer, _) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
    wire.send(1, &batch("one")).await;
    let (_, answer) = wire.receive().await;
    let columns = [&[0x81, 1, 0, 0, 0, 0, 0, 8, 0, 0x38, 3][..], &utf16("one")].concat();
    let expected = [&columns[..], &[0xd1, 1, 0, 0, 0], &[0xfd, 0x10, 0, 0xc1, 0, 1, 0, 0, 0, 0, 0, 0, 0]].concat();
    assert_eq!(answer, expected);
    wire.send(1, &batch("database")).await;
    let (_, answer) = wire.receive().await;
    let change = [&[0xe3, 27, 0, 1, 6][..], &utf16("orders"), &[6], &utf16("orders")].concat();
    assert!(answer.starts_with(&change), "{answer:02x?}");
}

#[tokio::test]
async fn a_client_of_7_1_sends_no_headers() {
    let (peer, _) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7100_0001, 4096).await;
    wire.send(1, &utf16("one")).await;
    let (_, answer) = wire.receive().await;
    let columns = [&[0x81, 1, 0, 0, 0, 8, 0, 0x38, 3][..], &utf16("one")].concat();
    assert_eq!(answer, [&columns[..], &[0xd1, 1, 0, 0, 0, 0xfd, 0x10, 0, 0xc1, 0, 1, 0, 0, 0]].concat());
    // No row may leave out its NULLs before 7.3 B.
    wire.send(1, &utf16("nulls")).await;
    let (_, answer) = wire.receive().await;
    assert!(!answer.contains(&0xd2));
}

#[tokio::test]
async fn nulls_are_left_out_where_that_is_shorter() {
    let (peer, _) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
    wire.send(1, &batch("nulls")).await;
    let (_, answer) = wire.receive().await;
    let rows = [&[0xd2, 0xff, 0x7f, 0xd2, 0xfb, 0x7f, 4, 5, 0, 0, 0, 0xfd][..]].concat();
    assert!(answer.windows(rows.len()).any(|window| window == rows), "{answer:02x?}");
}

#[tokio::test]
async fn every_done_but_the_last_has_more_to_follow() {
    let (peer, _) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
    wire.send(1, &batch("duplicate")).await;
    let (_, answer) = wire.receive().await;
    let failed = [0xfd, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x81];
    assert!(answer.windows(failed.len()).any(|window| window == failed), "{answer:02x?}");
    assert!(answer.ends_with(&[0xfd, 0x10, 0, 0xc1, 0, 1, 0, 0, 0, 0, 0, 0, 0]), "{answer:02x?}");
}

#[tokio::test]
async fn packets_have_the_size_that_was_agreed() {
    let (peer, _) = plain().await;
    for (asked, size) in [(512, 512), (0, 4096), (100_000, 32_767), (1, 512)] {
        let (mut wire, answer) = Wire::log_in(&peer, 0x7400_0004, asked).await;
        let text = size.to_string();
        let change = [
            &[0xe3][..],
            &[u8::try_from(11 + 2 * text.len()).expect("short"), 0, 4],
            &[u8::try_from(text.len()).expect("short")],
            &utf16(&text),
            &[4],
            &utf16("4096"),
        ]
        .concat();
        assert!(answer.windows(change.len()).any(|window| window == change), "{asked}: {answer:02x?}");
        wire.send(1, &batch("long")).await;
        let (packets, message) = wire.receive().await;
        assert_eq!(packets, message.len().div_ceil(size - 8), "{asked}");
    }
}

#[tokio::test]
async fn a_procedure_ends_with_its_status() {
    let (peer, _) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
    let text = |text: &str| {
        let bytes = utf16(text);
        let count = u16::try_from(bytes.len()).expect("a short text").to_le_bytes();
        [&[0, 0, 0xe7, 0x40, 0x1f, 9, 4, 0xd0, 0, 0x34][..], &count, &bytes].concat()
    };
    // By name, then by number, in one request; the parameters are `@n`, and one without a name.
    let call = [
        &batch("")[..],
        &[13, 0],
        &utf16("sp_executesql"),
        &[0, 0],
        &text("one"),
        &[0xff, 0xff, 0xff, 10, 0, 0, 0],
        &text("say @n @m"),
        &text("@n int, @m nvarchar(10)"),
        &[0, 0, 0x26, 4, 4, 7, 0, 0, 0],
        &text("x"),
    ]
    .concat();
    wire.send(3, &call).await;
    let (_, answer) = wire.receive().await;
    let first = [
        &[0xd1, 1, 0, 0, 0][..],
        &[0xff, 0x11, 0, 0xc1, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        &[0x79, 0, 0, 0, 0],
        &[0xfe, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x81],
    ]
    .concat();
    assert!(answer.windows(first.len()).any(|window| window == first), "{answer:02x?}");
    let said = utf16("say 7 N'x'");
    assert!(answer.windows(said.len()).any(|window| window == said), "{answer:02x?}");
    assert!(answer.ends_with(&[0x79, 0, 0, 0, 0, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), "{answer:02x?}");
}

#[tokio::test]
async fn an_attention_is_answered_with_its_bit() {
    let (peer, clerk) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
    wire.send(1, &batch("wait")).await;
    clerk.hears("wait").await;
    wire.send(6, &[]).await;
    assert_eq!(wire.receive().await.1, [0xfd, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert!(clerk.heard().contains(&"cancelled".to_owned()));
}

#[tokio::test]
async fn an_attention_that_comes_late_is_answered_by_a_message_of_its_own() {
    let (peer, clerk) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
    wire.send(1, &batch("many")).await;
    wire.send(6, &[]).await;
    assert!(wire.receive().await.1.ends_with(&[0xfd, 0x10, 0, 0xc1, 0, 0x88, 0x13, 0, 0, 0, 0, 0, 0]));
    assert_eq!(wire.receive().await.1, [0xfd, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert!(!clerk.heard().contains(&"cancelled".to_owned()));
    wire.send(1, &batch("one")).await;
    wire.receive().await;
}

#[tokio::test]
async fn a_session_is_reset_on_request() {
    let (peer, _) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
    wire.packet(1, 0x09, &batch("one")).await;
    let (_, answer) = wire.receive().await;
    assert!(answer.starts_with(&[0xe3, 3, 0, 18, 0, 0, 0x81]), "{answer:02x?}");
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_error_4002() {
    let (peer, _) = plain().await;
    let strange: [(u8, Vec<u8>); 4] = [
        (1, vec![200, 0, 0, 0]),
        (1, [batch("one"), vec![0]].concat()),
        (3, [batch(""), vec![0xff, 0xff, 10, 0, 0, 0, 0, 0, 0x77]].concat()),
        (14, [batch(""), vec![99, 0]].concat()),
    ];
    for (kind, payload) in strange {
        let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
        wire.send(kind, &payload).await;
        let (_, answer) = wire.receive().await;
        assert_eq!((answer[0], &answer[3..7]), (0xaa, &4002_u32.to_le_bytes()[..]), "{payload:02x?}");
        assert!(wire.is_closed().await);
    }
}

#[tokio::test]
async fn a_flood_ends_with_its_client() {
    let (peer, clerk) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
    peer.set_fault(Some(Fault { stage: Stage::Request, damage: Damage::Flood }));
    wire.send(1, &batch("one")).await;
    let mut bytes = vec![0; 10 << 20];
    wire.0.read_exact(&mut bytes).await.expect("bytes without end");
    // A packet of this answer has 43 bytes: names and types, a row, a DONE.
    assert!(bytes.chunks_exact(43).all(|packet| packet[..2] == [4, 0]));
    drop(wire);
    clerk.hears("ended raw").await;
    assert_eq!(peer.sessions().len(), 0);
}

#[tokio::test]
async fn a_request_that_is_taken_back_is_not_run() {
    let (peer, clerk) = plain().await;
    let (mut wire, _) = Wire::log_in(&peer, 0x7400_0004, 4096).await;
    wire.packet(1, 0, &batch("half of ")).await;
    wire.packet(1, 3, &[]).await;
    assert_eq!(wire.receive().await.1, [0xfd, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(clerk.heard(), ["login app raw"]);
}
