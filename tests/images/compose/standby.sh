#!/usr/bin/env bash
# The command of a streaming standby, in the official image and in the stand-in alike: copies the
# primary PRIMARY_HOST once, then follows it. Run as root; the data belongs to user postgres.
set -euo pipefail

if [[ $(id -u) -eq 0 ]]; then
    install --directory --owner postgres --group postgres --mode 0700 "$PGDATA"
    exec gosu postgres "${BASH_SOURCE[0]}"
fi

if [[ ! -s $PGDATA/PG_VERSION ]]; then
    PGPASSWORD=$POSTGRES_PASSWORD pg_basebackup --host "$PRIMARY_HOST" --username "$POSTGRES_USER" \
        --pgdata "$PGDATA" --wal-method stream --checkpoint fast --write-recovery-conf
fi
exec postgres
