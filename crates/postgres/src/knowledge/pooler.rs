//! Refusals of poolers, which are told by their words.

use dbprobe_core::Class::{Auth, NotFound, Overloaded, Permission, Refused, Timeout, Tls};
use dbprobe_core::Knowledge;

/// `src/client.c` and `src/objects.c` of PgBouncer 1.18 to 1.24.
const PGBOUNCER: &str = "https://www.pgbouncer.org/config.html";
/// `src/protocol/child.c` of Pgpool-II.
const PGPOOL: &str = "https://www.pgpool.net/docs/latest/en/html/";
/// `lib/supavisor/client_handler.ex` of Supavisor.
const SUPAVISOR: &str = "https://github.com/supabase/supavisor";

/// Poolers' own refusals, by how they begin: a pooler sends all of them under one code, which tells nothing, in words
/// that it never translates.
pub(crate) const POOLER: &[(&str, Knowledge)] = &[
    (
        "SASL authentication failed",
        Knowledge::new("08P01", "", Auth, PGBOUNCER)
            .because("the password is not the one that PgBouncer knows")
            .advise("check the password, here and in PgBouncer's auth_file"),
    ),
    (
        "password authentication failed",
        Knowledge::new("08P01", "", Auth, PGBOUNCER)
            .because("the password is not the one that PgBouncer knows")
            .advise("check the password, here and in PgBouncer's auth_file"),
    ),
    (
        "auth failed",
        Knowledge::new("08P01", "", Auth, PGBOUNCER)
            .because("PgBouncer does not know the user, or the password is wrong")
            .advise("check the user's name and password in PgBouncer's auth_file"),
    ),
    (
        "no such user",
        Knowledge::new("08P01", "", Auth, PGBOUNCER)
            .because("PgBouncer does not know the user")
            .advise("check the user's name in PgBouncer's auth_file"),
    ),
    (
        "bouncer config error",
        Knowledge::new("08P01", "", Auth, PGBOUNCER)
            .because("PgBouncer's auth_file does not have the user, and its auth_query cannot look the user up")
            .advise(
                "check the user's name; PgBouncer's auth_user must be allowed to carry auth_query out: see its log",
            ),
    ),
    (
        "not allowed",
        Knowledge::new("08P01", "", Permission, PGBOUNCER)
            .because("the database is PgBouncer's own console, which only its admin_users and stats_users may use")
            .advise("name a database of PgBouncer's [databases] in the DSN"),
    ),
    (
        "no such database",
        Knowledge::new("08P01", "", NotFound, PGBOUNCER)
            .because("PgBouncer does not know the database")
            .advise("check the database's name in PgBouncer's [databases]"),
    ),
    // A refusal by the server behind it, passed on in that one's words under a code of PgBouncer's.
    (
        "database \"",
        Knowledge::new("08P01", "", NotFound, PGBOUNCER)
            .because("the server behind PgBouncer has no database of this name")
            .advise("check the database's name in the DSN, and `dbname` in PgBouncer's [databases]"),
    ),
    (
        "no more connections allowed",
        Knowledge::new("08P01", "", Overloaded, PGBOUNCER)
            .because("more clients are connected to PgBouncer than max_client_conn allows")
            .advise("PgBouncer's max_client_conn is reached: see SHOW CLIENTS"),
    ),
    (
        "query_wait_timeout",
        Knowledge::new("08P01", "", Overloaded, PGBOUNCER)
            .because("every server connection of the pool is busy")
            .advise("no server connection became free in time: see SHOW POOLS"),
    ),
    (
        "pgbouncer cannot connect to server",
        Knowledge::new("08P01", "", Refused, PGBOUNCER)
            .because("the server behind PgBouncer is down or cannot be reached")
            .advise("PgBouncer answers, the server behind it does not: check that one"),
    ),
    (
        "server login failed",
        Knowledge::new("08P01", "", Refused, PGBOUNCER)
            .because("the server behind PgBouncer refuses PgBouncer's login")
            .advise("PgBouncer cannot log in to the server behind it: see its log"),
    ),
    (
        "server login has been failing",
        Knowledge::new("08P01", "", Refused, PGBOUNCER)
            .because("the server behind PgBouncer is down, or refuses PgBouncer's login")
            .advise("PgBouncer answers, the server behind it does not let it in: check that one, and PgBouncer's log"),
    ),
    (
        "server_login_retry",
        Knowledge::new("08P01", "", Refused, PGBOUNCER)
            .because("the server behind PgBouncer refused PgBouncer's last login")
            .advise("PgBouncer cannot log in to the server behind it: see its log"),
    ),
    (
        "client_login_timeout",
        Knowledge::new("08P01", "", Timeout, PGBOUNCER)
            .because("the server behind PgBouncer did not answer during the login")
            .advise("PgBouncer could not finish the login in time: check the server behind it"),
    ),
    (
        "SSL required",
        Knowledge::new("08P01", "", Tls, PGBOUNCER)
            .because("PgBouncer's client_tls_sslmode asks for TLS")
            .advise("PgBouncer wants TLS: say sslmode=require or stronger"),
    ),
    (
        "pgpool is not accepting any new connections",
        Knowledge::new("XX000", "", Refused, PGPOOL)
            .because("Pgpool-II holds every server behind it for down")
            .advise("see `show pool_nodes`; once a server is well, attach it again with pcp_attach_node"),
    ),
    (
        "all backend nodes are down",
        Knowledge::new("XX000", "", Refused, PGPOOL)
            .because("Pgpool-II holds every server behind it for down")
            .advise("see `show pool_nodes`; once a server is well, attach it again with pcp_attach_node"),
    ),
    (
        "Tenant or user not found",
        Knowledge::new("XX000", "", Auth, SUPAVISOR)
            .because("Supavisor finds no project for this user's name, or the project is paused or of another region")
            .advise("write the user as ROLE.PROJECT, and check the pooler's host name in the project's settings"),
    ),
    (
        "Max client connections reached",
        Knowledge::new("XX000", "", Overloaded, SUPAVISOR)
            .because("more clients are connected to Supavisor than the project's pool allows")
            .advise("close clients that are idle, or raise the pool's limit in the project's settings"),
    ),
];
