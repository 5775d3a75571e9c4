# Shared by the parts of tools/setup.sh.

say() { printf 'setup: %s\n' "$*"; }

die() {
  printf '\nsetup: cannot go on: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit 1
}

# bash 5 has it built in; the bash 3.2 of macOS has whole seconds only.
now() { echo "${EPOCHREALTIME:-$SECONDS}" | tr , .; }
elapsed() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

# step TITLE FUNCTION: not in a subshell, functions set variables.
step() {
  local title=$1 at
  at=$(now)
  DETAIL=
  "$2"
  say "$title: ${DETAIL:-ok} ($(elapsed "$at") s)"
}

have() { command -v "$1" > /dev/null 2>&1; }

# GNU coreutils has it, a bare macOS has not: then without a bound.
bounded() {
  local secs=$1
  shift
  if have timeout; then timeout --kill-after=5 "$secs" "$@"; else "$@"; fi
}

export_line() { printf 'export %s=%q\n' "$1" "$2"; }

# Two locks: the checkout's node_modules and the cache, which checkouts share.
# Released by the kernel however this process ends.
lock_setup() {
  have flock || return 0
  exec 8> "$OUT/lock" 9> "$CACHE/lock"
  local fd
  for fd in 8 9; do
    flock -n "$fd" || { say "another set-up is running, waiting for it"; flock "$fd"; }
  done
}

# as_root COMMAND...: directly, or by a sudo that does not ask.
can_be_root() { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2> /dev/null; }; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

apt_missing() {
  local p
  for p in "$@"; do
    dpkg-query -W -f='${Status}' "$p" 2> /dev/null | grep -q 'install ok installed' || printf '%s ' "$p"
  done
}

can_apt() { have apt-get && have dpkg-query && can_be_root; }

# The lock descriptors are closed for children that might outlive this script.
# Another apt, a machine's nightly upgrade say, is waited for. Only the update is
# ended from outside: an install that is leaves packages half configured, and
# its downloads have apt's own bounds.
apt_install() {
  local options=(-qq -o DPkg::Lock::Timeout=300)
  say "apt-get install $*"
  as_root timeout --kill-after=5 120 apt-get "${options[@]}" update \
    < /dev/null > "$OUT/apt.log" 2>&1 8>&- 9>&- \
    || say "apt-get update failed: $(tail -1 "$OUT/apt.log"); trying with the lists at hand"
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get "${options[@]}" install -y --no-install-recommends "$@" \
    < /dev/null > "$OUT/apt.log" 2>&1 8>&- 9>&- \
    || { tail -20 "$OUT/apt.log" >&2; return 1; }
}
