# Starts and stops daemons without an init system: one session, one pid file and one log each. Sourced by up and down.
# shellcheck shell=bash

# A recorded id may be a zombie, or belong to a stranger by now. Ours are the ones that work in $DIR or below (mariadbd
# goes to its data); uwsgi and neutron overwrite their command line and environment, so those tell nothing.
is_ours() { # pid
  local stat=''
  case $(readlink "/proc/$1/cwd" 2>/dev/null)/ in "$(readlink -f "$DIR")"/*) ;; *) return 1 ;; esac
  read -r stat 2>/dev/null < "/proc/$1/stat" || return 1
  stat=${stat##*) }
  [ -n "$stat" ] && [ "${stat:0:1}" != Z ]
}
pid_of() { # name
  local pid=''
  read -r pid 2>/dev/null < "$RUN/$1.pid" || true
  echo "$pid"
}
alive() { # name
  local pid
  pid=$(pid_of "$1")
  [ -n "$pid" ] && is_ours "$pid"
}
port_answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
http_answers() { curl -s -o /dev/null --max-time 5 "http://127.0.0.1:$1/"; }

launch() { # name port-or-dash command...
  local name=$1 port=$2
  shift 2
  ! alive "$name" || return 0
  # Neutron binds with SO_REUSEPORT: it would share the port with a stranger and answer every other call.
  [ "$port" = - ] || ! port_answers "$port" || die "port $port belongs to another process, so $name cannot start"
  rm -f "$RUN/$name.ready"
  [ ! -e "$LOG/$name.log" ] || mv -f "$LOG/$name.log" "$LOG/$name.log.1"
  # 9 is the lock of this script: a daemon that inherits it would keep it for ever.
  (cd "$DIR" && exec setsid "$@") < /dev/null >> "$LOG/$name.log" 2>&1 9>&- &
  echo $! > "$RUN/$name.pid"
}

# Until the command succeeds. The process is looked at first: a stranger may be the one who answers.
await() { # name seconds command...
  local name=$1 deadline=$((SECONDS + $2))
  shift 2
  while true; do
    alive "$name" || { tail -30 "$LOG/$name.log" >&2; die "$name died while it started, see $LOG/$name.log"; }
    ! "$@" > /dev/null 2>&1 || return 0
    [ $SECONDS -lt $deadline ] || { tail -30 "$LOG/$name.log" >&2; die "$name is not ready in time, see $LOG/$name.log"; }
    sleep 0.05
  done
}

gone() { # name
  ! alive "$1"
}
all_gone() { # name...
  local name
  for name in "$@"; do gone "$name" || return 1; done
}
signal_all() { # signal name...
  local signal=$1 name
  shift
  for name in "$@"; do
    ! alive "$name" || kill "-$signal" -- "-$(pid_of "$name")" 2> /dev/null || true
  done
}
# Ends the process groups of the named daemons: the signal first, SIGKILL for what is left when the grace is over.
stop() { # signal grace-in-milliseconds name...
  local signal=$1 turns=$(($2 / 20)) name
  shift 2
  signal_all "$signal" "$@"
  while [ $turns -gt 0 ] && ! all_gone "$@"; do sleep 0.02; turns=$((turns - 1)); done
  signal_all KILL "$@"
  until all_gone "$@"; do sleep 0.02; done
  for name in "$@"; do rm -f "$RUN/$name.pid" "$RUN/$name.ready"; done
}
