//! What is known about the codes of names, sockets, certificates and TLS: one table.

use dbprobe_core::Class::{Auth, Certificate, Dns, Internal, Permission, Refused, Reset, Tls, Unreachable};
use dbprobe_core::Knowledge;

/// Section 6.2 of TLS 1.3; the alerts that only TLS 1.2 has stand in RFC 5246, section 7.2.2, by the same words.
const ALERTS: &str = "https://www.rfc-editor.org/rfc/rfc8446#section-6.2";
const REGISTRY: &str = "https://www.iana.org/assignments/tls-parameters/tls-parameters.xhtml#tls-parameters-6";
const WEBPKI: &str = "https://docs.rs/rustls-webpki/latest/webpki/enum.Error.html#variant.CaUsedAsEndEntity";

const AGAIN: &str = "issue the server's certificate anew";
const ALLOWED: &str = "check the permissions of the socket, and the firewall and security policy of this machine";
const AWAY: &str = "check the address, the routes and the firewalls between here and there";
const CUT: &str = "see the server's log for the reason; a crash, a restart, a proxy or a firewall looks like this";
const DEFECT: &str = "the server's log has the reason; the two sides may disagree about TLS itself";
const LOG: &str = "the server's log has the reason";
const LOOK: &str = "look at it with `openssl s_client -showcerts`";
const NAME: &str = "check the spelling, and whether this machine or container is on the network that knows the name";
const OURS: &str = "check the client certificate and its key; the server's log has the reason";
const RENEW: &str = "renew the client certificate";
const RESOLVER: &str = "check the name servers in /etc/resolv.conf, and ask one with `dig`";

/// A row about a reason of rustls', which judges the server's certificate.
macro_rules! rustls {
    ($code:literal, $name:literal, $class:ident, $anchor:literal) => {
        Knowledge::new(
            $code,
            $name,
            $class,
            concat!("https://docs.rs/rustls/latest/rustls/enum.CertificateError.html", $anchor),
        )
    };
}

