# Names and places that up, down and their parts agree on. Sourced, never run.
# shellcheck shell=bash disable=SC2034

DIR=${GROUNDWORK_OPENSTACK_DIR:-/var/lib/groundwork-openstack}
PASSWORD=lab                  # of every account: the cloud is reachable from this machine only and holds nothing
PYTHON=/usr/bin/python3       # Debian's interpreter, because the services are Debian's modules

RUN=$DIR/run                  # process ids, sockets, locks
LOG=$DIR/log
ETC=$DIR/etc                  # rendered configuration
LIB=$DIR/lib                  # our Python, copied: a running stack does not depend on the source tree
PASTE=$DIR/paste              # the api-paste.ini files
STATE=$DIR/state              # all that a snapshot holds: databases, token keys, images
SNAPSHOT=$DIR/snapshot
SOCKET=$RUN/mysql.sock

STARTED_AT=${EPOCHREALTIME/[.,]/}

seconds_since() { # microseconds since the epoch
  local spent=$(( ${EPOCHREALTIME/[.,]/} - $1 ))
  printf '%d.%02d' $((spent / 1000000)) $((spent / 10000 % 100))
}
say() { printf 'openstack [%6ss] %s\n' "$(seconds_since "$STARTED_AT")" "$*"; }
die() { echo "openstack: $*" >&2; exit 1; }

# 75 is EX_TEMPFAIL of sysexits.h: "not here, not now". A caller takes it for a skipped suite, anything else for a fault.
skip() {
  echo "openstack: SKIPPED, NOTHING WAS TESTED: $*" >&2
  exit 75
}
timed() { # description command...: run it and say how long it took
  local what=$1 from=${EPOCHREALTIME/[.,]/}
  shift
  "$@"
  say "$what ($(seconds_since "$from") s)"
}
