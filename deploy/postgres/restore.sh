#!/bin/sh
# restore.sh NAME MOMENT: the base backup of this name takes the place of the data; Postgres then goes on to the moment,
# such as '2026-11-28 16:00:00+00'. Postgres must be stopped. The present data is kept beside it.
# As root: the folder above the data is not Postgres's.
set -eu
root=${PITBOSS_BACKUPS:-/var/lib/postgresql}
test -n "$2"
mv "$PGDATA" "$PGDATA-before-$(date -u +%Y%m%dT%H%M%SZ)"
cp -a "$root/base-$1" "$PGDATA"
cat >> "$PGDATA/postgresql.auto.conf" <<CONF
restore_command = 'cp ${PITBOSS_ARCHIVE:-$root/archive}/%f %p'
recovery_target_time = '$2'
recovery_target_action = 'promote'
CONF
touch "$PGDATA/recovery.signal"
echo "start Postgres: it goes on to $2"