/// What is known about the codes that failures of this crate carry: answers of name servers, the names of errnos, reasons
/// why a certificate was not accepted, and alerts of TLS.
///
/// It is the same for every engine on a network, and is asked after the engine's own
/// [`Engine::knowledge`](dbprobe_core::Engine::knowledge): whatever a server says comes first.
pub const KNOWLEDGE: &[Knowledge] = &[
    // Names: what the name servers answer.
    Knowledge::new("NXDOMAIN", "", Dns, "https://www.rfc-editor.org/rfc/rfc2308#section-2.1")
        .because("the name does not exist: it is misspelt, or known only on another network, or not created yet")
        .advise(NAME),
    Knowledge::new("NODATA", "", Dns, "https://www.rfc-editor.org/rfc/rfc2308#section-2.2")
        .because("the name exists, but has no IPv4 or IPv6 address")
        .advise(NAME),
    Knowledge::new("SERVFAIL", "", Dns, "https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1")
        .because("the name server could not reach those that know the name, or DNSSEC does not check out")
        .advise(RESOLVER),
    Knowledge::new("REFUSED", "", Dns, "https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1")
        .because("the name server does not answer this machine, or not for this name")
        .advise(RESOLVER),
    Knowledge::new("FORMERR", "", Dns, "https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1")
        .because("the name server, or something between, did not understand the question")
        .advise(RESOLVER),
    Knowledge::new("NOTIMP", "", Dns, "https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1")
        .because("the name server does not carry such questions out")
        .advise(RESOLVER),
    Knowledge::new("RCODE*", "", Dns, "https://www.rfc-editor.org/rfc/rfc6895#section-2.3")
        .because("the name server refuses the question")
        .advise(RESOLVER),
    // Sockets: the errno.
    Knowledge::new("ECONNREFUSED", "", Refused, "https://man7.org/linux/man-pages/man2/connect.2.html")
        .because("the server is down, listens on another port or address, or a firewall rejects the connection")
        .advise("check that the server runs and listens on this address and port: `ss -ltnp` there"),
    Knowledge::new("ECONNRESET", "", Reset, "https://man7.org/linux/man-pages/man7/tcp.7.html")
        .because("the server crashed or was restarted, or a proxy, a balancer or a firewall cut the connection")
        .advise(CUT),
    Knowledge::new("ECONNABORTED", "", Reset, "https://man7.org/linux/man-pages/man3/errno.3.html")
        .because("this machine gave the connection up")
        .advise(CUT),
    Knowledge::new("EPIPE", "", Reset, "https://man7.org/linux/man-pages/man3/errno.3.html")
        .because("the server had closed the connection already, as after a restart or an idle limit")
        .advise(CUT),
    Knowledge::new("ENOTCONN", "", Reset, "https://man7.org/linux/man-pages/man3/errno.3.html")
        .because("the connection was gone already")
        .advise(CUT),
    Knowledge::new("EHOSTUNREACH", "", Unreachable, "https://man7.org/linux/man-pages/man3/errno.3.html")
        .because("the host is off, or a router or a firewall on the way says that it cannot be reached")
        .advise(AWAY),
    Knowledge::new("ENETUNREACH", "", Unreachable, "https://man7.org/linux/man-pages/man2/connect.2.html")
        .because("this machine has no route there, as for IPv6 addresses without IPv6")
        .advise(AWAY),
    Knowledge::new("ENETDOWN", "", Unreachable, "https://man7.org/linux/man-pages/man3/errno.3.html")
        .because("the network interface of this machine is down")
        .advise("check this machine's interfaces: `ip link`"),
    Knowledge::new("EADDRNOTAVAIL", "", Unreachable, "https://man7.org/linux/man-pages/man2/connect.2.html")
        .because("this machine has no address of that family, or no free port left")
        .advise("check that this machine has an address of that family, and free ports"),
    Knowledge::new("EACCES", "", Permission, "https://man7.org/linux/man-pages/man2/connect.2.html")
        .because("this user may not use the socket's file, or a security policy forbids the connection")
        .advise(ALLOWED),
    Knowledge::new("EPERM", "", Permission, "https://man7.org/linux/man-pages/man2/connect.2.html")
        .because("a firewall or a security policy of this machine forbids the connection")
        .advise(ALLOWED),
    Knowledge::new("EMFILE", "", Internal, "https://man7.org/linux/man-pages/man3/errno.3.html")
        .because("this process has as many files open as it may")
        .advise("raise `ulimit -n`, or lower the concurrency"),
    Knowledge::new("ENFILE", "", Internal, "https://man7.org/linux/man-pages/man3/errno.3.html")
        .because("this machine has as many files open as it can")
        .advise("raise fs.file-max, or close programs"),
    // The server's certificate, which is judged here.
    rustls!("bad_encoding", "BadEncoding", Certificate, "#variant.BadEncoding")
        .because("the certificate was made by a tool that does not keep to the standard")
        .advise(AGAIN),
    Knowledge::new("ca_as_server", "CaUsedAsEndEntity", Certificate, WEBPKI)
        .because("a self-signed certificate was made with CA:TRUE, which `openssl req -x509` does by default")
        .advise("issue one with CA:FALSE, or put this very certificate into the root file"),
    rustls!("expired", "Expired", Certificate, "#variant.Expired")
        .because(
            "nobody renewed the certificate, or the server still runs with the old one; else this machine's clock \
             is wrong",
        )
        .advise("renew it and let the server load it; if it looks valid, check this machine's clock"),
    rustls!("name_mismatch", "NotValidForName", Certificate, "#variant.NotValidForName")
        .because("the server is reached by another name or an address that is not in its certificate")
        .advise("connect by a name that it is made for, or issue it for this name too"),
    rustls!("not_yet_valid", "NotValidYet", Certificate, "#variant.NotValidYet")
        .because("this machine's clock is slow, or that of the machine that issued the certificate is fast")
        .advise("check the clocks of this machine and of the one that issued it"),
    rustls!("revoked", "Revoked", Certificate, "#variant.Revoked")
        .because("its issuer has withdrawn the certificate, as after a key was lost")
        .advise(AGAIN),
    rustls!("unknown_issuer", "UnknownIssuer", Certificate, "#variant.UnknownIssuer")
        .because(
            "the authority is a private one that this machine is not told of, or the server leaves out an \
             intermediate certificate",
        )
        .advise(
            "name a root file that holds its authority; where there are intermediate ones, the server must send \
             them",
        ),
    rustls!("untrusted", "", Certificate, "")
        .because("the certificate or its chain breaks a rule, which the message names")
        .advise(LOOK),
    // TLS: the alerts with which a server breaks off. Those about certificates are about ours.
    Knowledge::new("access_denied", "", Auth, ALERTS)
        .because("the server knows the client certificate and does not let its owner in")
        .advise(OURS),
    Knowledge::new("bad_certificate", "", Certificate, ALERTS)
        .because("the client certificate is damaged, or its signature does not check out")
        .advise(OURS),
    Knowledge::new("bad_record_mac", "", Tls, ALERTS).because("something between changed what was sent").advise(DEFECT),
    Knowledge::new("certificate_expired", "", Certificate, ALERTS)
        .because("the client certificate has expired")
        .advise(RENEW),
    Knowledge::new("certificate_required", "", Auth, ALERTS)
        .because("the server wants a client certificate, and the DSN names none")
        .advise("the server wants a client certificate: name one, with its key"),
    Knowledge::new("certificate_revoked", "", Certificate, ALERTS)
        .because("the issuer of the client certificate has withdrawn it")
        .advise(RENEW),
    Knowledge::new("certificate_unknown", "", Certificate, ALERTS)
        .because("the server did not accept the client certificate for a reason of its own")
        .advise(OURS),
    Knowledge::new("decode_error", "", Tls, ALERTS)
        .because("the two sides read the protocol differently, or something between changed it")
        .advise(DEFECT),
    Knowledge::new("decrypt_error", "", Tls, ALERTS)
        .because("a signature of the handshake does not check out: the key does not belong to the certificate")
        .advise(DEFECT),
    Knowledge::new("handshake_failure", "", Tls, ALERTS)
        .because("the two sides share no cipher suite, or the server wants a client certificate")
        .advise(
            "the two sides share no cipher suite, or the server wants a client certificate; its log has the \
             reason",
        ),
    Knowledge::new("illegal_parameter", "", Tls, ALERTS)
        .because("the two sides read the protocol differently, or something between changed it")
        .advise(DEFECT),
    Knowledge::new("inappropriate_fallback", "", Tls, ALERTS)
        .because("something between made the two sides agree on an older version than both know")
        .advise(DEFECT),
    Knowledge::new("insufficient_security", "", Tls, ALERTS)
        .because("the server's policy asks for stronger cipher suites or keys")
        .advise("the server accepts only stronger cipher suites than those offered"),
    Knowledge::new("internal_error", "", Tls, ALERTS)
        .because("the server failed at something of its own, such as reading its key")
        .advise(LOG),
    Knowledge::new("missing_extension", "", Tls, ALERTS)
        .because("the two sides read the protocol differently, or something between changed it")
        .advise(DEFECT),
    Knowledge::new("no_application_protocol", "", Tls, ALERTS)
        .because("another kind of server listens on the port")
        .advise("the server speaks TLS, but not the protocol that was asked for: check the port"),
    Knowledge::new("protocol_version", "", Tls, ALERTS)
        .because("the server is old, or set to old versions of TLS only")
        .advise("the server speaks neither TLS 1.2 nor TLS 1.3: raise its highest version"),
    Knowledge::new("record_overflow", "", Tls, ALERTS)
        .because("the two sides read the protocol differently, or something between changed it")
        .advise(DEFECT),
    Knowledge::new("unexpected_message", "", Tls, ALERTS)
        .because("the two sides read the protocol differently, or something between changed it")
        .advise(DEFECT),
    Knowledge::new("unknown_ca", "", Certificate, ALERTS)
        .because("the server is not told of the authority that issued the client certificate")
        .advise("the server does not trust the issuer of the client certificate: add that authority to the server's"),
    Knowledge::new("unrecognized_name", "", Tls, ALERTS)
        .because("the server, or a balancer before it, has no certificate for the host name that was asked for")
        .advise("the server, or a proxy before it, does not know this host name: check it"),
    Knowledge::new("unsupported_certificate", "", Certificate, ALERTS)
        .because("the client certificate is of a kind that the server does not take")
        .advise(OURS),
    Knowledge::new("unsupported_extension", "", Tls, ALERTS)
        .because("the two sides read the protocol differently, or something between changed it")
        .advise(DEFECT),
    Knowledge::new("user_canceled", "", Tls, ALERTS).because("the server gave the handshake up").advise(LOG),
    Knowledge::new("alert_*", "", Tls, REGISTRY)
        .because("the server broke off for a reason that the standards do not name")
        .advise(DEFECT),
];

/// What stands in the table under `code`, which is one of this crate's.
pub(crate) fn known(code: &str) -> Option<&'static Knowledge> {
    Knowledge::find(KNOWLEDGE, code)
}
