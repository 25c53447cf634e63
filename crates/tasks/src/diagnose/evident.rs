//! Causes that were seen, and not only looked up.

use dbprobe_core::{Class, Failure, Phase};

use super::cause_of_file::of_file;
use super::doors::{Address, Door};
use super::findings::Findings;
use super::named::{Confidence, Named};
use super::rung::Rung;

/// The cause that was seen, where it tells more than the server's code.
pub(super) fn evident(findings: &Findings, failure: &Failure, rung: Rung) -> Option<Named> {
    if let Some(file) = &findings.file
        && let Some(named) = of_file(file, failure)
    {
        return Some(named);
    }
    match (rung, failure.class) {
        (Rung::Resolve, Class::Dns | Class::Timeout) => name(findings, failure),
        (Rung::Tcp, _) if findings.socket.is_some() && is_of_socket(findings) => socket(findings, failure),
        (Rung::Tcp, Class::Refused) => refused(findings),
        (Rung::Tcp, Class::Timeout) => Some(filtered(findings)),
        (Rung::Tcp, Class::Unreachable) => {
            let all = list(&findings.addresses, Door::Unreachable).unwrap_or_else(|| "the address".to_owned());
            unreachable(&all, failure.code.as_deref())
        }
        (Rung::Tls | Rung::Auth | Rung::Database | Rung::Read, Class::Timeout)
            if has_connected(findings) && failure.code.is_none() =>
        {
            Some(silent(findings, failure))
        }
        (Rung::Auth, Class::Auth) => no_password(findings),
        (Rung::Database, _) => console(findings),
        (Rung::Privileges | Rung::Auth, Class::Reset) => None,
        _ => None,
    }
}

/// Whether the first of the places is a socket: then the transport is one.
fn is_of_socket(findings: &Findings) -> bool {
    findings.target.endpoints.iter().all(dbprobe_core::Endpoint::is_socket)
}

fn has_connected(findings: &Findings) -> bool {
    findings.report.step(Phase::Tcp).is_some_and(dbprobe_core::Step::passed)
}

const RESOLV_CONF: &str = "https://man7.org/linux/man-pages/man5/resolv.conf.5.html";

fn name(findings: &Findings, failure: &Failure) -> Option<Named> {
    let name = findings.names.iter().find(|name| name.answer.is_err())?;
    let host = &name.endpoint.host;
    let dbprobe_net::Origin::NameServers { servers, names } = &name.origin else { return None };
    let named = match (failure.class, failure.code.as_deref()) {
        (Class::Timeout, _) => Named::new(
            Confidence::Likely,
            format!("the name servers {servers} do not answer, so {host:?} has no address"),
        )
        .advise("check that they run and can be reached from here; /etc/resolv.conf names them"),
        (_, Some("NXDOMAIN")) => {
            let asked = names.join(", ");
            Named::new(
                Confidence::Certain,
                format!("the name {host:?} does not exist; the name servers {servers} were asked for {asked}"),
            )
        }
        (_, Some("NODATA")) => Named::new(
            Confidence::Certain,
            format!("the name {host:?} exists, but has no address, neither IPv4 nor IPv6"),
        ),
        (_, Some(code)) => {
            Named::new(Confidence::Certain, format!("the name servers {servers} cannot answer for {host:?}: {code}"))
        }
        _ => return None,
    };
    Some(named.source(RESOLV_CONF))
}

fn socket(findings: &Findings, failure: &Failure) -> Option<Named> {
    let socket = findings.socket.as_ref()?;
    let path = socket.path.display();
    if let Some((directory, why)) = &socket.broken_way {
        let fact = format!("the way to the socket {path} breaks off: {} {why}", directory.display());
        return Some(
            Named::new(Confidence::Certain, fact)
                .advise("correct the path in the DSN, let this user in, or mount the directory into this container"),
        );
    }
    if socket.is_there && !socket.is_socket {
        return Some(Named::new(Confidence::Certain, format!("{path} is not a socket")));
    }
    if let (false, Some(other)) = (socket.is_there, socket.others.first()) {
        let fact = format!("there is no socket {path}, but there is {other}: the server has another number or name");
        return Some(Named::new(Confidence::Likely, fact).advise("correct the number or the path in the DSN"));
    }
    match (socket.is_there, failure.class) {
        (false, Class::Refused) => Some(Named::new(
            Confidence::Likely,
            format!("there is no socket {path}: the server does not run, or makes its socket elsewhere"),
        )),
        (true, Class::Refused) => Some(Named::new(
            Confidence::Certain,
            format!("the socket {path} is left over: the server that made it does not run any more"),
        )),
        _ => None,
    }
}

