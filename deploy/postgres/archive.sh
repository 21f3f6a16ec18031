#!/bin/sh
# archive.sh PATH NAME: Postgres calls it for each full file of its log. Never overwrites one; a half copy never counts.
set -eu
archive=${PITBOSS_ARCHIVE:-/var/lib/postgresql/archive}
mkdir -p "$archive"
test ! -f "$archive/$2"
cp "$1" "$archive/.$2" && sync "$archive/.$2" && mv "$archive/.$2" "$archive/$2"
