#!/usr/bin/env bash
# Start-up of the browser of the suites. The driver answers to everybody who reaches its port, which is published on
# this machine only; see ../README.md.
set -euo pipefail

if [[ $1 == chromedriver ]]; then
    shift
    set -- chromedriver --port=9515 --allowed-ips= '--allowed-origins=*' "$@"
fi
exec "$@"
