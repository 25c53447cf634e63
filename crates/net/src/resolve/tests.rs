use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use hickory_resolver::config::NameServerConfig;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::*;

/// What a scripted name server says.
#[derive(Clone, Copy)]
enum Says {
    Address(IpAddr),
    /// A response code, without an address.
    Code(u8),
    Silence,
}

const V4: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1));
const FAMILY_V4: u16 = 1;
const FAMILY_V6: u16 = 28;

/// A name server of this machine that follows a script and remembers the names it was asked for.
struct NameServer {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl NameServer {
    async fn start(script: impl Fn(&str, u16) -> Says + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        let task = tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((length, peer)) = socket.recv_from(&mut query).await {
                let (name, family, end) = question(&query[..length]);
                log.lock().unwrap().push(name.clone());
                if let Some(answer) = answer(&query[..end], script(&name, family)) {
                    let _ = socket.send_to(&answer, peer).await;
                }
            }
        });
        Self { port, asked, task }
    }

    fn system(&self, search: &[&str]) -> System {
        let mut server = NameServerConfig::udp(Ipv4Addr::LOCALHOST.into());
        server.connections[0].port = self.port;
        let search = search.iter().map(|domain| Name::from_ascii(domain).unwrap()).collect();
        let config = ResolverConfig::from_parts(None, search, vec![server]);
        let mut options = ResolverOpts::default();
        options.timeout = Duration::from_millis(100);
        options.attempts = 1;
        System::new(config, options).unwrap()
    }

    /// The names that were asked for, each once.
    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.dedup();
        asked
    }
}

/// The name and the family that `query` asks for, and where the question ends (RFC 1035, section 4.1.2).
fn question(query: &[u8]) -> (String, u16, usize) {
    let (mut at, mut labels) = (12, Vec::new());
    while query[at] != 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).into_owned());
        at = end;
    }
    (labels.join("."), u16::from_be_bytes([query[at + 1], query[at + 2]]), at + 5)
}

fn answer(question: &[u8], says: Says) -> Option<Vec<u8>> {
    let (code, data) = match says {
        Says::Address(IpAddr::V4(address)) => (0, address.octets().to_vec()),
        Says::Address(IpAddr::V6(address)) => (0, address.octets().to_vec()),
        Says::Code(code) => (code, Vec::new()),
        Says::Silence => return None,
    };
    let answers = u8::from(!data.is_empty());
    let mut answer = question[..2].to_vec();
    answer.extend([0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0]);
    answer.extend(&question[12..]);
    if answers == 1 {
        let family = [0, if data.len() == 4 { FAMILY_V4 as u8 } else { FAMILY_V6 as u8 }];
        answer.extend([0xc0, 12].into_iter().chain(family).chain([0, 1, 0, 0, 0, 60, 0, data.len() as u8]));
        answer.extend(data);
    }
    Some(answer)
}

fn told(result: Result<Vec<IpAddr>, Failure>) -> (Class, Option<String>) {
    let failure = result.unwrap_err();
    assert!(failure.advice.is_some());
    (failure.class, failure.code)
}

#[tokio::test]
async fn both_families_are_asked_for_and_the_newer_comes_first() {
    let server = NameServer::start(|_, family| Says::Address(if family == FAMILY_V4 { V4 } else { V6 })).await;
    assert_eq!(server.system(&[]).look_up("db.test.").await.unwrap(), [V6, V4]);
    let server =
        NameServer::start(|_, family| if family == FAMILY_V4 { Says::Address(V4) } else { Says::Code(0) }).await;
    assert_eq!(server.system(&[]).look_up("db.test.").await.unwrap(), [V4]);
}

