# The five services: how each is started and when it is ready. Sourced by up.
#
# Six processes in all. Nova's conductor, scheduler, compute and API share one, with oslo.messaging's in-process transport
# between them, so there is no message broker; Neutron runs its API alone, since no agent would call its RPC workers.
# shellcheck shell=bash

LAB_ENVIRONMENT=(
  env PYTHONPATH="$LIB" PYTHONWARNINGS=ignore XDG_CACHE_HOME="$DIR/cache"
  OS_KEYSTONE_CONFIG_FILES="$ETC/keystone.conf" OS_PLACEMENT_CONFIG_DIR="$ETC"
  LAB_PASSWORD="$PASSWORD" LAB_FAULTS="$DIR/faults.json"
)
lab_python() { # file in python/, arguments...
  local file=$1
  shift
  "${LAB_ENVIRONMENT[@]}" "$PYTHON" "$LIB/$file" "$@"
}

launch_python() { # name port file arguments...
  local name=$1 port=$2 file=$3
  shift 3
  launch "$name" "$port" "${LAB_ENVIRONMENT[@]}" LAB_READY="$RUN/$name.ready" "$PYTHON" "$LIB/$file" "$@"
}
# uwsgi closes each connection without saying so. Without the header a client that pools connections (the other services
# do) now and then writes into a closing one, seen from outside as a stray 401.
launch_wsgi() { # name port script
  launch "$1" "$2" "${LAB_ENVIRONMENT[@]}" \
    uwsgi_python3 --http-socket "127.0.0.1:$2" --wsgi-file "$3" --procname "$1" --add-header 'Connection: close' \
    --master --processes 1 --threads 8 --enable-threads --thunder-lock --die-on-term --need-app --disable-logging --buffer-size 65535
}

start_identity() { launch_wsgi keystone 5000 /usr/bin/keystone-wsgi-public; }
start_services() {
  start_identity
  launch_wsgi placement 8778 /usr/bin/placement-api
  launch_python nova 8774 nova_in_one_process.py --config-file "$ETC/nova.conf"
  launch_python neutron 9696 neutron_api.py --config-file "$ETC/neutron.conf"
  launch_python glance 9292 console_script.py glance glance-api --config-file "$ETC/glance.conf"
  await keystone 90 http_answers 5000
  await placement 90 http_answers 8778
  await glance 90 http_answers 9292
  await neutron 90 test -e "$RUN/neutron.ready"
  await neutron 30 http_answers 9696
  # Nova's API answers before its compute host is known; only then would a server find a host.
  await nova 90 test -e "$RUN/nova.ready"
  await nova 30 http_answers 8774
}

# The other services log in with an account of their own, so it must be there before they start.
seed_accounts() {
  start_identity
  await keystone 90 http_answers 5000
  lab_python seed.py accounts
}
seed() { lab_python seed.py all; }
