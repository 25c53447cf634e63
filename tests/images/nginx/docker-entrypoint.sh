#!/usr/bin/env bash
# Start-up of the stand-in for the official `nginx` image: runs what is in /docker-entrypoint.d, then
# becomes the server. ../README.md lists what is honoured.
set -Eeo pipefail # without -u: scripts are read into this shell and may not expect it

if [[ $1 == nginx || $1 == nginx-debug ]]; then
    for file in /docker-entrypoint.d/*; do
        [[ -e $file ]] || continue
        case $file in
            *.envsh) if [[ -x $file ]]; then source "$file"; fi ;;
            *.sh) if [[ -x $file ]]; then "$file"; fi ;;
        esac
    done
    echo "$0: Configuration complete; ready for start up"
fi
exec "$@"
