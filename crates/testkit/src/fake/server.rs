//! The fake's server: one connection after its login.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use dbprobe_core::{Class, Phase};
use tokio::io::{AsyncWriteExt, BufStream};

use super::protocol::{Stream, line, word};
use super::world::{Act, Open, Row, World};

/// The server's version.
pub(super) const VERSION: &str = "7.2";
/// When it started, in seconds since 1970.
pub(super) const STARTED: i64 = 1_700_000_000;
/// The size of its database in bytes.
pub(super) const SIZE: u64 = 65_536;

/// One client.
struct Connection<S: Stream> {
    world: Arc<World>,
    stream: BufStream<S>,
    number: u64,
    open: Arc<Open>,
    read_only: bool,
}

/// Serves one client until it goes or is made to.
pub(super) async fn serve(world: Arc<World>, stream: impl Stream) -> io::Result<()> {
    let mut stream = BufStream::new(stream);
    let Some(first) = line(&mut stream).await? else { return Ok(()) };
    match words(&first).as_slice() {
        ["CANCEL", number] => {
            let open = number.parse().ok().and_then(|number: u64| world.sessions().get(&number).cloned());
            if let Some(open) = open {
                open.cancel.notify_one();
            }
            Ok(())
        }
        ["LOGIN", password, read_only] => {
            if let Some(refusal) = refuse(&world, password).await {
                stream.write_all(refusal.as_bytes()).await?;
                return stream.flush().await;
            }
            let number = world.opened.fetch_add(1, Relaxed) + 1;
            let open = Arc::new(Open::default());
            world.sessions().insert(number, Arc::clone(&open));
            let read_only = *read_only == "true";
            Connection { world, stream, number, open, read_only }.serve().await
        }
        _ => Ok(()),
    }
}

