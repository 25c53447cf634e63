//! Addresses to connections.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use dbprobe_core::{Class, Failure};
use futures_util::stream::{FuturesUnordered, StreamExt};
use socket2::{SockRef, TcpKeepalive};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::{TcpSocket, TcpStream};

use crate::classify::io_failure;

/// How long an address may take before the next one is tried beside it (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// After how much silence the kernel asks whether the peer is still there, and how often it asks.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(30)).with_interval(Duration::from_secs(10));

/// How long data may stay unacknowledged before the kernel gives the connection up (`tcp(7)`, `TCP_USER_TIMEOUT`). The
/// kernel's own limit is a quarter of an hour.
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects to the first of `addresses` that answers.
///
/// Address families take turns. The next address is tried when one fails, or beside it when it has said nothing for
/// 250 ms; the first that answers wins, and the other attempts are dropped (RFC 8305, "happy eyeballs"). Nagle's
/// algorithm is off; keepalive is on.
///
/// # Errors
/// Classes `refused`, `unreachable`, `timeout`, `reset` and `permission`, with the errno's name as the code. Where
/// several addresses were tried, the message lists what each answered, and the class is the one that tells most.
pub async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    race(taking_turns(addresses), connect).await.map_err(nobody)
}

/// Connects to the Unix socket `path`. A path that begins with `@` names an abstract socket of Linux.
///
/// # Errors
/// Class `refused`: the socket is not there or nobody listens on it, which a start of the server changes; class
/// `not_found`: its directory is not there; class `permission`; class `config`: no socket can have that path.
#[cfg(unix)]
pub async fn dial_unix(path: &Path) -> Result<UnixStream, Failure> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let connected = match path.as_os_str().as_bytes().strip_prefix(b"@") {
        // An abstract name is a zero byte and the rest (unix(7)).
        Some(name) => {
            let name = [b"\0", name].concat();
            UnixStream::connect(std::ffi::OsString::from_vec(name)).await
        }
        None => UnixStream::connect(path).await,
    };
    connected.map_err(|error| unix_failure(path, &error))
}

#[cfg(unix)]
fn unix_failure(path: &Path, error: &io::Error) -> Failure {
    let shown = path.display();
    let failure = io_failure(error, &format!("connecting to the socket {shown}"));
    let there = path.parent().is_none_or(|directory| directory.as_os_str().is_empty() || directory.is_dir());
    let (class, code, message, advice) = match error.kind() {
        io::ErrorKind::NotFound if there => (
            Class::Refused,
            Some("ENOENT"),
            format!("there is no socket {shown}"),
            "check that the server runs, and that it makes its socket in this directory under this number",
        ),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => (
            Class::NotFound,
            Some("ENOENT"),
            format!("there is no directory for the socket {shown}"),
            "check the directory; in a container, whether it is mounted",
        ),
        io::ErrorKind::ConnectionRefused => (
            Class::Refused,
            Some("ECONNREFUSED"),
            format!("nobody listens on the socket {shown}"),
            "the file is there, but the server does not run: start it",
        ),
        io::ErrorKind::InvalidInput => (
            Class::Config,
            None,
            "the path of the socket is too long, or holds a zero byte".to_owned(),
            "a socket's path has at most 107 bytes: use a shorter directory",
        ),
        _ => return failure,
    };
    let answer = Failure { class, message, code: code.map(str::to_owned), ..failure };
    answer.advise(advice)
}

/// The addresses with their families in turns, beginning with that of the first (RFC 8305, section 4).
fn taking_turns(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, other): (Vec<_>, Vec<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_is_v6);
    let mut order = VecDeque::with_capacity(addresses.len());
    let (mut first, mut other) = (first.into_iter(), other.into_iter());
    while order.len() < addresses.len() {
        order.extend(first.next().into_iter().chain(other.next()));
    }
    order
}

