//! The line, and the proxies on it: the 2,000s are the client library's, which proxies use for what they meet
//! behind them, and the 9,000s ProxySQL's.

use dbprobe_core::Class::{Protocol, Query, Refused, Reset, Timeout, Tls, Unsupported};
use dbprobe_core::Knowledge;

use super::source::{client, mariadb, server};

const NETWORK: &str = "the server lost its connection: look for a proxy, a firewall or net_read_timeout in between";
const PLUGIN: &str = "give dbprobe an account with caching_sha2_password, mysql_native_password or ed25519";
/// ProxySQL's own numbers.
const PROXYSQL: &str = "https://proxysql.com/documentation/error-codes/";

pub(super) const ROWS: &[Knowledge] = &[
    server!("1043", "ER_HANDSHAKE_ERROR", Protocol, "er_handshake_error")
        .because("a proxy or a load balancer changed or cut the login")
        .advise("the server did not understand the login: look for a proxy in between"),
    server!("1152", "ER_ABORTING_CONNECTION", Reset, "er_aborting_connection")
        .because("the connection broke off, mostly because the client or a proxy went away")
        .advise(NETWORK),
    server!("1156", "ER_NET_PACKETS_OUT_OF_ORDER", Protocol, "er_net_packets_out_of_order")
        .because("a proxy or another client writes on the same connection")
        .advise("packets came out of order: look for a proxy in between"),
    server!("1157", "ER_NET_UNCOMPRESS_ERROR", Protocol, "er_net_uncompress_error")
        .because("a proxy changed what was sent")
        .advise("a packet could not be unpacked: look for a proxy in between"),
    server!("1158", "ER_NET_READ_ERROR", Reset, "er_net_read_error")
        .because("the network failed while the server was reading")
        .advise(NETWORK),
    server!("1159", "ER_NET_READ_INTERRUPTED", Reset, "er_net_read_interrupted")
        .because("nothing came for longer than net_read_timeout")
        .advise(NETWORK),
    server!("1160", "ER_NET_ERROR_ON_WRITE", Reset, "er_net_error_on_write")
        .because("the network failed while the server was writing")
        .advise(NETWORK),
    server!("1161", "ER_NET_WRITE_INTERRUPTED", Reset, "er_net_write_interrupted")
        .because("the client took nothing for longer than net_write_timeout")
        .advise(NETWORK),
    server!("1184", "ER_NEW_ABORTING_CONNECTION", Reset, "er_new_aborting_connection")
        .because("the connection broke off, mostly because the client or a proxy went away")
        .advise(NETWORK),
    mariadb!("1927", "ER_CONNECTION_KILLED", Reset)
        .because("an administrator ended it with KILL, or MaxScale lost the server behind it")
        .advise("an administrator or a limit ended the session (KILL): see the server's log"),
    client!("2002", "CR_CONNECTION_ERROR", Refused, "cr_connection_error")
        .because("the server behind the proxy is down or cannot be reached")
        .advise("the proxy answers, the server behind it does not: check that one"),
    client!("2003", "CR_CONN_HOST_ERROR", Refused, "cr_conn_host_error")
        .because("the server behind the proxy is down or cannot be reached")
        .advise("the proxy answers, the server behind it does not: check that one"),
    client!("2005", "CR_UNKNOWN_HOST", Refused, "cr_unknown_host")
        .because("the name of the server behind the proxy has no address")
        .advise("the proxy does not find the server behind it: check its name there"),
    client!("2006", "CR_SERVER_GONE_ERROR", Reset, "cr_server_gone_error")
        .because("the server behind the proxy closed the connection: a restart, or wait_timeout")
        .advise("the proxy lost the server behind it: see both logs"),
    client!("2013", "CR_SERVER_LOST", Reset, "cr_server_lost")
        .because("the server behind the proxy closed the connection in the middle of a statement: a crash or a restart")
        .advise("the proxy lost the server behind it: see both logs"),
    client!("2026", "CR_SSL_CONNECTION_ERROR", Tls, "cr_ssl_connection_error")
        .because("the server offers no TLS, or a proxy could not agree on it with the server behind it")
        .advise("turn TLS on with ssl_cert and ssl_key; of a proxy check the certificates of the server behind it"),
    client!("2059", "CR_AUTH_PLUGIN_CANNOT_LOAD", Unsupported, "cr_auth_plugin_cannot_load")
        .because("the account's plugin is none that dbprobe has, such as LDAP, Kerberos or PAM")
        .advise(PLUGIN),
    client!("2061", "CR_AUTH_PLUGIN_ERR", Unsupported, "cr_auth_plugin_err")
        .because(
            "the account's password may only travel under TLS or with the server's public key \
             (caching_sha2_password)",
        )
        .advise("use TLS (ssl-mode=REQUIRED): without it the account's plugin needs the server's public key"),
    server!("3169", "ER_SESSION_WAS_KILLED", Reset, "er_session_was_killed")
        .because("an administrator or a limit ended it with KILL")
        .advise("an administrator or a limit ended the session (KILL): see the server's log"),
    server!("4031", "ER_CLIENT_INTERACTION_TIMEOUT", Reset, "er_client_interaction_timeout")
        .because("nothing was asked for longer than wait_timeout")
        .advise(
            "the session was idle for longer than wait_timeout: raise it, or let the pool drop idle sessions \
             earlier",
        ),
    Knowledge::new("9001", "", Timeout, PROXYSQL)
        .because("no server of the hostgroup is up, or none has a free connection")
        .advise("ProxySQL reached no server of the hostgroup in time: see its runtime_mysql_servers"),
    Knowledge::new("9002", "", Reset, PROXYSQL)
        .because("every try to connect to a server of the hostgroup failed")
        .advise("ProxySQL lost the server: see its log, and runtime_mysql_servers"),
    Knowledge::new("9006", "", Query, PROXYSQL)
        .because("a SET has bound the session to one hostgroup, and the next statement belongs to another one")
        .advise("let ProxySQL know the statement, or switch mysql-set_query_lock_on_hostgroup off"),
];
