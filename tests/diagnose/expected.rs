//! What has to be said of set-ups, written by hand.

use crate::case::Said;

/// A set-up, where it broke, words of its cause and words of the next command. Of words with an `or` between any will do.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const TABLE: &[Row] = &[
    (
        "others",
        "a_directory_that_may_not_be_written",
        "write",
        "read_only",
        &["may not write to the directory", "journal"],
        &["ls -la"],
    ),
    ("disk", "a_disk_that_is_full", "write", "disk_full", &["has 0 bytes left"], &["df -h /"]),
    ("files", "a_dump_in_sql", "database", "corrupt", &["a dump in SQL"], &["file /"]),
    ("files", "a_backup_that_is_compressed", "database", "corrupt", &["compressed by gzip"], &["file /"]),
    ("files", "a_file_of_zeros", "database", "corrupt", &["zeros"], &["file /"]),
    ("files", "a_file_on_the_way", "database", "not_found", &["data is not a directory"], &["ls -ld", "/data"]),
    (
        "others",
        "a_file_that_may_not_be_read",
        "privileges",
        "permission",
        &["this user may not read"],
        &["ls -la", "orders.db"],
    ),
    (
        "others",
        "a_file_that_may_not_be_written",
        "write",
        "read_only",
        &["may read", "but not write"],
        &["ls -la", "orders.db"],
    ),
    ("files", "a_slip_of_the_pen", "database", "not_found", &["orders.db is beside its place"], &["ls -la"]),
    (
        "files",
        "a_volume_that_is_not_mounted",
        "database",
        "not_found",
        &["volume does not exist"],
        &["ls -ld", "/volume"],
    ),
    ("files", "an_encrypted_database", "database", "corrupt", &["encrypted"], &["file /"]),
    ("files", "another_ending", "database", "not_found", &["orders.sqlite is beside its place"], &["ls -la"]),
    ("http", "a_body_without_the_text", "read", "query", &["body does not contain"], &["curl -sSi"]),
    (
        "http",
        "a_certificate_that_expired",
        "tls",
        "certificate",
        &["expired at 2021-01-01"],
        &["openssl s_client -connect expired.localhost", "-dates"],
    ),
    ("http", "a_redis_server", "database", "protocol", &["Redis"], &["dbprobe check tcp://127.0.0.1"]),
    ("http", "a_page_that_is_missing", "database", "not_found", &["path is misspelt"], &["curl -sSi", "/404"]),
    ("http", "a_listener_that_never_answers", "database", "timeout", &["nothing answers the request"], &["ss -ltnp"]),
    ("http", "a_wrong_password", "auth", "auth", &["401 or password or credentials"], &["curl -sSi -u"]),
    (
        "http",
        "a_server_that_is_not_ready",
        "database",
        "starting",
        &["503 or maintenance or overload or ready"],
        &["dbprobe wait"],
    ),
    (
        "mssql",
        "a_firewall_of_the_service",
        "privileges",
        "permission",
        &["firewall or not allowed or error 40615"],
        &["sqlcmd -S tcp:127.0.0.1"],
    ),
    ("mssql", "a_log_that_is_full", "write", "disk_full", &["log or error 9002"], &["sqlcmd", "LOGSPACE"]),
    ("mssql", "a_wrong_password", "auth", "auth", &["login or Login or password"], &["sqlcmd -S tcp:127.0.0.1"]),
    ("mssql", "an_unknown_database", "database", "not_found", &["database"], &["sqlcmd", "sys.databases"]),
    (
        "mysql",
        "a_certificate_for_another_name",
        "tls",
        "certificate",
        &["made for db.example"],
        &["openssl s_client", "-starttls mysql", "subjectAltName"],
    ),
    (
        "mysql",
        "a_health_table_that_is_missing",
        "database",
        "not_found",
        &["_health_check or table"],
        &["dbprobe init"],
    ),
    (
        "mysql",
        "a_health_table_that_may_not_be_written",
        "privileges",
        "permission",
        &["no grant", "on the table"],
        &["dbprobe init", "--print"],
    ),
    ("mysql", "a_host_that_is_blocked", "auth", "auth", &["blocked or errors"], &["mysql -h 127.0.0.1"]),
    ("mysql", "a_postgres_server", "auth", "protocol", &["PostgreSQL"], &["dbprobe check tcp://127.0.0.1"]),
    (
        "mysql",
        "a_replica_where_a_primary_is_expected",
        "role",
        "role_mismatch",
        &["replica"],
        &["dbprobe check", "--level ping"],
    ),
    ("mysql", "a_row_that_is_locked", "write", "locked", &["lock or Lock"], &["dbprobe pool"]),
    ("mysql", "a_wrong_password", "auth", "auth", &["password or Access denied"], &["mysql -h 127.0.0.1", "-u app -p"]),
    ("mysql", "no_password", "auth", "auth", &["the DSN has none"], &["mysql -h 127.0.0.1", "-u app -p"]),
    ("mysql", "too_many_connections", "auth", "overloaded", &["connections"], &["mysqladmin", "processlist"]),
    (
        "pgbouncer",
        "a_server_behind_it_that_hangs",
        "database",
        "timeout",
        &["pooler whose server is away"],
        &["ss -ltnp"],
    ),
    ("pgbouncer", "a_wrong_password", "auth", "auth", &["that PgBouncer knows"], &["psql -h 127.0.0.1", "-U app"]),
    (
        "pgbouncer",
        "a_wrong_password_at_the_second_place",
        "auth",
        "auth",
        &["that PgBouncer knows; before it failed 127.0.0.1:1 (refused)"],
        &["psql -h 127.0.0.1 -p ", " -U app"],
    ),
    ("pgbouncer", "an_unknown_database", "database", "not_found", &["PgBouncer does not know the database"], &["-l"]),
    ("pgbouncer", "an_unknown_user", "auth", "auth", &["does not have the user"], &["-U nobody"]),
    ("pgbouncer", "the_pooler_s_console", "privileges", "permission", &["own console"], &["psql -h"]),
    (
        "postgres",
        "a_certificate_of_an_unknown_authority",
        "tls",
        "certificate",
        &["not trusted"],
        &["openssl s_client", "-starttls postgres", "-issuer"],
    ),
    ("postgres", "a_health_table_that_is_locked", "write", "locked", &["lock"], &["dbprobe pool"]),
    (
        "postgres",
        "a_health_table_that_may_not_be_written",
        "privileges",
        "permission",
        &["no grant"],
        &["dbprobe init", "--print"],
    ),
    ("postgres", "a_mysql_server", "auth", "protocol", &["MySQL or MariaDB"], &["dbprobe check tcp://127.0.0.1"]),
    ("postgres", "a_name_without_address", "resolve", "dns", &["does not exist"], &["getent hosts"]),
    (
        "postgres",
        "a_port_that_nobody_listens_on",
        "tcp",
        "refused",
        &["nobody listens on 127.0.0.1:1"],
        &["ss -ltnp 'sport = :1'"],
    ),
    (
        "postgres",
        "a_root_certificate_that_is_missing",
        "configure",
        "config",
        &["/does/not/exist.pem"],
        &["ls -l /does/not/exist.pem"],
    ),
    ("postgres", "a_server_that_is_starting", "auth", "starting", &["start"], &["dbprobe wait"]),
    (
        "postgres",
        "a_standby_where_a_primary_is_expected",
        "role",
        "role_mismatch",
        &["primary was expected"],
        &["dbprobe check", "--level ping"],
    ),
    (
        "postgres",
        "a_server_that_stops_in_mid_life",
        "auth",
        "timeout",
        &["takes connections, but nothing answers"],
        &["ss -ltnp"],
    ),
    (
        "postgres",
        "a_synchronous_standby_that_is_missing",
        "write",
        "timeout",
        &["a lock", "waits for a replica that is gone"],
        &["dbprobe pool"],
    ),
    ("postgres", "a_wrong_password", "auth", "auth", &["password"], &["psql -h 127.0.0.1", "-U app"]),
    ("postgres", "an_unknown_database", "database", "not_found", &["database"], &["psql -h 127.0.0.1", "-l"]),
    ("postgres", "tls_that_is_not_offered", "tls", "tls", &["TLS"], &["openssl s_client", "-starttls postgres"]),
    (
        "postgres",
        "too_many_connections",
        "auth",
        "overloaded",
        &["connection"],
        &["psql -h 127.0.0.1", "pg_stat_activity"],
    ),
    (
        "redis",
        "a_database_that_does_not_exist",
        "database",
        "not_found",
        &["database"],
        &["redis-cli", "INFO keyspace"],
    ),
    ("redis", "a_replica_that_lost_its_primary", "database", "starting", &["primary or master"], &["dbprobe wait"]),
    ("redis", "a_server_that_is_loading", "database", "starting", &["just been started"], &["dbprobe wait"]),
    ("redis", "a_server_without_memory", "write", "disk_full", &["maxmemory"], &["redis-cli", "INFO memory"]),
    (
        "redis",
        "a_socket_that_is_not_there",
        "tcp",
        "refused",
        &["there is no socket /tmp/dbprobe-nobody.sock"],
        &["ls -la /tmp"],
    ),
    (
        "redis",
        "a_user_who_may_not_write",
        "privileges",
        "permission",
        &["permission or ACL or allowed"],
        &["dbprobe init", "--print"],
    ),
    ("redis", "an_http_server", "auth", "protocol", &["HTTP"], &["dbprobe check tcp://127.0.0.1"]),
    ("redis", "no_password", "auth", "auth", &["password"], &["redis-cli -h 127.0.0.1"]),
    (
        "redis",
        "the_connection_is_cut_in_the_login",
        "auth",
        "reset",
        &["the server ended the login"],
        &["dbprobe check tcp://127.0.0.1"],
    ),
    (
        "smtp",
        "a_certificate_that_expired",
        "tls",
        "certificate",
        &["expired at 2021-01-01"],
        &["openssl s_client", "-starttls smtp", "-dates"],
    ),
    (
        "smtp",
        "a_wrong_password",
        "auth",
        "auth",
        &["login or password or authentication"],
        &["curl -v --ssl -u", "smtp://127.0.0.1"],
    ),
    ("smtp", "tls_that_is_not_offered", "tls", "tls", &["STARTTLS"], &["openssl s_client", "-starttls smtp"]),
    ("smtp", "a_server_that_says_nothing", "auth", "timeout", &["nothing answers the login"], &["ss -ltnp"]),
    ("sqlite", "damaged_page", "read", "corrupt", &["damaged"], &["sqlite3", "integrity_check"]),
    ("sqlite", "directory", "database", "not_found", &["is a directory, not a file"], &["ls -la"]),
    ("sqlite", "exclusive_lock", "database", "locked", &["holds a lock or locked"], &["fuser -v"]),
    ("sqlite", "missing_directory", "database", "not_found", &["does not exist"], &["ls -ld", "/no"]),
    ("sqlite", "missing_file", "database", "not_found", &["there is no file"], &["ls -la"]),
    ("sqlite", "not_a_database", "database", "corrupt", &["is text"], &["file /"]),
    ("sqlite", "writer_s_lock", "write", "locked", &["lock"], &["fuser -v"]),
    ("tcp", "a_network_without_a_route", "tcp", "unreachable", &["no way"], &["ip route get"]),
    ("tcp", "a_port_whose_queue_is_full", "tcp", "timeout", &["no answer at all"], &["ss -ltnp"]),
    ("tcp", "a_mysql_server_that_is_full", "auth", "overloaded", &["connections"], &["nc -v"]),
    (
        "tcp",
        "another_protocol_than_the_dsn_names",
        "auth",
        "protocol",
        &["speaks or answers or is"],
        &["dbprobe check tcp://127.0.0.1"],
    ),
];

