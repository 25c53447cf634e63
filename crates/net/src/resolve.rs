//! Host names to addresses.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use dbprobe_core::{Class, Failure};
use futures_util::future::{Either, select};
use hickory_resolver::config::{ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{TokioResolver, system_conf};

use crate::host::{Host, loopback};
use crate::hosts::hosts;
use crate::knowledge::known;

/// How long the addresses of one family wait for those of the other (RFC 8305, section 3).
const RESOLUTION_DELAY: Duration = Duration::from_millis(50);

/// The longest that one try waits. Three of them fit into the usual five seconds of a probe, so that the failure can
/// name the name servers that said nothing.
const TRY: Duration = Duration::from_millis(1500);

/// How often a name server that says nothing is asked again.
const ATTEMPTS: usize = 2;

/// The addresses of `host`, which is a name or an address in any form (`::1`, `[::1]`, `fe80::1%eth0`).
///
/// An address answers at once. A name is looked for in the hosts file, then on the name servers of the system, with its
/// search list (`resolv.conf(5)`); `localhost` needs neither. Other sources of `nsswitch.conf(5)` are not asked. The
/// library function for this, `getaddrinfo`, cannot be cancelled: dropping this future ends everything at once.
///
/// # Errors
/// Class `dns`: the name has no address, or the name servers cannot say; class `timeout`: they said nothing. The code is
/// that of the answer (RFC 8499), such as `NXDOMAIN`. What cannot be a host name is refused without being shown.
pub async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    match resolve_from(host, port).await {
        (_, Ok(addresses)) => Ok(addresses),
        (_, Err(failure)) => Err(failure),
    }
}

/// Where the answer of a look-up comes from.
// Exhaustive on purpose: whoever explains a look-up has something to say of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing was looked up: the host is an address.
    Address,
    /// The hosts file of this machine.
    HostsFile,
    /// The rule for `localhost` and what is below it (RFC 6761, section 6.3).
    Loopback,
    /// Name servers.
    NameServers {
        /// Their addresses.
        servers: String,
        /// The names that are asked for, in order: those of the search list, and the name itself.
        names: Vec<String>,
    },
    /// Nobody: the host is none, or this machine has no name server.
    Nowhere,
}

/// As [`resolve`], and where the answer comes from, for whoever explains it.
pub async fn resolve_from(host: &str, port: u16) -> (Origin, Result<Vec<SocketAddr>, Failure>) {
    let name = match Host::read(host, port) {
        Ok(Host::Address(address)) => return (Origin::Address, Ok(vec![address])),
        Ok(Host::Name(name)) => name,
        Err(failure) => return (Origin::Nowhere, Err(failure)),
    };
    let at_port =
        |addresses: Vec<IpAddr>| addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
    let listed = hosts(name);
    if !listed.is_empty() {
        return (Origin::HostsFile, Ok(at_port(listed)));
    }
    if let Some(addresses) = loopback(name) {
        return (Origin::Loopback, Ok(at_port(addresses.to_vec())));
    }
    match System::read() {
        Ok(system) => (system.origin(name), system.look_up(name).await.map(at_port)),
        Err(failure) => (Origin::Nowhere, Err(failure)),
    }
}

/// The system's way of asking name servers.
struct System {
    resolver: TokioResolver,
    search: Vec<Name>,
    dots: usize,
    servers: String,
}

/// What the name servers say of one name.
enum Answer {
    Addresses(Vec<IpAddr>),
    /// Nothing, and this is sure.
    Nothing(ResponseCode),
    Broken(NetError),
}

impl System {
    fn read() -> Result<Self, Failure> {
        let (config, options) = system_conf::read_system_conf().map_err(|error| unconfigured(&error))?;
        Self::new(config, options)
    }

    fn new(config: ResolverConfig, mut options: ResolverOpts) -> Result<Self, Failure> {
        // The domain of the machine is searched only where no list is given (resolv.conf(5)).
        let domain = config.domain().filter(|_| config.search().is_empty()).cloned();
        let search = config.search().iter().cloned().chain(domain).collect();
        let servers: Vec<String> = config.name_servers().iter().map(|server| server.ip.to_string()).collect();
        let dots = options.ndots;
        options.use_hosts_file = ResolveHosts::Never;
        options.cache_size = 0;
        options.timeout = options.timeout.min(TRY);
        options.attempts = options.attempts.min(ATTEMPTS);
        // All are asked at once: one that is dead would use up the whole time of a try.
        options.num_concurrent_reqs = servers.len().max(1);
        let mut builder = TokioResolver::builder_with_config(config, Default::default());
        *builder.options_mut() = options;
        let resolver = builder.build().map_err(|error| unconfigured(&error))?;
        Ok(Self { resolver, search, dots, servers: servers.join(", ") })
    }

    fn origin(&self, host: &str) -> Origin {
        let names = Name::from_str_relaxed(host).map(|name| self.candidates(name)).unwrap_or_default();
        Origin::NameServers { servers: self.servers.clone(), names: names.iter().map(Name::to_string).collect() }
    }

