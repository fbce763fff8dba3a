# Gets OpenStack's code onto a Debian 12 machine without getting its service packages. Sourced by up.
#
# The python3-* packages hold all the code. The packages named after services (nova-compute, keystone, ...) would add
# debconf questions, maintainer scripts, init scripts and, for nova-compute, libvirt and qemu. What is missed without
# them is replaced here: the console scripts by python/console_script.py, three api-paste.ini files by unpacking them.
# shellcheck shell=bash

PACKAGES=(
  python3-keystone python3-placement python3-glance python3-nova python3-neutron
  python3-pymysql          # not mysqlclient: its C calls block every green thread while one waits for a row lock
  python3-sqlalchemy-ext   # SQLAlchemy's C parts, about a tenth faster
  python3-fixtures python3-testtools   # imported by nova's fake virt driver
  uwsgi-core uwsgi-plugin-python3
  mariadb-server-core mariadb-client-core
  curl
)
# package: file in it
PASTE_FILES=(
  nova-common:usr/share/nova-common/api-paste.ini
  neutron-common:usr/share/neutron-common/api-paste.ini
  glance-common:usr/share/glance-common/glance-api-paste.ini
)

missing_packages() {
  local package
  for package in "${PACKAGES[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

apt_install() { # package...
  DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true apt-get install -y -q --no-install-recommends \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-unsafe-io \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" < /dev/null >> "$LOG/apt.log" 2>&1
}

# A dependency's maintainer script must not start a daemon behind our back; policy-rc.d is Debian's switch for that.
without_service_starts() { # command...
  local policy=/usr/sbin/policy-rc.d made='' status=0
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy && made=1
  fi
  "$@" || status=$?
  [ -z "$made" ] || rm -f $policy
  return $status
}

refresh_package_lists() { apt-get update -q -o DPkg::Lock::Timeout=300 >> "$LOG/apt.log" 2>&1; }

install_packages() {
  local -a missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$INSTALL" = yes ] || die "--no-install was given, and these packages are missing: ${missing[*]}"
  say "installing ${#missing[@]} packages and what they need, about a minute (log: $LOG/apt.log)"
  apt-cache show python3-nova > /dev/null 2>&1 || refresh_package_lists || true
  # Lists older than the mirror name files that are gone: a second try with fresh lists tells that from a real fault.
  without_service_starts apt_install "${missing[@]}" \
    || { refresh_package_lists && without_service_starts apt_install "${missing[@]}"; } \
    || { tail -20 "$LOG/apt.log" >&2; die "apt-get install failed, see $LOG/apt.log"; }
}

unpack_paste_file() { # package:path
  local package=${1%%:*} path=${1#*:} work=$PASTE/.unpack
  [ ! -e "$PASTE/$package.ini" ] || return 0
  [ "$INSTALL" = yes ] || die "--no-install was given, and $PASTE/$package.ini is missing"
  rm -rf "$work" && mkdir -p "$work"
  (cd "$work" && apt-get download -q -o APT::Sandbox::User=root "$package" >> "$LOG/apt.log" 2>&1 && dpkg-deb -x ./*.deb .) \
    || { tail -20 "$LOG/apt.log" >&2; die "could not download $package, see $LOG/apt.log"; }
  cp "$work/$path" "$PASTE/$package.ini"
  rm -rf "$work"
}

provide_packages() {
  local file
  install_packages
  for file in "${PASTE_FILES[@]}"; do unpack_paste_file "$file"; done
}
