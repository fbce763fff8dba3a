# Names and places that up and down agree on. Sourced, never run.
# shellcheck shell=bash disable=SC2034

DIR=${GROUNDWORK_ANSIBLE_DIR:-/var/lib/groundwork-ansible}
RUN=$DIR/run                  # process ids
LOG=$DIR/log
KEYS=$DIR/keys

# 198.18.0.0/15 is set aside for tests of networks (RFC 2544). The addresses are those that a deployment of the template in
# laboratory.ts plans for its servers.
BRIDGE=gwplay0
GATEWAY=198.18.77.254
# name address kind: `slow` takes its time for every command; `foreign` is of no deployment
HOSTS=(
  'web-1 198.18.77.10 plain'
  'web-2 198.18.77.11 plain'
  'db-1 198.18.77.74 slow'
  'other 198.18.77.200 foreign'
)
# Nobody is there: 198.18.77.138

say() { echo "ansible laboratory: $*"; }
die() { echo "ansible laboratory: $*" >&2; exit 1; }
# 75 is EX_TEMPFAIL of sysexits.h: "not here, not now". A caller takes it for a skipped suite, anything else for a fault.
skip() {
  echo "ansible laboratory: SKIPPED, NOTHING WAS TESTED: $*" >&2
  exit 75
}

namespace_of() { echo "gwplay-$1"; }

alive() { # name
  [ -s "$RUN/$1.pid" ] && kill -0 "$(cat "$RUN/$1.pid")" 2> /dev/null
}
