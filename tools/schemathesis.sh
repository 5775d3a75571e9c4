#!/usr/bin/env bash
# Sees to it that there is the schemathesis that calls the API as its document says: the one of
# tools/schemathesis/requirements.txt, from PyPI by hashes, in a Python environment of its own,
# target/setup/schemathesis.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT"
OUT=$ROOT/target/setup
[ -f "$OUT/env.sh" ] || { echo "schemathesis: run tools/setup.sh first" >&2; exit 1; }

# shellcheck source=tools/setup/lib.sh
. tools/setup/lib.sh

REQUIREMENTS=tools/schemathesis/requirements.txt
VENV=$OUT/schemathesis

# A script of another folder's environment, a moved clone's say, does not run.
works() { "$VENV/bin/schemathesis" --version > /dev/null 2>&1; }

make_venv() {
  rm -rf "$VENV"
  python3 -m venv "$VENV" > "$OUT/venv.log" 2>&1
}

# As schemathesis and what it needs say of themselves.
is_new_enough() { python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; }

key=$(git hash-object --no-filters "$REQUIREMENTS")
if [ "$(cat "$VENV/.key" 2> /dev/null)" != "$key" ] || ! works; then
  is_new_enough || die "$(python3 --version 2>&1 || echo "there is no python3")." "Wanted: Python >= 3.11."
  # Debian has Python without what makes an environment in it.
  make_venv || { can_apt && apt_install python3-venv && make_venv; } \
    || die "no Python environment: $(tail -1 "$OUT/venv.log")" \
      "Wanted: Python >= 3.11 with venv (Debian 'apt-get install python3-venv')."
  bounded 300 "$VENV/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
    --only-binary :all: -r "$REQUIREMENTS" < /dev/null \
    || die "pip could not install $REQUIREMENTS (its output is above)."
  works || die "the schemathesis of $REQUIREMENTS does not run."
  echo "$key" > "$VENV/.key"
fi
say "schemathesis: $("$VENV/bin/schemathesis" --version)"
