#!/usr/bin/env bash
# An init script for a primary: lets a standby on another host log in for replication.
set -euo pipefail
echo 'host replication all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