    async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let name = Name::from_str_relaxed(host).map_err(|_| {
            Failure::new(Class::Dns, "the host name cannot be asked for").advise("check the host name of the DSN")
        })?;
        let mut nothing = ResponseCode::NXDomain;
        let mut broken = None;
        for candidate in self.candidates(name) {
            match self.ask(candidate).await {
                Answer::Addresses(addresses) => return Ok(addresses),
                Answer::Nothing(ResponseCode::NXDomain) => {}
                Answer::Nothing(code) => nothing = code,
                // The next name of the search list would have to wait as long.
                Answer::Broken(NetError::Timeout) => return Err(self.silent(host)),
                Answer::Broken(error) => broken = Some(error),
            }
        }
        Err(broken.map_or_else(|| no_address(host, nothing), |error| self.broken(host, error)))
    }

    /// The names to try, in order: a name with enough dots as it is first, any other with the search list first.
    fn candidates(&self, mut name: Name) -> Vec<Name> {
        if name.is_fqdn() {
            return vec![name];
        }
        let as_it_is_first = usize::from(name.num_labels()).saturating_sub(1) >= self.dots;
        let longer = self.search.iter().filter_map(|domain| name.clone().append_domain(domain).ok());
        let mut candidates: Vec<Name> = longer.collect();
        name.set_fqdn(true);
        candidates.insert(if as_it_is_first { 0 } else { candidates.len() }, name);
        candidates
    }

    async fn ask(&self, name: Name) -> Answer {
        both(self.ask_for(name.clone(), RecordType::AAAA), self.ask_for(name, RecordType::A)).await
    }

    async fn ask_for(&self, name: Name, family: RecordType) -> Answer {
        match self.resolver.lookup(name, family).await {
            Ok(lookup) => {
                let addresses: Vec<IpAddr> =
                    lookup.answers().iter().filter_map(|record| record.data.ip_addr()).collect();
                // A chain of aliases that ends in nothing.
                if addresses.is_empty() { Answer::Nothing(ResponseCode::NoError) } else { Answer::Addresses(addresses) }
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, .. }))) => {
                Answer::Nothing(response_code)
            }
            Err(error) => Answer::Broken(error),
        }
    }

    fn silent(&self, host: &str) -> Failure {
        Failure::new(Class::Timeout, format!("no answer for host name {host:?} from the name servers {}", self.servers))
            .advise("check that the name servers in /etc/resolv.conf are right and can be reached")
    }

    fn broken(&self, host: &str, error: NetError) -> Failure {
        let failure = match &error {
            NetError::Dns(DnsError::ResponseCode(code)) => {
                let fact = format!("the name servers {} could not answer for host name {host:?}", self.servers);
                by_code(fact, word(*code))
            }
            _ => Failure::new(Class::Dns, format!("host name {host:?} could not be asked for at {}", self.servers))
                .advise("check the name servers in /etc/resolv.conf, and ask one with `dig`"),
        };
        failure.caused_by(error)
    }
}

/// What both families say, asked at once. Who has an answer waits only a moment for the other: some name servers drop
/// the questions for one of them.
async fn both(v6: impl Future<Output = Answer>, v4: impl Future<Output = Answer>) -> Answer {
    let (v6, v4) = (pin!(v6), pin!(v4));
    let (first, other, v6_was_first) = match select(v6, v4).await {
        Either::Left((answer, other)) => (answer, Either::Left(other), true),
        Either::Right((answer, other)) => (answer, Either::Right(other), false),
    };
    let Answer::Addresses(_) = first else {
        return merge(first, other.await);
    };
    match tokio::time::timeout(RESOLUTION_DELAY, other).await {
        Ok(second) if v6_was_first => merge(first, second),
        Ok(second) => merge(second, first),
        Err(_) => first,
    }
}

/// What both families say together. One that has addresses is enough; otherwise a broken one leaves it open.
fn merge(first: Answer, second: Answer) -> Answer {
    match (first, second) {
        (Answer::Addresses(mut first), Answer::Addresses(second)) => {
            first.extend(second);
            Answer::Addresses(first)
        }
        (Answer::Addresses(addresses), _) | (_, Answer::Addresses(addresses)) => Answer::Addresses(addresses),
        (Answer::Broken(error), _) | (_, Answer::Broken(error)) => Answer::Broken(error),
        (Answer::Nothing(ResponseCode::NXDomain), second) => second,
        (first, Answer::Nothing(_)) => first,
    }
}

fn no_address(host: &str, code: ResponseCode) -> Failure {
    let code = if code == ResponseCode::NoError { "NODATA".to_owned() } else { word(code) };
    by_code(format!("host name {host:?} has no address"), code)
}

/// A failure with a word for what a name server answered, which stands in the table.
fn by_code(fact: String, code: String) -> Failure {
    let advice = known(&code).map_or("", |row| row.advice);
    Failure::new(Class::Dns, fact).code(code).advise(advice)
}

fn unconfigured(error: &NetError) -> Failure {
    Failure::new(Class::Dns, "this machine has no name server to ask")
        .advise("name one in /etc/resolv.conf, add the host to /etc/hosts, or use an IP address")
        .caused_by(error.clone())
}

/// The word for a response code as `dig` and the registry have it (RFC 6895, section 2.3).
fn word(code: ResponseCode) -> String {
    match code {
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        code => format!("RCODE{}", u16::from(code)),
    }
}

#[cfg(test)]
mod tests;
