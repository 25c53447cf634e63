#!/usr/bin/env bash
# Start-up of the stand-in for the official `postgres` image: the same variables, the same order
# of events, the same lines in the log. ../README.md lists what is honoured.
set -Eeo pipefail # without -u: init scripts are read into this shell and may not expect it

main() {
    # Options alone belong to the server: `docker run IMAGE -c max_connections=10`.
    if [[ $# -eq 0 || ${1:0:1} == - ]]; then
        set -- postgres "$@"
    fi
    # Another command (bash, pg_basebackup, …) runs as it was given.
    if [[ $1 != postgres ]] || only_asks "$@"; then
        exec "$@"
    fi

    if [[ $(id -u) -eq 0 ]]; then
        own_directories
        exec gosu postgres "${BASH_SOURCE[0]}" "$@"
    fi
    own_directories

    if [[ -s $PGDATA/PG_VERSION ]]; then
        echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
    else
        initialise "${@:2}"
        echo 'PostgreSQL init process complete; ready for start up.'
    fi
    exec "$@"
}

# Whether the server is only asked for its version, its help or a setting.
only_asks() {
    local argument
    for argument; do
        case $argument in
            -\? | --help | --describe-config | -V | --version | -C) return 0 ;;
        esac
    done
    return 1
}

own_directories() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 0700 "$PGDATA" 2>/dev/null || true
    chmod 3775 /var/run/postgresql 2>/dev/null || true
    if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
        mkdir -p "$POSTGRES_INITDB_WALDIR"
        chmod 0700 "$POSTGRES_INITDB_WALDIR"
    fi
    if [[ $(id -u) -eq 0 ]]; then
        find "$PGDATA" /var/run/postgresql ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"} \
            ! -user postgres -exec chown postgres {} +
    fi
}

# Makes the cluster, the user and the database, and runs the init scripts. The server that does
# so listens on the Unix socket only: who connects over TCP never meets a half-made database.
initialise() {
    read_setting POSTGRES_PASSWORD ''
    read_setting POSTGRES_USER postgres
    read_setting POSTGRES_DB "$POSTGRES_USER"
    read_setting POSTGRES_INITDB_ARGS ''
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
    require_password
    # psql and the init scripts log in with it.
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}

    make_cluster
    allow_hosts "$@"
    start_temporary_server "$@"
    make_database
    run_init_scripts
    PGUSER=$POSTGRES_USER pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
    unset PGPASSWORD
    echo
}

# Sets $1 from itself, from the file that ${1}_FILE names, or to the default $2.
read_setting() {
    local name=$1 file_name=${1}_FILE
    if [[ -n ${!name:-} && -n ${!file_name:-} ]]; then
        fail "both $name and $file_name are set; set one of them"
    fi
    local value=${!name:-}
    if [[ -z $value && -n ${!file_name:-} ]]; then
        value=$(<"${!file_name}")
    fi
    export "$name=${value:-$2}"
    unset "$file_name"
}

require_password() {
    if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
        fail 'Database is uninitialized and superuser password is not specified.' \
            'Set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust to let everybody in.'
    fi
}

make_cluster() {
    local wal_directory=()
    if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
        wal_directory=(--waldir "$POSTGRES_INITDB_WALDIR")
    fi
    # POSTGRES_INITDB_ARGS is a line of shell words, quotes included.
    eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD")' \
        '"${wal_directory[@]}"' "$POSTGRES_INITDB_ARGS"
}

# Hosts log in with the method the server stores passwords in, unless told otherwise.
# Replication from other hosts is not allowed here, as in the official image: an init script may
# append a line for it.
allow_hosts() {
    local method=$POSTGRES_HOST_AUTH_METHOD
    if [[ -z $method ]]; then
        method=$(postgres -C password_encryption "$@")
    fi
    printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

start_temporary_server() {
    local options
    printf -v options '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}"
    PGUSER=$POSTGRES_USER pg_ctl --pgdata "$PGDATA" --options "$options" --wait start
}

run_psql() {
    PGHOST='' PGHOSTADDR='' psql --set ON_ERROR_STOP=1 --no-password --no-psqlrc \
        --username "$POSTGRES_USER" "$@"
}

make_database() {
    if [[ $POSTGRES_DB != postgres ]]; then
        run_psql --dbname postgres --set name="$POSTGRES_DB" <<< 'CREATE DATABASE :"name";'
        echo
    fi
}

run_init_scripts() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        [[ -e $file ]] || continue
        case $file in
            *.sh)
                echo "$0: running $file"
                # A script that may not be executed is read into this shell, as in the official image.
                if [[ -x $file ]]; then "$file"; else source "$file"; fi
                ;;
            *.sql) echo "$0: running $file" && run_psql --dbname "$POSTGRES_DB" --file "$file" ;;
            *.sql.gz) echo "$0: running $file" && gunzip -c "$file" | run_psql --dbname "$POSTGRES_DB" ;;
            *) echo "$0: ignoring $file" ;;
        esac
        echo
    done
}

fail() {
    printf 'Error: %s\n' "$1" >&2
    shift
    if [[ $# -gt 0 ]]; then printf '       %s\n' "$@" >&2; fi
    exit 1
}

main "$@"
