//! What a failure means: by its code where one is known, else by its phase and its class.

use dbprobe_core::{Class, Failure, Knowledge, Phase};

use Phase::{Auth, Close, Configure, Inspect, Ping, Read, Resolve, Tcp, Tls, Write};

/// What a failure of some class in some phase mostly comes from, and what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct General {
    /// The most likely cause: a fact in lower case, without a full stop; the likelier of two comes first.
    pub(crate) cause: &'static str,
    /// What to do next.
    pub(crate) advice: &'static str,
}

/// The row about `failure`: the one that its engine has chosen, else that about its code in the engine's `table`, else that
/// of the network's.
///
/// `None` where there is no code, where no table knows it, and where the engine has told more than the code says: then
/// the failure is of another class than the code's row, and that row's cause is not its.
pub(crate) fn explain(table: &'static [Knowledge], failure: &Failure) -> Option<&'static Knowledge> {
    if let Some(row) = failure.known.filter(|row| row.class == failure.class) {
        return Some(row);
    }
    let code = failure.code.as_deref()?;
    let row = Knowledge::find(table, code).or_else(|| Knowledge::find(dbprobe_net::KNOWLEDGE, code));
    row.filter(|row| row.class == failure.class)
}

/// What a failure of `class` in `phase` mostly means, whichever engine it is; for what [`explain`] has no row.
///
/// A cause of its own stands here for every class that there is; the last arm is for classes that are yet to come.
pub(crate) fn general(phase: Phase, class: Class) -> General {
    match class {
        Class::Auth => auth(phase),
        Class::Certificate => general_of(
            "the server's certificate has expired, is for another name, or comes from an authority that is not known here",
            "look at it with `openssl s_client -connect HOST:PORT -showcerts`; name the authority's file in the DSN",
        ),
        Class::Config => config(phase),
        Class::Corrupt => general_of(
            "the data is damaged: the disk fails, or something else wrote into it",
            "stop writing, take a copy of what is there, see the server's log, and restore from a backup",
        ),
        Class::DiskFull => general_of(
            "the disk, the quota or the memory that the data may take is full",
            "free room on the server, or raise the limit; then look what grew",
        ),
        Class::Dns => general_of(
            "the host name is misspelt, or is known only on another network",
            "ask for it with `dig HOST` from this very machine or container, and check /etc/resolv.conf",
        ),
        Class::Internal => general_of(
            "this machine or process is at a limit of its own, or dbprobe or a driver has a defect",
            "check memory and open files of this machine; else report it with the output of `-v`",
        ),
        Class::Locked => general_of(
            "another session holds what is needed: a migration, a backup or a transaction that was left open",
            "find who holds the lock, and wait or end that session",
        ),
        Class::NotFound => not_found(phase),
        Class::Overloaded => general_of(
            "as many sessions are open as the server takes: a pool that leaks, or too many clients",
            "see who holds the connections before the limit is raised, or use a pooler",
        ),
        Class::Permission => permission(phase),
        Class::Protocol => protocol(phase),
        Class::Query => query(phase),
        Class::ReadOnly => general_of(
            "the server is a replica: a failover has taken place, or the name points to the wrong one; else it was set read-only",
            "check which server is the primary now, and where the name points",
        ),
        Class::Refused => refused(phase),
        Class::Reset => reset(phase),
        Class::RoleMismatch => general_of(
            "a failover has taken place, or the name points to another server than is expected",
            "check which server is the primary now; where the change is meant, change the expectation",
        ),
        Class::StaleRead => general_of(
            "what answers the read is a replica that lags behind, or a cache, though the write went to the primary",
            "look at the lag of the replicas, and whether a proxy splits reads from writes",
        ),
        Class::Starting => general_of(
            "the server is starting, stopping, recovering or failing over",
            "wait: `dbprobe wait` does; if it takes long, see the server's log",
        ),
        Class::Threshold => general_of(
            "the database works, but a limit that was set for it is exceeded",
            "look at the figure in the message: mend what is slow or full, or change the limit",
        ),
        Class::Timeout => timeout(phase),
        Class::Tls => general_of(
            "the server speaks no TLS on this port, or no version or cipher suite that is safe today",
            "check the DSN's TLS setting against the server's, and try `openssl s_client -connect HOST:PORT`",
        ),
        Class::Unreachable => unreachable_host(phase),
        Class::Unsupported => unsupported(phase),
        _ => {
            general_of("the probe failed for a reason that the message names", "see the message, and the server's log")
        }
    }
}

const fn general_of(cause: &'static str, advice: &'static str) -> General {
    General { cause, advice }
}

fn auth(phase: Phase) -> General {
    match phase {
        Tls => general_of(
            "the server wants a client certificate, and none is given or that one is not accepted",
            "name a client certificate and its key in the DSN; the server's log has the reason",
        ),
        Configure | Resolve | Tcp | Auth | Ping | Write | Read | Inspect | Close => general_of(
            "the user or the password is wrong, or the server does not let this user in from here",
            "check what the DSN's password resolves to, and the server's rules for this user and this host",
        ),
    }
}

fn config(phase: Phase) -> General {
    match phase {
        Configure => general_of(
            "the DSN, or a file or variable that it names, cannot be read",
            "mend what the message points at: `dbprobe dsn DSN` shows how it is read",
        ),
        Resolve | Tcp | Tls | Auth | Ping | Write | Read | Inspect | Close => general_of(
            "the DSN does not fit this server: a part of it is missing or wrong",
            "mend what the message names in the DSN",
        ),
    }
}

fn not_found(phase: Phase) -> General {
    match phase {
        Configure => general_of(
            "a file that the DSN names does not exist here",
            "check the path from the view of this process: in a container it is the container's",
        ),
        Resolve | Tcp => general_of(
            "the file or the socket does not exist",
            "check the path, and that the server runs: it makes the socket",
        ),
        Tls | Auth | Ping => general_of(
            "the database, file or page does not exist on this server: it is misspelt, or not created yet",
            "check its name in the DSN, and whether this is the right server",
        ),
        Write => general_of(
            "the health table does not exist yet",
            "create it with `dbprobe init`, or give `--create-health-table`",
        ),
        Read | Inspect | Close => general_of(
            "a table or another object does not exist: a migration is missing, or the search path is another one",
            "check its name, the schema and the migrations",
        ),
    }
}

fn permission(phase: Phase) -> General {
    match phase {
        Configure => general_of(
            "this user may not read a file that the DSN names",
            "check the owner and the mode of the file, and which user this process runs as",
        ),
        Resolve | Tcp => general_of(
            "a firewall or a security policy of this machine forbids the connection, or this user may not use the socket",
            "check the socket's permissions, and this machine's firewall and security policy",
        ),
        Tls | Auth => general_of(
            "the server does not let this client in, whoever it is: a list of addresses or a rule of its firewall",
            "let the server's administrator allow this machine's address",
        ),
        Ping | Write | Read | Inspect | Close => general_of(
            "the login works, but the role lacks a grant",
            "let an administrator run `dbprobe init`, which prints or grants what is needed",
        ),
    }
}

fn protocol(phase: Phase) -> General {
    match phase {
        Configure | Resolve | Tcp | Tls | Auth => general_of(
            "another kind of server listens on this port, or a proxy that speaks for it",
            "check the port, and that the DSN's scheme fits the server behind it",
        ),
        Ping | Write | Read | Inspect | Close => general_of(
            "a proxy in between changed what was sent, or does not pass all of the protocol",
            "point dbprobe at the server behind the proxy, and compare",
        ),
    }
}

fn query(phase: Phase) -> General {
    match phase {
        Write => general_of(
            "the health table is not dbprobe's, or a trigger or a constraint refuses the row",
            "compare the table with what `dbprobe init --print` prints",
        ),
        Configure | Resolve | Tcp | Tls | Auth | Ping | Read | Inspect | Close => general_of(
            "the server does not accept what it was asked: another version, another kind of server, or a query that is wrong",
            "try the same with the server's own client; the message says what it does not like",
        ),
    }
}

fn refused(phase: Phase) -> General {
    match phase {
        Configure | Resolve | Tcp => general_of(
            "the server is down, or listens on another port or address, or a firewall rejects the connection",
            "check on the server that it runs and listens: `ss -ltnp`; in a container mind that localhost is the container",
        ),
        Tls | Auth | Ping | Write | Read | Inspect | Close => general_of(
            "a proxy or a pooler answers, and the server behind it does not",
            "check the server behind the proxy, and the proxy's log",
        ),
    }
}

fn reset(phase: Phase) -> General {
    match phase {
        Configure | Resolve | Tcp => general_of(
            "a firewall, a balancer without a server, or a port mapping of a container cut the connection",
            "look what stands between here and the server, and whether that has a server behind it",
        ),
        Tls => general_of(
            "the server does not speak TLS here, or a balancer without a server cut the connection",
            "check the port and the DSN's TLS setting, and what stands in between",
        ),
        Auth => general_of(
            "the server ended the login: it is starting, full, or does not want this client",
            "see the server's log for the reason",
        ),
        Ping | Write | Read | Inspect | Close => general_of(
            "the server crashed or was restarted, or an idle limit, a proxy or an administrator ended the session",
            "see the server's log for the reason, then the logs of what stands in between",
        ),
    }
}

fn timeout(phase: Phase) -> General {
    match phase {
        Configure => general_of(
            "something that the DSN refers to takes too long to read, such as a network file system",
            "check the files that the DSN names",
        ),
        Resolve => general_of(
            "the name servers do not answer",
            "check that those in /etc/resolv.conf can be reached: `dig HOST` from this very machine",
        ),
        Tcp => general_of(
            "a firewall drops the packets, the host is off, or the address is an old one",
            "check the address, the security groups and the routes: `nc -vz HOST PORT` from this very machine",
        ),
        Tls => general_of(
            "the server takes connections but hangs, or does not speak TLS on this port",
            "check the server's load and log, and the DSN's TLS setting",
        ),
        Auth => general_of(
            "the server takes connections but hangs: it is overloaded, or waits for a directory or a name server",
            "check the server's load and log; a slow LDAP, PAM or reverse look-up of names looks like this",
        ),
        Write => general_of(
            "a lock, slow storage, or a commit that waits for a replica that is gone",
            "look for locks, at the disks, and at synchronous replication",
        ),
        Ping | Read | Inspect => general_of(
            "the server hangs or is overloaded, or a lock or slow storage holds the statement up",
            "look at the server's load, at locks and at the disks",
        ),
        Close => {
            general_of("the server does not take the goodbye", "nothing is lost; if it stays, see the server's load")
        }
    }
}

fn unreachable_host(phase: Phase) -> General {
    match phase {
        Configure | Resolve | Tcp => general_of(
            "no route leads to the host: it is off, or this machine is not on its network, as without a VPN",
            "check the address, the routes (`ip route get ADDRESS`) and the firewalls between here and there",
        ),
        Tls | Auth | Ping | Write | Read | Inspect | Close => general_of(
            "the network failed, or a gateway cannot reach the server behind it",
            "check the server behind the gateway, and the network in between",
        ),
    }
}

fn unsupported(phase: Phase) -> General {
    match phase {
        Configure => general_of(
            "this build has no such engine or option, or the DSN asks for something that it does not do",
            "take a build with that feature: `dbprobe engines` lists what this one has",
        ),
        Resolve | Tcp | Tls | Auth => general_of(
            "the server asks for a way to log in, or a version, that dbprobe does not have",
            "give dbprobe an account with a usual way to log in",
        ),
        Ping | Write | Read | Inspect | Close => general_of(
            "the server is too old, or only speaks this protocol without being this kind of server",
            "check the server's version, and what stands before it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_own_cause_in_every_phase() {
        for class in Class::ALL {
            for phase in Phase::ALL {
                let General { cause, advice } = general(phase, class);
                for text in [cause, advice] {
                    assert!(text.len() > 10 && !text.ends_with('.'), "{phase} {class}: {text}");
                    assert!(!text.starts_with(char::is_uppercase), "{phase} {class}: {text}");
                }
                assert!(!cause.contains("that the message names"), "{phase} {class} falls through");
            }
        }
    }

    #[test]
    fn a_time_out_is_told_by_its_phase() {
        assert!(general(Phase::Resolve, Class::Timeout).cause.contains("name servers"));
        assert!(general(Phase::Tcp, Class::Timeout).cause.contains("firewall"));
        assert!(general(Phase::Write, Class::Timeout).cause.contains("replica"));
    }

    const TABLE: &[Knowledge] = &[
        Knowledge::new("08P01", "protocol_violation", Class::Protocol, "https://example.org"),
        Knowledge::new("ECONNRESET", "", Class::Reset, "https://example.org"),
    ];

    fn row(class: Class, code: &str) -> Option<&'static Knowledge> {
        explain(TABLE, &Failure::new(class, "x").code(code))
    }

    #[test]
    fn the_engine_is_asked_before_the_network() {
        assert_eq!(row(Class::Protocol, "08P01").map(|row| row.name), Some("protocol_violation"));
        assert_eq!(row(Class::Reset, "ECONNRESET"), Some(&TABLE[1]));
        assert_eq!(row(Class::Certificate, "unknown_issuer").map(|row| row.name), Some("UnknownIssuer"));
        assert_eq!(row(Class::Query, "nothing"), None);
    }

    #[test]
    fn the_row_that_the_engine_has_chosen_comes_first() {
        const CHOSEN: &Knowledge = &Knowledge::new("08P01", "", Class::Refused, "https://example.org");
        let failure = Failure::new(Class::Refused, "cannot connect to server").code("08P01").known_by(CHOSEN);
        assert_eq!(explain(TABLE, &failure), Some(CHOSEN));
        let failure = Failure { class: Class::Protocol, ..failure };
        assert_eq!(explain(TABLE, &failure).map(|row| row.name), Some("protocol_violation"));
    }

    #[test]
    fn a_row_of_another_class_does_not_count() {
        assert_eq!(row(Class::Overloaded, "08P01"), None);
    }
}
