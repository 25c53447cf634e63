//! The example `axum`: a service whose `/readyz` tells whether its database is usable.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dbprobe_testkit::fixture::Missing;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use crate::example::example;

/// The service, which ends with this.
struct Service {
    child: Child,
    address: SocketAddr,
}

impl Service {
    /// Starts it on a free port, with `dsn` as its database.
    fn start(dsn: &str) -> Self {
        let mut command = example("axum");
        command.env("ORDERS_DSN", dsn).env("LISTEN", "127.0.0.1:0").stdout(Stdio::piped());
        let mut child = command.spawn().expect("the example can be started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("its first line");
        let address = line.trim_end().strip_prefix("listening on ").and_then(|address| address.parse().ok());
        Self { child, address: address.unwrap_or_else(|| panic!("it does not say where it listens: {line:?}")) }
    }

    /// The status code and the body of its answer.
    fn readyz(&self) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
        stream.write_all(REQUEST).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        parsed(&answer)
    }

    /// Asks until the code is `code`, as a load balancer does.
    fn until(&self, code: u16) -> String {
        for _ in 0..300 {
            let (seen, body) = self.readyz();
            if seen == code {
                return body;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("/readyz never answered {code}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

fn parsed(answer: &str) -> (u16, String) {
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status code");
    (code, answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned())
}

pub(crate) fn follows() -> Result<(), Missing> {
    let database = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = database.local_addr().expect("its address");
    let service = Service::start(&format!("tcp://{address}?protocol=none"));
    assert_eq!(service.readyz(), (200, "ok".to_owned()));
    drop(database);
    assert_eq!(service.until(503), "error");
    let _database = TcpListener::bind(address).expect("the port again");
    assert_eq!(service.until(200), "ok");
    Ok(())
}

/// As many clients as this ask at the same time.
const CLIENTS: usize = 20;

pub(crate) fn asks_once() -> Result<(), Missing> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let asked = runtime.block_on(async {
        let database = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let dsn = format!("http://{}/", database.local_addr().expect("its address"));
        let service = Service::start(&dsn);
        let (asked, (all_have_asked, gate)) = (Arc::new(AtomicUsize::new(0)), watch::channel(false));
        tokio::spawn(answer(database, Arc::clone(&asked), gate));

        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let mut client = tokio::net::TcpStream::connect(service.address).await.expect("a connection");
            client.write_all(REQUEST).await.expect("a request");
            clients.push(client);
        }
        all_have_asked.send(true).expect("the database listens");
        for mut client in clients {
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.expect("an answer");
            assert!([200, 503].contains(&parsed(&answer).0), "{answer}");
        }
        asked.load(Ordering::SeqCst)
    });
    assert!((1..CLIENTS).contains(&asked), "{CLIENTS} clients made {asked} requests to the database");
    Ok(())
}

/// A page as a database, which counts its requests and answers none before the gate is open.
async fn answer(listener: tokio::net::TcpListener, asked: Arc<AtomicUsize>, gate: watch::Receiver<bool>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let (asked, mut gate) = (Arc::clone(&asked), gate.clone());
        tokio::spawn(async move {
            let mut request = [0; 4096];
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                asked.fetch_add(1, Ordering::SeqCst);
                if gate.wait_for(|open| *open).await.is_err() {
                    return;
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            }
        });
    }
}
