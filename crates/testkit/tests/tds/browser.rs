//! The browser service answers as [MC-SQLR] says.

use std::time::Duration;

use dbprobe_testkit::tds::Browser;
use tokio::net::UdpSocket;
use tokio::time::timeout;

async fn ask(browser: &Browser, request: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    socket.send_to(request, browser.address()).await.expect("sent");
    let mut answer = vec![0; 65_536];
    let count = timeout(Duration::from_millis(200), socket.recv(&mut answer)).await.ok()?.expect("an answer");
    answer.truncate(count);
    Some(answer)
}

#[tokio::test]
async fn an_instance_has_a_port() {
    let browser = Browser::start([("ONE", 1433), ("REPORTS", 14_330)]).await;
    let reports = "ServerName;PEER;InstanceName;REPORTS;IsClustered;No;Version;16.0.4135.4;tcp;14330;;";
    let expected = [&[5, u8::try_from(reports.len()).expect("short"), 0][..], reports.as_bytes()].concat();
    assert_eq!(ask(&browser, b"\x04reports\0").await, Some(expected));
    let all = ask(&browser, b"\x03").await.expect("an answer");
    assert!(String::from_utf8_lossy(&all).contains("InstanceName;ONE;") && all.ends_with(reports.as_bytes()));
}

#[tokio::test]
async fn an_unknown_instance_is_not_answered() {
    let browser = Browser::start([("ONE", 1433)]).await;
    assert_eq!(ask(&browser, b"\x04other\0").await, None);
    assert_eq!(ask(&browser, b"").await, None);
    assert!(ask(&browser, b"\x04one\0").await.is_some());
}
