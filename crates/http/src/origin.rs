//! Who is asked: scheme, host and port.

/// Scheme, host and port (RFC 9110, section 4.3.1): what credentials are meant for, and no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) is_https: bool,
    /// A name in lower case, or an address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Origin {
    /// RFC 9110, sections 4.2.1 and 4.2.2.
    pub(crate) fn usual_port(is_https: bool) -> u16 {
        if is_https { 443 } else { 80 }
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }

    /// `host[:port]`, the port only where it is not the scheme's usual one.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == Self::usual_port(self.is_https) { host } else { format!("{host}:{}", self.port) }
    }

    /// What the header `Host` says (RFC 9110, section 7.2). A zone is nobody else's business (RFC 6874, section 4).
    pub(crate) fn host_header(&self) -> String {
        let bare = Self { host: self.host.split('%').next().unwrap_or_default().to_owned(), ..self.clone() };
        bare.authority()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_port_and_a_zone_are_not_told_to_the_server() {
        let origin = |is_https, host: &str, port| Origin { is_https, host: host.to_owned(), port };
        assert_eq!(origin(false, "db", 80).host_header(), "db");
        assert_eq!(origin(true, "db", 80).host_header(), "db:80");
        assert_eq!(origin(true, "fe80::1%eth0", 443).host_header(), "[fe80::1]");
        assert_eq!(origin(false, "::1", 8080).authority(), "[::1]:8080");
    }
}