fn refused(findings: &Findings) -> Option<Named> {
    if let Some(open) = findings.other_ports.first() {
        let fact =
            format!("nobody listens on the port of the DSN, but something does on {}: a wrong port", open.address);
        return Some(
            Named::new(Confidence::Likely, fact).advise("look what listens there, and correct the port in the DSN"),
        );
    }
    if let Some(socket) = findings.other_sockets.first() {
        let fact = format!("the server runs on this machine, but only its socket {socket} leads to it, no port");
        let advice = "let it listen on a port (`listen_addresses`, `bind`, no `skip-networking`), or use the socket";
        return Some(Named::new(Confidence::Likely, fact).advise(advice));
    }
    let addresses = list(&findings.addresses, Door::Refused)?;
    let where_ = if findings.is_of_this_machine() { "this machine" } else { "the host" };
    let fact = format!(
        "{where_} answers, and nobody listens on {addresses}: the server does not run, or listens on another address or port"
    );
    Some(Named::new(Confidence::Likely, fact))
}

fn list(addresses: &[Address], answer: Door) -> Option<String> {
    let all: Vec<&str> = addresses.iter().filter(|it| it.answer == answer).map(|it| it.address.as_str()).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn filtered(findings: &Findings) -> Named {
    let all = list(&findings.addresses, Door::Filtered).unwrap_or_else(|| "the address".to_owned());
    let fact = format!("connection requests to {all} get no answer at all, not even a refusal: a firewall drops them");
    Named::new(Confidence::Likely, format!("{fact}, the host is down, or the server's queue is full")).advise(
        "check the firewalls and security groups between here and there, the address, and whether the host is up",
    )
}

/// Nobody but the kernel of this machine says that there is no way; that a host cannot be reached, a router says, too, or
/// the silence of a host in the same network that is asked for its hardware address (RFC 1122, section 2.3.2).
fn unreachable(all: &str, code: Option<&str>) -> Option<Named> {
    match code {
        Some("ENETUNREACH") => {
            Some(Named::new(Confidence::Certain, format!("this machine's network has no way to {all}")))
        }
        Some("EHOSTUNREACH") => {
            let fact =
                format!("there is a way to {all}, but no host at its end: it is off, its address is another one");
            Some(Named::new(Confidence::Likely, format!("{fact} now, or a firewall on the way says so")))
        }
        _ => None,
    }
}

fn silent(findings: &Findings, failure: &Failure) -> Named {
    let at = findings.report.address.as_deref().unwrap_or("the port");
    // PgBouncer and ProxySQL answer the login by themselves, and let the first statement wait for a server.
    let is_often_pooled = matches!(findings.target.engine, "mysql" | "postgres");
    let pooler = if is_often_pooled { ", or it is a pooler whose server is away or busy" } else { "" };
    if [Phase::Auth, Phase::Ping]
        .iter()
        .any(|phase| findings.report.step(*phase).is_some_and(dbprobe_core::Step::passed))
    {
        let fact = format!(
            "the server at {at} has answered, and then fell silent: it stands still or waits for its disk{pooler}"
        );
        return Named::new(Confidence::Likely, fact);
    }
    let what = match failure.phase {
        Some(Phase::Tls) => "the request for TLS",
        Some(Phase::Auth) => "the login",
        _ => "the request",
    };
    let fact = format!(
        "{at} takes connections, but nothing answers {what}: the server process is stopped or overloaded, or something \
         else that waits listens there"
    );
    Named::new(Confidence::Likely, fact)
        .advise("look at the server's process (`ps`, state T or D) and its load; restart it if it hangs")
}

/// PgBouncer's own database, which knows a few words of its own and no SQL (its manual, "Admin console").
fn console(findings: &Findings) -> Option<Named> {
    let target = &findings.target;
    let is_console = target.engine == "postgres" && target.database.as_deref() == Some("pgbouncer");
    is_console.then(|| {
        Named::new(
            Confidence::Likely,
            "the database \"pgbouncer\" is PgBouncer's own console, which carries no SQL out",
        )
        .advise("name a database of PgBouncer's [databases] in the DSN")
        .source("https://www.pgbouncer.org/usage.html#admin-console")
    })
}

fn no_password(findings: &Findings) -> Option<Named> {
    let configuration = &findings.configuration;
    let user = configuration.user.as_deref()?;
    if configuration.password || configuration.parameters.keys().any(|name| name.contains("cert")) {
        return None;
    }
    let fact = format!("the server wants a password for user {user:?}, and the DSN has none");
    Some(
        Named::new(Confidence::Likely, fact)
            .advise("put it into the DSN, or into the file or variable that it refers to"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_off_is_no_missing_route() {
        let told = |code| unreachable("192.0.2.1:5432", Some(code)).map(|named| (named.cause, named.confidence));
        let (cause, confidence) = told("EHOSTUNREACH").unwrap();
        assert!(cause.starts_with("there is a way to 192.0.2.1:5432, but no host at its end"), "{cause}");
        assert_eq!(confidence, Confidence::Likely);
        let (cause, confidence) = told("ENETUNREACH").unwrap();
        assert_eq!(cause, "this machine's network has no way to 192.0.2.1:5432");
        assert_eq!(confidence, Confidence::Certain);
        assert_eq!(told("ENETDOWN"), None, "what is known of the code says it better");
    }
}
