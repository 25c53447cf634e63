//! An engine of your own, with all that the others have: `lines.rs` has the engine, here are a server for it and a check.
//!
//! ```sh
//! cargo run -p dbprobe --example own_engine --features net
//! ```
#![allow(clippy::print_stdout, reason = "it shows what the check found")]

mod lines;

use std::collections::HashMap;
use std::io;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let dsn = format!("lines://{}", listener.local_addr()?);
    let server = tokio::spawn(serve(listener));

    let report = dbprobe::check(&dsn).with_engine(&lines::LINES).await;
    for step in &report.steps {
        println!("{}: {}", step.phase, step.outcome_word());
    }
    println!("{} is {}, version {}", dsn, report.status(), report.inspection.version.unwrap_or_default());

    server.abort();
    let _ = server.await;
    let report = dbprobe::check(&dsn).with_engine(&lines::LINES).await;
    if let Some(failure) = report.failure() {
        println!("and without its server it is {}: {}, class {}", report.status(), failure, failure.class);
    }
    Ok(())
}

/// The made-up server.
async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(answer(stream));
    }
}

async fn answer(stream: TcpStream) -> io::Result<()> {
    let (mut stream, mut keys, mut line) = (BufStream::new(stream), HashMap::new(), String::new());
    while stream.read_line(&mut line).await? > 0 {
        let answer = match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["PUT", key, value] => {
                keys.insert(key.to_owned(), value.to_owned()).map_or("OK new".into(), |_| "OK old".into())
            }
            ["GET", key] => keys.get(key).map_or("ERROR no-such-key".into(), |value| format!("OK {value}")),
            ["VERSION"] => "OK 1.0".to_owned(),
            ["PING" | "BYE"] => "OK .".to_owned(),
            _ => "ERROR unknown".to_owned(),
        };
        stream.write_all(format!("{answer}\n").as_bytes()).await?;
        stream.flush().await?;
        line.clear();
    }
    Ok(())
}