fn row(said: &Said) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.0 == said.engine && row.1 == said.set_up)
}

/// Whether something is expected of the set-up.
pub(crate) fn has(said: &Said) -> bool {
    row(said).is_some()
}

/// What is not as expected.
pub(crate) fn compare(engine: &str, all: &[Said]) -> Vec<String> {
    let mut wrong = Vec::new();
    for said in all {
        let Some((_, set_up, rung, class, cause, next)) = row(said) else { continue };
        let holds =
            |text: &str, words: &[&str]| words.iter().all(|one| one.split(" or ").any(|one| text.contains(one)));
        if (said.rung.as_str(), said.class.as_str()) != (*rung, *class) {
            wrong.push(format!("{engine} {set_up}: {} {} is not {rung} {class}", said.rung, said.class));
        }
        if !holds(&said.cause, cause) {
            wrong.push(format!("{engine} {set_up}: {cause:?} is not in the cause: {}", said.cause));
        }
        if !holds(&said.next, next) {
            wrong.push(format!("{engine} {set_up}: {next:?} is not in the next command: {}", said.next));
        }
    }
    let is_missing = |row: &&Row| row.0 == engine && !all.iter().any(|said| said.set_up == row.1);
    wrong.extend(TABLE.iter().filter(is_missing).map(|row| format!("{engine} {}: it was not set up", row.1)));
    wrong
}
