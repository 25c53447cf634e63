#!/usr/bin/env bash
# Start-up of the stand-in for the official `redis` and `valkey/valkey` images: the same commands, the
# same user, the same defaults. ../README.md lists what is honoured.
set -euo pipefail

server=$SERVER-server

# Options alone, and a configuration file with options, belong to the server.
if [[ $# -eq 0 || ${1:0:1} == - || $1 == *.conf ]]; then
    set -- "$server" "$@"
fi

if [[ $1 == "$server" ]]; then
    if [[ $(id -u) -eq 0 ]]; then
        find . ! -user "$SERVER" -exec chown "$SERVER" '{}' +
        exec gosu "$SERVER" "${BASH_SOURCE[0]}" "$@"
    fi
    # The official images are compiled without the protected mode, which lets only this host in as
    # long as there is no password. Debian's server is told so first: what follows may say otherwise.
    shift
    if [[ $# -gt 0 && ${1:0:1} != - ]]; then
        configuration=$1
        shift
        # Options override the file, so one that has its own mind is left alone.
        if grep --quiet '^[[:space:]]*protected-mode' "$configuration" 2> /dev/null; then
            set -- "$configuration" "$@"
        else
            set -- "$configuration" --protected-mode no "$@"
        fi
    elif [[ $# -eq 0 || $1 == --?* ]] && [[ ${1:-} != --version && ${1:-} != --help && ${1:-} != --test-memory ]]; then
        set -- --protected-mode no "$@"
    fi
    umask 0077
    exec "$server" "$@"
fi

exec "$@"
