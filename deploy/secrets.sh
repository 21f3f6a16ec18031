#!/bin/sh
# Makes the secrets of docker-compose.yml as files in ./secrets (or the folder that is given). What exists stays.
set -eu
folder=${1:-secrets}
mkdir -p "$folder" && chmod 700 "$folder"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
keep() {
  [ -s "$folder/$1" ] || printf %s "$2" > "$folder/$1"
  chmod 444 "$folder/$1"  # services run as users of their own; the folder keeps all others out
}

keep postgres_password "$(random)"
keep redis_password "$(random)"
keep ray_token "$(random)"
keep pitboss_metrics_token "$(random)"
keep pitboss_database_url "postgresql://pitboss:$(cat "$folder/postgres_password")@postgres/pitboss"
keep pitboss_redis_url "redis://:$(cat "$folder/redis_password")@redis:6379/1"
echo "secrets are in $folder"