/// The first connection that `connect` makes, or what every address answered.
async fn race<T, F>(
    mut waiting: VecDeque<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<T, Vec<(SocketAddr, io::Error)>>
where
    F: Future<Output = io::Result<T>>,
{
    let mut attempts = FuturesUnordered::new();
    let mut answers = Vec::new();
    loop {
        match waiting.pop_front() {
            Some(address) => {
                let attempt = connect(address);
                attempts.push(async move { (address, attempt.await) });
            }
            None if attempts.is_empty() => return Err(answers),
            None => {}
        }
        // Without another address there is nothing to be late for.
        let stagger = if waiting.is_empty() { Duration::MAX } else { STAGGER };
        match tokio::time::timeout(stagger, attempts.next()).await {
            Ok(Some((_, Ok(connection)))) => return Ok(connection),
            Ok(Some((address, Err(error)))) => answers.push((address, error)),
            Ok(None) | Err(_) => {}
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    let stream = socket.connect(address).await?;
    // Where nobody listens on a port of the ephemeral range, the kernel may give that very port to this side, and TCP
    // then connects the socket with itself.
    if stream.local_addr().is_ok_and(|local| local == address) {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    tune(&stream);
    Ok(stream)
}

/// A kernel that refuses one of these leaves its default in force, with which a probe works too.
fn tune(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&KEEPALIVE);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(USER_TIMEOUT));
}

/// The failure for `answers` of which none is a connection.
fn nobody(answers: Vec<(SocketAddr, io::Error)>) -> Failure {
    let mut failures: Vec<(SocketAddr, Failure)> =
        answers.iter().map(|(address, error)| (*address, io_failure(error, "connecting"))).collect();
    let list: Vec<String> = failures.iter().map(|(address, failure)| format!("{address}: {}", fact(failure))).collect();
    // Of equals the first one counts.
    failures.sort_by_key(|(_, failure)| rank(failure.class));
    let Some((_, failure)) = failures.into_iter().next() else {
        return Failure::new(Class::Dns, "there is no address to connect to");
    };
    let message = match list.as_slice() {
        [only] => only.clone(),
        several => format!("none of {} addresses accepted the connection; {}", several.len(), several.join(", ")),
    };
    Failure { message, ..failure }
}

fn fact(failure: &Failure) -> &str {
    failure.message.strip_suffix(" while connecting").unwrap_or(&failure.message)
}

/// Which answer tells most, the most telling first: the host is there, then the network, then nothing.
fn rank(class: Class) -> u8 {
    match class {
        Class::Internal => 0, // a limit of this process: the others may only follow from it
        Class::Refused => 1,
        Class::Reset => 2,
        Class::Permission => 3,
        Class::Timeout => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn address_families_take_turns() {
        let given = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1"]);
        let order = addresses(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "[::3]:1"]);
        assert_eq!(taking_turns(&given), order);
        let given = addresses(&["10.0.0.1:1", "[::1]:1", "10.0.0.1:2"]);
        assert_eq!(taking_turns(&given), given);
        assert!(taking_turns(&[]).is_empty());
    }

    /// The first address says nothing, the second refuses at once, the third connects.
    #[tokio::test(start_paused = true)]
    async fn a_silent_address_delays_the_next_one_by_a_moment_and_a_refusal_not_at_all() {
        let began = tokio::time::Instant::now();
        let order = addresses(&["10.0.0.1:1", "10.0.0.2:2", "10.0.0.3:3", "10.0.0.4:4"]);
        let won = race(order.into(), async |address: SocketAddr| match address.port() {
            1 => std::future::pending().await,
            2 => Err(io::ErrorKind::ConnectionRefused.into()),
            port => Ok(port),
        });
        assert_eq!(won.await.unwrap(), 3);
        assert_eq!(began.elapsed(), STAGGER);
    }

    #[tokio::test(start_paused = true)]
    async fn the_attempts_that_lose_are_dropped() {
        let first = std::sync::Arc::new(());
        let held = first.clone();
        let won = race(addresses(&["10.0.0.1:1", "10.0.0.2:2"]).into(), move |address| {
            let held = held.clone();
            async move {
                if address.port() == 1 {
                    std::future::pending::<()>().await;
                }
                drop(held);
                Ok(())
            }
        });
        won.await.unwrap();
        assert_eq!(std::sync::Arc::strong_count(&first), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn every_address_that_failed_is_told() {
        let order = addresses(&["10.0.0.1:1", "10.0.0.2:2"]);
        let lost = race::<(), _>(order.clone().into(), async |_| Err(io::ErrorKind::HostUnreachable.into())).await;
        assert_eq!(lost.unwrap_err().into_iter().map(|(address, _)| address).collect::<Vec<_>>(), order);
    }

    #[test]
    fn the_answer_that_tells_most_names_the_class() {
        let errno = io::Error::from_raw_os_error;
        let [first, second] = addresses(&["[::1]:5432", "127.0.0.1:5432"])[..] else { panic!() };
        let failure = nobody(vec![(first, io::ErrorKind::AddrNotAvailable.into()), (second, errno(111))]);
        assert_eq!((failure.class, failure.code.as_deref()), (Class::Refused, Some("ECONNREFUSED")));
        assert_eq!(
            failure.message,
            "none of 2 addresses accepted the connection; [::1]:5432: this machine has no address from which to reach \
             it, 127.0.0.1:5432: nobody listens there"
        );
    }

    #[test]
    fn no_address_at_all_is_a_failure_of_the_name() {
        assert_eq!(nobody(Vec::new()).class, Class::Dns);
    }
}
