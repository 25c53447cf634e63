//! Where a redirect leads.

use std::net::Ipv6Addr;

use crate::origin::Origin;

/// Where a redirect leads: what is asked next, of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) origin: Origin,
    /// As it is sent: path and query.
    pub(crate) path: String,
}

impl Place {
    /// Resolves `location` as seen from here (RFC 3986, section 5.2, RFC 9110, section 10.2.2). A fragment and a user
    /// in it are dropped; nothing where it is no HTTP URL.
    pub(crate) fn join(&self, location: &str) -> Option<Self> {
        let location = location.split('#').next().unwrap_or_default();
        if !location.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (scheme, rest) = match location.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => (Some(scheme), rest),
            _ => match location.strip_prefix("//") {
                Some(rest) => (Some(self.origin.scheme()), rest),
                None => (None, location),
            },
        };
        let Some(scheme) = scheme else { return Some(self.beside(rest)) };
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let origin = origin(authority.rsplit('@').next().unwrap_or_default(), is_https)?;
        Some(Self { origin, path: rooted(path) })
    }

    /// A reference without a host.
    fn beside(&self, reference: &str) -> Self {
        let here = self.path.split('?').next().unwrap_or_default();
        let path = match reference.chars().next() {
            None => self.path.clone(),
            Some('/') => rooted(reference),
            Some('?') => format!("{here}{reference}"),
            Some(_) => {
                let directory = &here[..=here.rfind('/').unwrap_or_default()];
                rooted(&format!("{directory}{reference}"))
            }
        };
        Self { origin: self.origin.clone(), path }
    }

    /// The place as it may be shown: what a query holds is often a ticket.
    pub(crate) fn shown(&self) -> String {
        let (path, query) = match self.path.split_once('?') {
            Some((path, _)) => (path, "?***"),
            None => (self.path.as_str(), ""),
        };
        format!("{}://{}{path}{query}", self.origin.scheme(), self.origin.authority())
    }
}

fn origin(authority: &str, is_https: bool) -> Option<Origin> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, behind)) => (address.parse::<Ipv6Addr>().ok()?.to_string(), behind.strip_prefix(':')),
        None => match authority.split_once(':') {
            Some((host, port)) => (host.to_ascii_lowercase(), Some(port)),
            None => (authority.to_ascii_lowercase(), None),
        },
    };
    let sound = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    if host.is_empty() || !sound(&host) {
        return None;
    }
    let port = match port {
        None | Some("") => Origin::usual_port(is_https),
        Some(digits) if !digits.starts_with('+') => digits.parse().ok().filter(|port| *port > 0)?,
        Some(_) => return None,
    };
    Some(Origin { is_https, host, port })
}

/// The path without `.` and `..` (RFC 3986, section 5.2.4), beginning with `/`; the query as it is.
fn rooted(path: &str) -> String {
    let (path, query) = match path.find('?') {
        Some(at) => path.split_at(at),
        None => (path, ""),
    };
    let mut kept: Vec<&str> = Vec::new();
    let mut names = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        match name {
            "." | ".." => {
                if name == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            name => kept.push(name),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(location: &str) -> Option<String> {
        let origin = Origin { is_https: true, host: "db".to_owned(), port: 8443 };
        let place = Place { origin, path: "/a/b?token=x".to_owned() };
        place
            .join(location)
            .map(|place| format!("{}://{}{}", place.origin.scheme(), place.origin.authority(), place.path))
    }

    #[test]
    fn references_are_resolved_as_the_standard_says() {
        for (location, expected) in [
            ("http://other/x?y#z", "http://other/x?y"),
            ("HTTPS://Other:443", "https://other/"),
            ("https://u:p@other:8080/x", "https://other:8080/x"),
            ("//other/x", "https://other/x"),
            ("/x/../y/./z", "https://db:8443/y/z"),
            ("c", "https://db:8443/a/c"),
            ("../c/", "https://db:8443/c/"),
            ("..", "https://db:8443/"),
            ("?q=/../", "https://db:8443/a/b?q=/../"),
            ("", "https://db:8443/a/b?token=x"),
            ("#top", "https://db:8443/a/b?token=x"),
            ("http://[::1]:90/", "http://[::1]:90/"),
            ("../../../../x", "https://db:8443/x"),
        ] {
            assert_eq!(join(location).as_deref(), Some(expected), "{location}");
        }
    }

    #[test]
    fn what_is_no_http_url_leads_nowhere() {
        for location in ["ftp://x/", "http://", "http://a b/", "http://x:0/", "http://x:99999/", "http://x{y}/", "/ä"]
        {
            assert_eq!(join(location), None, "{location}");
        }
    }

    #[test]
    fn a_query_is_not_shown() {
        let origin = Origin { is_https: false, host: "sso".to_owned(), port: 80 };
        assert_eq!(Place { origin, path: "/login?ticket=hunter2".to_owned() }.shown(), "http://sso/login?***");
    }
}
