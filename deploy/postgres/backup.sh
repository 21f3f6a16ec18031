#!/bin/sh
# backup.sh NAME: a base backup beside the archive, and no log that is older than it. Both belong on another machine.
set -eu
root=${PITBOSS_BACKUPS:-/var/lib/postgresql}
pg_basebackup --username "${POSTGRES_USER:-pitboss}" --pgdata "$root/base-$1" --wal-method none --checkpoint fast
first=$(sed -n 's/^START WAL LOCATION: .*(file \(.*\))$/\1/p' "$root/base-$1/backup_label")
pg_archivecleanup "${PITBOSS_ARCHIVE:-$root/archive}" "$first"
echo "$root/base-$1: a restore needs the archive from $first on"
