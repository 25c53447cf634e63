#!/usr/bin/env bash
# Start-up of the stand-in for the official `mariadb` image: the same variables, the same order of
# events, the same lines in the log. ../README.md lists what is honoured.
set -Eeo pipefail # without -u: init scripts are read into this shell and may not expect it

template=/usr/local/share/mariadb-template
socket=/run/mysqld/mysqld.sock

main() {
    # Options alone belong to the server: `docker run IMAGE --max-connections=10`.
    if [[ $# -eq 0 || ${1:0:1} == - ]]; then
        set -- mariadbd "$@"
    fi
    # Another command (bash, mariadb-dump, …) runs as it was given.
    if [[ $1 != mariadbd && $1 != mysqld ]] || only_asks "$@"; then
        exec "$@"
    fi

    data=$(setting datadir "$@")
    if [[ $(id -u) -eq 0 ]]; then
        mkdir -p "$data" "${socket%/*}"
        find "$data" "${socket%/*}" ! -user mysql -exec chown mysql: {} +
        exec gosu mysql "${BASH_SOURCE[0]}" "$@"
    fi

    if [[ ! -d $data/mysql ]]; then
        initialise "$@"
        note 'MariaDB init process done. Ready for start up.'
    fi
    exec "$@"
}

# Whether the server is only asked for its version or its help.
only_asks() {
    local argument
    for argument; do
        case $argument in
            -\? | --help | --print-defaults | -V | --version) return 0 ;;
        esac
    done
    return 1
}

# What the server would take a setting to be, with these options.
setting() {
    local name=$1 shown
    shift
    shown=$("$@" --verbose --help --log-bin-index="$(mktemp --dry-run)" 2>/dev/null)
    awk -v name="$name" '$1 == name { $1 = ""; print substr($0, 2); exit }' <<< "$shown"
}

# Makes the data directory, the users and the database, and runs the init scripts. The server that
# does so listens on the Unix socket only: who connects over TCP never meets a half-made database.
initialise() {
    local name
    for name in ROOT_PASSWORD ROOT_HOST DATABASE USER PASSWORD; do
        read_setting "$name"
    done
    require_password
    fill_directory "$@"
    start_temporary_server "$@"
    make_users
    run_init_scripts
    stop_temporary_server
}

# Sets MARIADB_$1 from itself, from MYSQL_$1, or from the file that either names with _FILE.
read_setting() {
    local name=MARIADB_$1 other=MYSQL_$1 candidate file_name value=
    for candidate in "$name" "$other"; do
        file_name=${candidate}_FILE
        if [[ -n ${!candidate:-} && -n ${!file_name:-} ]]; then
            fail "both $candidate and $file_name are set; set one of them"
        fi
        if [[ -z $value ]]; then
            value=${!candidate:-}
        fi
        if [[ -z $value && -n ${!file_name:-} ]]; then
            value=$(<"${!file_name}")
        fi
    done
    export "$name=$value" "$other=$value"
}

require_password() {
    : "${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:=${MYSQL_ALLOW_EMPTY_PASSWORD:-}}"
    if [[ -z $MARIADB_ROOT_PASSWORD && -z $MARIADB_ALLOW_EMPTY_ROOT_PASSWORD ]]; then
        fail 'Database is uninitialized and password option is not specified.' \
            'Set MARIADB_ROOT_PASSWORD, or MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1 to let everybody in.'
    fi
}

# Options of the storage engine may decide what its files look like: the copy would not fit them.
fill_directory() {
    if [[ " $* " =~ [[:space:]]--(innodb|lower) ]]; then
        mariadb-install-db --datadir="$data" --skip-test-db --auth-root-authentication-method=normal \
            --skip-log-bin "${@:2}" > /dev/null
    else
        cp --recursive --sparse=always "$template/." "$data/"
    fi
}

start_temporary_server() {
    note 'Starting temporary server'
    "$@" --skip-networking --socket="$socket" --skip-log-bin --wsrep-on=OFF &
    temporary=$!
    local attempt
    for attempt in {1..600}; do
        if root '' <<< 'SELECT 1' &> /dev/null; then
            note 'Temporary server started.'
            return
        fi
        kill -0 "$temporary" 2>/dev/null || break
        sleep 0.05
    done
    fail 'Unable to start server.'
}

stop_temporary_server() {
    note 'Stopping temporary server'
    kill "$temporary"
    wait "$temporary"
    note 'Temporary server stopped'
}

# Statements of root over the socket, with a password and perhaps a database.
root() {
    local password=$1
    shift
    MYSQL_PWD=$password mariadb --no-defaults --user=root --protocol=socket --socket="$socket" --batch "$@"
}

make_users() {
    local password=$(quoted "$MARIADB_ROOT_PASSWORD") host=${MARIADB_ROOT_HOST:-%}
    {
        echo 'SET @@SESSION.SQL_LOG_BIN=0;'
        # The template knows root on the machine that built it, too, without a password.
        echo "DELETE FROM global_priv WHERE Host <> 'localhost'; DELETE FROM proxies_priv WHERE Host <> 'localhost';"
        echo 'FLUSH PRIVILEGES;'
        echo "SET PASSWORD FOR 'root'@'localhost' = PASSWORD($password);"
        if [[ $host != localhost ]]; then
            echo "CREATE USER 'root'@$(quoted "$host") IDENTIFIED BY $password;"
            echo "GRANT ALL ON *.* TO 'root'@$(quoted "$host") WITH GRANT OPTION;"
        fi
        if [[ -n $MARIADB_DATABASE ]]; then
            echo "CREATE DATABASE IF NOT EXISTS $(identifier "$MARIADB_DATABASE");"
        fi
        if [[ -n $MARIADB_USER && -n $MARIADB_PASSWORD ]]; then
            echo "CREATE USER $(quoted "$MARIADB_USER")@'%' IDENTIFIED BY $(quoted "$MARIADB_PASSWORD");"
            if [[ -n $MARIADB_DATABASE ]]; then
                # An underscore in a database's name would stand for any character here.
                echo "GRANT ALL ON $(identifier "${MARIADB_DATABASE//_/\\_}").* TO $(quoted "$MARIADB_USER")@'%';"
            fi
        fi
    } | root '' mysql
}

quoted() {
    local text=${1//\\/\\\\}
    printf "'%s'" "${text//\'/\\\'}"
}

identifier() {
    printf '`%s`' "${1//\`/\`\`}"
}

run_init_scripts() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        [[ -e $file ]] || continue
        note "running $file"
        case $file in
            # A script that may not be executed is read into this shell, as in the official image.
            *.sh) if [[ -x $file ]]; then "$file"; else source "$file"; fi ;;
            *.sql) root "$MARIADB_ROOT_PASSWORD" ${MARIADB_DATABASE:+"$MARIADB_DATABASE"} < "$file" ;;
            *.sql.gz) gunzip --stdout "$file" |
                root "$MARIADB_ROOT_PASSWORD" ${MARIADB_DATABASE:+"$MARIADB_DATABASE"} ;;
            *) note "ignoring $file" ;;
        esac
    done
}

note() {
    printf '%s [Note] [Entrypoint]: %s\n' "$(date --rfc-3339=seconds)" "$*"
}

fail() {
    printf '%s [ERROR] [Entrypoint]: %s\n' "$(date --rfc-3339=seconds)" "$*" >&2
    exit 1
}

main "$@"
