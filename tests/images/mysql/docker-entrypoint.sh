#!/usr/bin/env bash
# Start-up of the stand-in for the official `mysql` image: the same variables, the same order of
# events, the same lines in the log. ../README.md lists what is honoured.
set -Eeo pipefail # without -u: init scripts are read into this shell and may not expect it

template=/usr/local/share/mysql-template
socket=/var/run/mysqld/mysqld.sock

main() {
    # Options alone belong to the server: `docker run IMAGE --max-connections=10`.
    if [[ $# -eq 0 || ${1:0:1} == - ]]; then
        set -- mysqld "$@"
    fi
    # Another command (bash, mysqldump, …) runs as it was given.
    if [[ $1 != mysqld ]] || only_asks "$@"; then
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
        note 'MySQL init process done. Ready for start up.'
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
    for name in MYSQL_{ROOT_PASSWORD,ROOT_HOST,DATABASE,USER,PASSWORD}; do
        read_setting "$name"
    done
    require_password
    fill_directory "$@"
    start_temporary_server "$@"
    make_users
    run_init_scripts
    stop_temporary_server
}

# Sets $1 from itself or from the file that ${1}_FILE names.
read_setting() {
    local name=$1 file_name=${1}_FILE
    if [[ -n ${!name:-} && -n ${!file_name:-} ]]; then
        fail "both $name and $file_name are set; set one of them"
    fi
    local value=${!name:-}
    if [[ -z $value && -n ${!file_name:-} ]]; then
        value=$(<"${!file_name}")
    fi
    export "$name=$value"
    unset "$file_name"
}

require_password() {
    if [[ -z $MYSQL_ROOT_PASSWORD && -z ${MYSQL_ALLOW_EMPTY_PASSWORD:-} ]]; then
        fail 'Database is uninitialized and password option is not specified.' \
            'Set MYSQL_ROOT_PASSWORD, or MYSQL_ALLOW_EMPTY_PASSWORD=1 to let everybody in.'
    fi
}

# Options of the storage engine may decide what its files look like: the copy would not fit them.
fill_directory() {
    if [[ " $* " =~ [[:space:]]--(innodb|lower) ]]; then
        "$@" --initialize-insecure --autocommit=1
    else
        cp --recursive --sparse=always "$template/." "$data/"
    fi
}

start_temporary_server() {
    note 'Starting temporary server'
    "$@" --skip-networking --socket="$socket" --mysqlx=OFF &
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
    MYSQL_PWD=$password mysql --no-defaults --user=root --protocol=socket --socket="$socket" --batch "$@"
}

make_users() {
    local password=$(quoted "$MYSQL_ROOT_PASSWORD") host=${MYSQL_ROOT_HOST:-%}
    {
        echo 'SET @@SESSION.SQL_LOG_BIN=0;'
        echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $password;"
        echo "GRANT ALL ON *.* TO 'root'@'localhost' WITH GRANT OPTION;"
        if [[ $host != localhost ]]; then
            echo "CREATE USER 'root'@$(quoted "$host") IDENTIFIED BY $password;"
            echo "GRANT ALL ON *.* TO 'root'@$(quoted "$host") WITH GRANT OPTION;"
        fi
        if [[ -n $MYSQL_DATABASE ]]; then
            echo "CREATE DATABASE IF NOT EXISTS $(identifier "$MYSQL_DATABASE");"
        fi
        if [[ -n $MYSQL_USER && -n $MYSQL_PASSWORD ]]; then
            echo "CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
            if [[ -n $MYSQL_DATABASE ]]; then
                # An underscore in a database's name would stand for any character here.
                echo "GRANT ALL ON $(identifier "${MYSQL_DATABASE//_/\\_}").* TO $(quoted "$MYSQL_USER")@'%';"
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
            *.sql) root "$MYSQL_ROOT_PASSWORD" ${MYSQL_DATABASE:+"$MYSQL_DATABASE"} < "$file" ;;
            *.sql.gz) gunzip --stdout "$file" |
                root "$MYSQL_ROOT_PASSWORD" ${MYSQL_DATABASE:+"$MYSQL_DATABASE"} ;;
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
