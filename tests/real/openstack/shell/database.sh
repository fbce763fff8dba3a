# MariaDB for the services, the migrations, and the snapshot --reset goes back to. Sourced by up.
#
# Durability is switched off throughout: the data can be made again in ten seconds. There is no TCP port, only a socket.
# SQLite is no choice: an eventlet service blocks inside SQLite's lock wait, so the lock's holder never gets its turn.
# shellcheck shell=bash

DATABASES=(keystone placement glance nova_api nova_cell0 nova neutron)

start_database() {
  launch mariadb - mariadbd --no-defaults --user=root --datadir="$STATE/mysql" --socket="$SOCKET" --pid-file="$RUN/mariadbd.own-pid" \
    --skip-networking --skip-log-bin --skip-name-resolve --performance-schema=OFF --max-connections=300 \
    --character-set-server=utf8mb3 --collation-server=utf8mb3_general_ci \
    --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=0 --innodb-stats-persistent=OFF \
    --innodb-buffer-pool-size=96M --innodb-log-file-size=16M --innodb-log-buffer-size=4M \
    --innodb-buffer-pool-dump-at-shutdown=OFF --innodb-buffer-pool-load-at-startup=OFF \
    --aria-pagecache-buffer-size=8M --key-buffer-size=1M --table-open-cache=600
  await mariadb 60 sql -e 'SELECT 1'
}
stop_database() { stop TERM 30 mariadb; }
sql() { mariadb --no-defaults -uroot -S "$SOCKET" "$@"; }

create_databases() {
  local name statements=''
  rm -rf "$STATE/mysql" && mkdir -p "$STATE/mysql"
  mariadb-install-db --no-defaults --user=root --datadir="$STATE/mysql" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve --innodb-log-file-size=16M --innodb-flush-method=nosync --innodb-doublewrite=0 \
    > "$LOG/install-db.log" 2>&1 || { tail -20 "$LOG/install-db.log" >&2; die "mariadb-install-db failed"; }
  start_database
  for name in "${DATABASES[@]}"; do statements+="CREATE DATABASE $name CHARACTER SET utf8mb3;"; done
  sql -e "$statements"
}

manage() { # distribution script arguments... [, arguments...]
  local log=$LOG/$2.log
  lab_python console_script.py "$@" >> "$log" 2>&1 || { tail -20 "$log" >&2; die "$2 failed, see $log"; }
}
# What keystone-manage fernet_setup writes, without its start-up time.
create_token_keys() (
  umask 077
  for kind in fernet-keys credential-keys; do
    mkdir -p "$STATE/keystone/$kind"
    for number in 0 1; do
      head -c 32 /dev/urandom | base64 | tr '+/' '-_' > "$STATE/keystone/$kind/$number"
    done
  done
)
migrate_keystone_placement_glance() {
  local url=http://127.0.0.1:5000/v3/
  create_token_keys
  manage keystone keystone-manage --config-file "$ETC/keystone.conf" db_sync , --config-file "$ETC/keystone.conf" bootstrap \
    --bootstrap-password "$PASSWORD" --bootstrap-region-id RegionOne \
    --bootstrap-admin-url $url --bootstrap-internal-url $url --bootstrap-public-url $url
  manage openstack-placement placement-manage --config-file "$ETC/placement.conf" db sync
  manage glance glance-manage --config-file "$ETC/glance.conf" db_sync
}
migrate_nova() {
  local conf="--config-file=$ETC/nova.conf"
  manage nova nova-manage "$conf" api_db sync , "$conf" cell_v2 map_cell0 , "$conf" db sync , "$conf" cell_v2 create_cell --name cell1
}
migrate_neutron() { manage neutron neutron-db-manage --config-file "$ETC/neutron.conf" upgrade heads; }

# Three chains side by side: the migrations are bound by Python's start-up and by DDL, not by each other.
migrate() {
  local chain
  local -a chains=()
  for chain in migrate_keystone_placement_glance migrate_nova migrate_neutron; do
    $chain &
    chains+=($!)
  done
  for chain in "${chains[@]}"; do wait "$chain" || die "a database migration failed"; done
}

# A snapshot is good for as long as the code, the configuration and the seed that made it are the same.
snapshot_key() {
  {
    dpkg-query -W -f '${Package} ${Version}\n' "${PACKAGES[@]}"
    cat "$LIB"/*.py "$ETC"/*
  } | sha256sum
}
snapshot_is_usable() { [ "$(snapshot_key)" = "$(cat "$SNAPSHOT/key" 2> /dev/null)" ]; }
# The services outlive the moment without a database: oslo.db tests a pooled connection before it uses it.
take_snapshot() {
  rm -rf "$SNAPSHOT" && mkdir -p "$SNAPSHOT"
  stop_database
  cp -a "$STATE" "$SNAPSHOT/state"
  start_database
  snapshot_key > "$SNAPSHOT/key"
}
restore_snapshot() {
  rm -rf "$STATE"
  cp -a "$SNAPSHOT/state" "$STATE"
}
