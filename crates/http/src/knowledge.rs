//! Status → name, class, cause, advice: one table. It is about a status that was not expected.

use dbprobe_core::Class::{
    Auth, Certificate, DiskFull, Locked, NotFound, Overloaded, Permission, Protocol, Query, Refused, Starting, Timeout,
    Tls, Unreachable, Unsupported,
};
use dbprobe_core::Knowledge;

/// The codes with which Cloudflare answers for a server behind it.
const CLOUDFLARE: &str =
    "https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/";

/// A row about a status of the standard: the number of the RFC, and the section.
macro_rules! rfc {
    ($code:literal, $name:literal, $class:ident, $number:literal, $section:literal) => {
        Knowledge::new(
            $code,
            $name,
            $class,
            concat!("https://www.rfc-editor.org/rfc/rfc", $number, "#section-", $section),
        )
    };
}

/// Single codes stand above their range.
pub(crate) const KNOWLEDGE: &[Knowledge] = &[
    // 1xx
    rfc!("101", "Switching Protocols", Protocol, "9110", "15.2.2")
        .because("the path is that of a WebSocket or another protocol")
        .advise("the server changes to another protocol unasked: check the path"),
    rfc!("1*", "Informational", Protocol, "9110", "15.2")
        .because("the server or a proxy before it never got to its answer")
        .advise("an interim answer is no answer: check the server, and proxies before it"),
    // 2xx
    rfc!("2*", "Successful", Query, "9110", "15.3")
        .because("the page answers, with another status than is expected here")
        .advise("the server is content, but the answer is not the expected one: compare with `status=`"),
    // 3xx
    rfc!("304", "Not Modified", Query, "9110", "15.4.5")
        .because("a cache stands before the server, for nothing conditional was asked")
        .advise("a cache answers what nobody asked: check the proxies before the server"),
    rfc!("3*", "Redirection", Query, "9110", "15.4")
        .because("the page has moved, or wants https or a login")
        .advise("write the new URL, or let redirects be followed with `#follow=3`"),
    // 4xx
    rfc!("400", "Bad Request", Query, "9110", "15.5.1")
        .because("the server takes the request for wrong, as one that speaks TLS does with a plain one")
        .advise("the server takes the request for wrong: compare with `curl -v`"),
    rfc!("401", "Unauthorized", Auth, "9110", "15.5.2")
        .because("the page wants a login, and none is given, or the password or token is wrong or has expired")
        .advise("check the user and the password, or the header `Authorization`"),
    rfc!("402", "Payment Required", Query, "9110", "15.5.3")
        .because("a hosted service has been switched off for want of payment or quota")
        .advise("look into the service's account"),
    rfc!("403", "Forbidden", Permission, "9110", "15.5.4")
        .because("the account lacks the right, or an address list or a web application firewall refuses this machine")
        .advise("the server knows what was asked and refuses it: check the rights, or a list of addresses"),
    rfc!("404", "Not Found", NotFound, "9110", "15.5.5")
        .because("the path is misspelt, or the server has another site for this host name")
        .advise("check the path, and the host name where one server has many sites"),
    rfc!("405", "Method Not Allowed", Query, "9110", "15.5.6")
        .because("the page takes no HEAD, or whatever method the DSN names")
        .advise("this page does not take the method: say `method=GET`"),
    rfc!("406", "Not Acceptable", Query, "9110", "15.5.7")
        .because("the server has no form of the page that the header `Accept` asks for")
        .advise("say with `header=Accept:…` what may come"),
    rfc!("407", "Proxy Authentication Required", Auth, "9110", "15.5.8")
        .because("a proxy stands between here and the server and wants a login")
        .advise("a proxy stands in between and wants a login: dbprobe uses none, check the route"),
    rfc!("408", "Request Timeout", Timeout, "9110", "15.5.9")
        .because("something in between held the request back")
        .advise("the server waited in vain for the request: see what stands in between"),
    rfc!("410", "Gone", NotFound, "9110", "15.5.11")
        .because("the page was taken away for good")
        .advise("the page was taken away for good: ask for another one"),
    rfc!("421", "Misdirected Request", Query, "9110", "15.5.20")
        .because("a balancer or a certificate for many names led to the wrong server")
        .advise("this server is not the one for that host name: check the name, the certificate and the balancer"),
    rfc!("423", "Locked", Locked, "4918", "11.3")
        .because("somebody else holds a lock on the page")
        .advise("somebody holds a lock on it: wait, or see the server's log for whom"),
    rfc!("425", "Too Early", Query, "8470", "5.2")
        .because("the server takes nothing in early data, which a proxy in between used")
        .advise("the server did not want to take a request in early data: try again"),
    rfc!("426", "Upgrade Required", Unsupported, "9110", "15.5.22")
        .because("the page is only there in HTTP/2 or in TLS")
        .advise("the server wants another protocol than HTTP/1.1"),
    rfc!("429", "Too Many Requests", Overloaded, "6585", "4")
        .because("this address or account asks more often than the server allows")
        .advise("the server limits how often it is asked: probe less often, or lift it"),
    rfc!("431", "Request Header Fields Too Large", Query, "6585", "5")
        .because("a cookie or a token in the headers is longer than the server takes")
        .advise("send shorter headers, or raise the server's limit"),
    rfc!("451", "Unavailable For Legal Reasons", Permission, "7725", "3")
        .because("the page is blocked by law, mostly by country")
        .advise("the server may not show it, for legal reasons"),
    rfc!("4*", "Client Error", Query, "9110", "15.5")
        .because("the server takes the request for wrong")
        .advise("the server takes the request for wrong: compare with `curl -v`"),
    // 5xx
    rfc!("500", "Internal Server Error", Query, "9110", "15.6.1")
        .because("the program behind the page failed")
        .advise("look at the server's own log for this request"),
    rfc!("501", "Not Implemented", Unsupported, "9110", "15.6.2")
        .because("the server does not know the method")
        .advise("the server does not know the method: say `method=GET`"),
    rfc!("502", "Bad Gateway", Unreachable, "9110", "15.6.3")
        .because("the server behind the gateway is down, or answers nonsense")
        .advise("a gateway answers, the server behind it does not: check that one"),
    rfc!("503", "Service Unavailable", Starting, "9110", "15.6.4")
        .because("the program is starting or in maintenance, or a balancer has no server left that is well")
        .advise("the server is starting, in maintenance, not ready or has too much to do: see its log"),
    rfc!("504", "Gateway Timeout", Timeout, "9110", "15.6.5")
        .because("the server behind the gateway hangs or is too slow")
        .advise("a gateway answers, the server behind it did not in time: check that one"),
    rfc!("505", "HTTP Version Not Supported", Unsupported, "9110", "15.6.6")
        .because("the server does not speak HTTP/1.1")
        .advise("the server wants another version of HTTP than 1.1"),
    rfc!("507", "Insufficient Storage", DiskFull, "4918", "11.5")
        .because("the disk or the quota of the server is full")
        .advise("the server has no room left: free some"),
    rfc!("511", "Network Authentication Required", Auth, "6585", "6")
        .because("a captive portal stands between here and the server")
        .advise("the network itself wants a login: something stands between here and the server"),
    Knowledge::new("520", "Web Server Returned an Unknown Error", Unreachable, CLOUDFLARE)
        .because("the server behind Cloudflare crashed, or its answer is broken")
        .advise("Cloudflare answers, the server behind it makes no sense to it: check that one"),
    Knowledge::new("521", "Web Server Is Down", Refused, CLOUDFLARE)
        .because("the server behind Cloudflare is down, or its firewall refuses Cloudflare's addresses")
        .advise("Cloudflare answers, the server behind it refuses connections: check that one"),
    Knowledge::new("522", "Connection Timed Out", Timeout, CLOUDFLARE)
        .because("the server behind Cloudflare is overloaded, or its firewall drops Cloudflare's addresses")
        .advise("Cloudflare answers, the server behind it takes no connection: check that one"),
    Knowledge::new("523", "Origin Is Unreachable", Unreachable, CLOUDFLARE)
        .because("the address that Cloudflare has for the server is an old one")
        .advise("Cloudflare answers, but finds no way to the server behind it: check its DNS record"),
    Knowledge::new("524", "A Timeout Occurred", Timeout, CLOUDFLARE)
        .because("the server behind Cloudflare took the request and took too long to answer it")
        .advise("Cloudflare answers, the server behind it did not in time: check that one"),
    Knowledge::new("525", "SSL Handshake Failed", Tls, CLOUDFLARE)
        .because("the server behind Cloudflare has no certificate, or shares no version or cipher suite")
        .advise("Cloudflare answers, but cannot agree on TLS with the server behind it"),
    Knowledge::new("526", "Invalid SSL Certificate", Certificate, CLOUDFLARE)
        .because("the certificate of the server behind Cloudflare has expired, or is not for this name")
        .advise("Cloudflare answers, but the certificate of the server behind it is not accepted"),
    Knowledge::new("530", "", Query, CLOUDFLARE)
        .because("Cloudflare has no address for the server, mostly a tunnel without a connector")
        .advise(
            "Cloudflare answers with an error of its own (1016, 1033): check the DNS record or `cloudflared \
             tunnel info`",
        ),
    rfc!("5*", "Server Error", Query, "9110", "15.6")
        .because("the program behind the page, or a proxy before it, failed")
        .advise("look at the server's own log for this request"),
];