#[tokio::test]
async fn a_family_without_an_answer_does_not_spoil_the_other() {
    for bad in [Says::Silence, Says::Code(2), Says::Code(3)] {
        let server =
            NameServer::start(move |_, family| if family == FAMILY_V4 { Says::Address(V4) } else { bad }).await;
        assert_eq!(server.system(&[]).look_up("db.test.").await.unwrap(), [V4]);
        let server =
            NameServer::start(move |_, family| if family == FAMILY_V6 { Says::Address(V6) } else { bad }).await;
        assert_eq!(server.system(&[]).look_up("db.test.").await.unwrap(), [V6]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_waits_only_a_moment_for_the_other_family() {
    let answer = |address| std::future::ready(Answer::Addresses(vec![address]));
    let began = tokio::time::Instant::now();
    for answer in [both(std::future::pending(), answer(V4)).boxed(), both(answer(V6), std::future::pending()).boxed()] {
        assert!(matches!(answer.await, Answer::Addresses(addresses) if addresses.len() == 1));
    }
    assert_eq!(began.elapsed(), RESOLUTION_DELAY * 2);
}

#[tokio::test]
async fn what_the_name_server_says_is_the_code() {
    for (code, word) in [(3, "NXDOMAIN"), (0, "NODATA"), (2, "SERVFAIL"), (5, "REFUSED")] {
        let server = NameServer::start(move |_, _| Says::Code(code)).await;
        let told = told(server.system(&[]).look_up("db.test.").await);
        assert_eq!(told, (Class::Dns, Some(word.to_owned())));
    }
}

#[tokio::test]
async fn one_family_that_breaks_leaves_open_what_the_other_denies() {
    for broken in [FAMILY_V4, FAMILY_V6] {
        let server = NameServer::start(move |_, family| Says::Code(if family == broken { 2 } else { 3 })).await;
        let told = told(server.system(&[]).look_up("db.test.").await);
        assert_eq!(told, (Class::Dns, Some("SERVFAIL".to_owned())));
    }
}

#[tokio::test]
async fn a_name_server_that_says_nothing_is_named() {
    let server = NameServer::start(|_, _| Says::Silence).await;
    let failure = server.system(&["a.test"]).look_up("db").await.unwrap_err();
    assert_eq!((failure.class, failure.code), (Class::Timeout, None));
    assert_eq!(failure.message, "no answer for host name \"db\" from the name servers 127.0.0.1");
    assert!(server.asked().iter().all(|name| name == "db.a.test"), "the next name would only take as long");
}

#[tokio::test]
async fn the_search_list_is_tried_in_order() {
    let script = |name: &str, _| if name == "db.b.test" { Says::Address(V4) } else { Says::Code(3) };
    let server = NameServer::start(script).await;
    assert_eq!(server.system(&["a.test", "b.test", "c.test"]).look_up("db").await.unwrap(), [V4]);
    assert_eq!(server.asked(), ["db.a.test", "db.b.test"]);
}

#[tokio::test]
async fn a_name_server_that_breaks_on_one_name_of_the_list_leaves_it_open() {
    let server = NameServer::start(|name, _| Says::Code(if name == "db.a.test" { 2 } else { 3 })).await;
    let told = told(server.system(&["a.test"]).look_up("db").await);
    assert_eq!(told, (Class::Dns, Some("SERVFAIL".to_owned())));
    assert_eq!(server.asked().last().map(String::as_str), Some("db"));
}

#[tokio::test]
async fn enough_dots_or_a_last_one_put_the_name_itself_first() {
    let server = NameServer::start(|_, _| Says::Silence).await;
    let mut system = server.system(&["a.test", "b.test"]);
    let candidates = |system: &System, name: &str| {
        let names = system.candidates(Name::from_ascii(name).unwrap());
        names.iter().map(Name::to_ascii).collect::<Vec<_>>()
    };
    assert_eq!(candidates(&system, "db"), ["db.a.test.", "db.b.test.", "db."]);
    assert_eq!(candidates(&system, "db.x"), ["db.x.", "db.x.a.test.", "db.x.b.test."]);
    assert_eq!(candidates(&system, "db."), ["db."]);
    system.dots = 5; // as Kubernetes has it
    assert_eq!(candidates(&system, "db.x"), ["db.x.a.test.", "db.x.b.test.", "db.x."]);
}

#[tokio::test]
async fn the_domain_of_the_machine_is_searched_only_where_no_list_is_given() {
    let domain = || Some(Name::from_ascii("machine.test.").unwrap());
    let server = || vec![NameServerConfig::udp(Ipv4Addr::LOCALHOST.into())];
    let list = vec![Name::from_ascii("a.test.").unwrap()];
    for (search, expected) in [(list.clone(), list), (Vec::new(), vec![domain().unwrap()])] {
        let config = ResolverConfig::from_parts(domain(), search, server());
        assert_eq!(System::new(config, ResolverOpts::default()).unwrap().search, expected);
    }
}

#[test]
fn a_machine_without_a_name_server_says_so() {
    let error = system_conf::parse_resolv_conf("search a.test\n").unwrap_err();
    let failure = unconfigured(&error);
    assert_eq!(failure.class, Class::Dns);
    assert!(failure.advice.is_some_and(|advice| advice.contains("/etc/resolv.conf")));
}
