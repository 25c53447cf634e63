//! What several failures may have in common.

use dbprobe_core::{Class, Endpoint, Failure, Phase};

use super::ask::Asked;
use super::outcome::CauseKind;

/// What a failure is most likely due to. Two databases with the same one have one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) kind: CauseKind,
    /// What tells it from others of its kind.
    key: String,
}

impl Cause {
    fn new(kind: CauseKind, key: impl Into<String>) -> Self {
        Self { kind, key: key.into() }
    }

    /// The likely cause of `failure` of `asked`; `None` where it is the database's own.
    pub(super) fn of(asked: &Asked<'_>, failure: &Failure) -> Option<Self> {
        use Class::{Auth, Certificate, Refused, Threshold, Timeout, Unreachable};
        let target = asked.database.driver.target();
        let hosts = || target.endpoints.iter().map(|at| at.host.clone()).collect::<Vec<_>>().join(",");
        Some(match (failure.phase?, failure.class) {
            (Phase::Configure, _) => Self::new(CauseKind::Configuration, &failure.message),
            (Phase::Resolve, _) if is_about_the_name(failure) => Self::new(CauseKind::Name, hosts()),
            (Phase::Resolve, _) => Self::new(CauseKind::Resolver, without_names(asked, failure)),
            (Phase::Tcp, class @ (Refused | Timeout | Unreachable)) if !target.endpoints.is_empty() => {
                Self::new(CauseKind::Host, format!("{class} {}", hosts()))
            }
            (_, Certificate) => Self::new(CauseKind::Certificate, certificate(failure)),
            (_, Auth) if target.user.is_some() => {
                let (user, code) = (target.user.as_deref().unwrap_or_default(), failure.code.as_deref());
                Self::new(CauseKind::Credentials, format!("{user} {}", code.unwrap_or_default()))
            }
            (_, Threshold) if Some(failure) != asked.crowded.as_ref() => return None,
            (phase, class) => {
                let code = failure.code.as_deref().unwrap_or_default();
                Self::new(CauseKind::Server, format!("{} {phase} {class} {code}", place(asked)))
            }
        })
    }

    /// The cause as users read it. `members` share it, the first one with `failure`.
    pub(super) fn text(&self, members: &[&Asked<'_>], failure: &Failure) -> String {
        let Some(first) = members.first() else { return failure.message.clone() };
        let target = first.database.driver.target();
        match self.kind {
            CauseKind::Certificate => {
                format!("certificates are refused alike: the certificate {}", certificate(failure))
            }
            CauseKind::Configuration | CauseKind::Name => failure.message.clone(),
            CauseKind::Credentials => {
                let user = target.user.as_deref().unwrap_or_default();
                format!("the credentials of user {user:?} are refused: {}", failure.message)
            }
            CauseKind::Host => host(failure.class, members),
            CauseKind::Resolver => without_names(first, failure),
            CauseKind::Server => format!("{}: {}", place(first), failure.message),
        }
    }
}

/// Whether the name servers answered that the name is wrong, rather than not at all.
fn is_about_the_name(failure: &Failure) -> bool {
    matches!(failure.code.as_deref(), Some("NXDOMAIN" | "NODATA"))
}

/// The message without the host names that were asked for: what is left is about who was asked.
fn without_names(asked: &Asked<'_>, failure: &Failure) -> String {
    let endpoints = &asked.database.driver.target().endpoints;
    endpoints.iter().fold(failure.message.clone(), |text, endpoint| {
        let quoted = format!("{:?}", endpoint.host);
        text.replace(&quoted, "…")
    })
}

/// What is wrong with a certificate, without whose it is: `the server's certificate (CN=db, …) comes from …`.
fn certificate(failure: &Failure) -> String {
    let told = failure.message.strip_prefix("the server's certificate (").and_then(|rest| rest.split_once(") "));
    told.map_or_else(|| failure.message.clone(), |(_, fact)| fact.to_owned())
}

/// Which server it is: the address that answered, or else where it was looked for.
fn place(asked: &Asked<'_>) -> String {
    let target = asked.database.driver.target();
    let authorities = || target.endpoints.iter().map(Endpoint::authority).collect::<Vec<_>>().join(",");
    let place = asked.report.address.clone().unwrap_or_else(authorities);
    if place.is_empty() { target.database.clone().unwrap_or_default() } else { place }
}

/// What is wrong with a host, and on which of its ports.
fn host(class: Class, members: &[&Asked<'_>]) -> String {
    let mut hosts: Vec<&str> = Vec::new();
    let mut ports: Vec<u16> = Vec::new();
    for endpoint in members.iter().flat_map(|asked| &asked.database.driver.target().endpoints) {
        if !hosts.contains(&endpoint.host.as_str()) {
            hosts.push(&endpoint.host);
        }
        ports.extend(endpoint.port.filter(|port| !ports.contains(port)));
    }
    let (hosts, ports) = (hosts.join(", "), ports.iter().map(u16::to_string).collect::<Vec<_>>());
    let ports = match ports.as_slice() {
        [] => String::new(),
        [one] => format!(" (port {one})"),
        many => format!(" (ports {})", many.join(", ")),
    };
    match class {
        Class::Refused => format!("nobody listens on {hosts}{ports}"),
        Class::Unreachable => format!("no way leads to {hosts}{ports}"),
        _ => format!("{hosts} does not answer{ports}"),
    }
}