async fn refuse(world: &World, password: &str) -> Option<String> {
    let refusal = match world.act(Phase::Auth) {
        Act::Answer => None,
        Act::Delay(delay) => {
            tokio::time::sleep(delay).await;
            None
        }
        Act::Fail(class, code, message) => Some(error(class, &code, &message)),
        Act::Hang => std::future::pending().await,
        Act::Panic => Some("PANIC\n".to_owned()),
    };
    let known = word(&world.password.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    if refusal.is_none() && password != known {
        return Some(error(Class::Auth, "F001", "the server refused the password"));
    }
    if refusal.is_none() && world.sessions().len() >= World::MOST_SESSIONS {
        return Some(error(Class::Overloaded, "F002", "no room for another session"));
    }
    refusal
}

impl<S: Stream> Drop for Connection<S> {
    fn drop(&mut self) {
        self.world.sessions().remove(&self.number);
    }
}

impl<S: Stream> Connection<S> {
    async fn serve(mut self) -> io::Result<()> {
        let open = Arc::clone(&self.open);
        tokio::select! {
            biased;
            () = open.kill.notified() => Ok(()),
            result = self.answer_all() => result,
        }
    }

    async fn answer_all(&mut self) -> io::Result<()> {
        let greeting = format!("OK {}\n", self.number);
        self.say(&greeting).await?;
        while let Some(request) = line(&mut self.stream).await? {
            if request == "BYE" {
                return Ok(());
            }
            let answer = self.answer(&request).await;
            self.say(&answer).await?;
        }
        Ok(())
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    async fn answer(&mut self, request: &str) -> String {
        let phase = match request.split(' ').next() {
            Some("PING") => Phase::Ping,
            Some("WRITE") => Phase::Write,
            Some("READ") => Phase::Read,
            _ => Phase::Inspect,
        };
        match self.world.act(phase) {
            Act::Answer => {}
            Act::Delay(delay) => {
                if self.until_cancelled(tokio::time::sleep(delay)).await {
                    return cancelled();
                }
            }
            Act::Fail(class, code, message) => return error(class, &code, &message),
            Act::Hang => {
                self.until_cancelled(std::future::pending()).await;
                return cancelled();
            }
            Act::Panic => return "PANIC\n".to_owned(),
        }
        self.carry_out(request).await
    }

    async fn carry_out(&mut self, request: &str) -> String {
        match words(request).as_slice() {
            ["PING"] => format!("OK primary {} {}\n", self.read_only, self.world.table().is_some()),
            ["CREATE"] if self.world.table().is_some() => error(Class::Query, "F003", "the table is there already"),
            ["CREATE"] => {
                self.world.table().get_or_insert_default();
                "OK\n".to_owned()
            }
            ["WRITE", proof, create, prober, nonce] => self.write(proof, *create == "true", prober, nonce).await,
            ["READ", prober] => match self.world.table().as_ref() {
                None => error(Class::NotFound, "F004", "there is no health table"),
                Some(rows) => match rows.get(*prober) {
                    Some(Row { nonce, sequence }) => format!("OK {nonce} {sequence}\n"),
                    None => "OK - 0\n".to_owned(),
                },
            },
            ["READ"] => "OK - 0\n".to_owned(),
            ["INSPECT"] => {
                let (used, most) = (self.world.sessions().len(), World::MOST_SESSIONS);
                format!("OK {VERSION} primary {} {STARTED} {used} {most} {SIZE}\n", self.read_only)
            }
            ["ACTIVITY"] => self.list(),
            ["LOOKUP", wanted @ ..] => {
                let found: Vec<&str> = wanted.iter().map(|name| self.find(name)).collect();
                format!("OK {}\n", found.join(" "))
            }
            _ => error(Class::Query, "F005", "the server does not know this request"),
        }
    }

    /// This session's number, and each session's with the age of its transaction in microseconds.
    fn list(&self) -> String {
        let age =
            |open: &Open| open.transaction.map_or("-".to_owned(), |since| since.elapsed().as_micros().to_string());
        let sessions = self.world.sessions();
        let each: Vec<String> = sessions.iter().map(|(number, open)| format!("{number}:{}", age(open))).collect();
        format!("OK {} {}\n", self.number, each.join(" "))
    }

    /// The only things that it has are the health table and a setting.
    fn find(&self, name: &str) -> &'static str {
        let tables = ["_health_check", "main._health_check"].map(|name| format!("table:{}", word(name)));
        match name {
            "network" => "on",
            _ if tables.iter().any(|table| table == name) && self.world.table().is_some() => "main._health_check",
            _ if name == format!("setting:{}", word("mood")) => "good",
            _ => "-",
        }
    }

    async fn write(&mut self, proof: &str, create: bool, prober: &str, nonce: &str) -> String {
        if self.read_only {
            return error(Class::ReadOnly, "F006", "the session cannot write");
        }
        let mut locked = self.world.locked.subscribe();
        // As a server that waits for a lock, it does not notice that its client has gone.
        let free = async { locked.wait_for(|locked| !locked).await.map(|_| ()).unwrap_or_default() };
        if self.until_cancelled(free).await {
            return cancelled();
        }
        if proof != "table" {
            return "OK 0\n".to_owned();
        }
        let mut table = self.world.table();
        if create {
            table.get_or_insert_default();
        }
        let Some(rows) = table.as_mut() else { return error(Class::NotFound, "F004", "there is no health table") };
        let row = rows.entry(prober.to_owned()).or_insert(Row { nonce: String::new(), sequence: 0 });
        row.nonce = nonce.to_owned();
        row.sequence += 1;
        format!("OK {}\n", row.sequence)
    }

    /// Waits for `work`, or until the session is asked to stop; whether it was.
    async fn until_cancelled(&self, work: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = self.open.cancel.notified() => true,
            () = work => false,
        }
    }
}

fn cancelled() -> String {
    error(Class::Timeout, "F007", "cancelled on request")
}

fn error(class: Class, code: &str, message: &str) -> String {
    format!("ERR {class} {code} {message}\n")
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}
