#!/usr/bin/env bash
# Start-up of the stand-in for the `edoburu/pgbouncer` image: writes pgbouncer.ini and the list of
# users from the same variables, then becomes PgBouncer. ../README.md lists what is honoured.
set -euo pipefail

directory=/etc/pgbouncer
auth_file=${AUTH_FILE:-$directory/userlist.txt}

# Settings of section [pgbouncer] that are taken over when the variable of the same name in
# capitals is set.
settings=(
    auth_hba_file auth_query auth_user pool_mode max_client_conn default_pool_size min_pool_size
    reserve_pool_size reserve_pool_timeout max_db_connections max_user_connections
    max_prepared_statements server_reset_query server_check_query server_lifetime
    server_idle_timeout server_connect_timeout server_login_retry client_login_timeout
    client_tls_sslmode client_tls_key_file client_tls_cert_file client_tls_ca_file
    server_tls_sslmode server_tls_key_file server_tls_cert_file server_tls_ca_file
    query_timeout query_wait_timeout client_idle_timeout idle_transaction_timeout
    log_connections log_disconnections log_pooler_errors verbose stats_users
)

# SCRAM needs the password itself, to log the client in and to log in to the server;
# the md5 form holds a hash.
write_users() {
    touch "$auth_file"
    [[ -n ${DB_USER:-} && -n ${DB_PASSWORD:-} ]] || return 0
    local password=$DB_PASSWORD digest
    if [[ ${AUTH_TYPE:-md5} == md5 ]]; then
        digest=$(printf '%s' "$DB_PASSWORD$DB_USER" | md5sum)
        password=md5${digest%% *}
    fi
    printf '"%s" "%s"\n' "${DB_USER//\"/\"\"}" "${password//\"/\"\"}" >> "$auth_file"
}

write_settings() {
    cat << INI
[databases]
${DB_NAME:-*} = host=${DB_HOST:?DB_HOST names the PostgreSQL server} port=${DB_PORT:-5432} auth_user=${DB_USER:-postgres}

[pgbouncer]
listen_addr = ${LISTEN_ADDR:-0.0.0.0}
listen_port = ${LISTEN_PORT:-5432}
unix_socket_dir = ${UNIX_SOCKET_DIR:-}
auth_file = $auth_file
auth_type = ${AUTH_TYPE:-md5}
admin_users = ${ADMIN_USERS:-postgres}
ignore_startup_parameters = ${IGNORE_STARTUP_PARAMETERS:-extra_float_digits}
INI
    local setting variable
    for setting in "${settings[@]}"; do
        variable=${setting^^}
        if [[ -n ${!variable:-} ]]; then
            echo "$setting = ${!variable}"
        fi
    done
}

if [[ ! -e $directory/pgbouncer.ini ]]; then
    umask 077
    write_users
    write_settings > "$directory/pgbouncer.ini"
fi
exec "$@"
