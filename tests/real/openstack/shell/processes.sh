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
  # Not in the child: is_ours must be able to tell it from its first instant on.
  cd "$DIR" || die "$DIR is gone"
  # 9 is the lock of this script: a daemon that inherits it would keep it for ever.
  setsid "$@" < /dev/null >> "$LOG/$name.log" 2>&1 9>&- &
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

# A killed leader may be a zombie while other threads or children of its group still hold a port or a file's lock.
group_runs() { # process group
  local file line
  local -a fields
  for file in /proc/[0-9]*/task/[0-9]*/stat; do
    read -r line 2> /dev/null < "$file" || continue
    # Behind the name in brackets: state, parent, process group.
    read -r -a fields <<< "${line##*) }"
    [ "${fields[2]:-}" != "$1" ] || [[ ${fields[0]} == [ZX] ]] || return 0
  done
  return 1
}
any_group_runs() { # process group...
  local group
  for group in "$@"; do ! group_runs "$group" || return 0; done
  return 1
}
signal_groups() { # signal process-group...
  local signal=$1 group
  shift
  for group in "$@"; do kill "-$signal" -- "-$group" 2> /dev/null || true; done
}
# Ends the named daemons: the signal once a second for as long as the grace lasts, then SIGKILL.
stop() { # signal grace-in-seconds name...
  local signal=$1 grace=$2 name second turn
  local -a groups=()
  shift 2
  for name in "$@"; do ! alive "$name" || groups+=("$(pid_of "$name")"); done
  for ((second = 0; second < grace; second++)); do
    # More than once, because a daemon that is still starting may miss it.
    signal_groups "$signal" "${groups[@]}"
    for ((turn = 0; turn < 20; turn++)); do any_group_runs "${groups[@]}" || break 2; sleep 0.05; done
  done
  signal_groups KILL "${groups[@]}"
  while any_group_runs "${groups[@]}"; do sleep 0.02; done
  for name in "$@"; do rm -f "$RUN/$name.pid" "$RUN/$name.ready"; done
}
