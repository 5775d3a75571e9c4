#!/usr/bin/env bash
# Sees to it that there is a Chromium for the tests of the console: the one that CHROMIUM
# names, one that is installed, or Debian's. Its path goes to target/setup/chromium.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT"
OUT=$ROOT/target/setup
[ -f "$OUT/env.sh" ] || { echo "browser: run tools/setup.sh first" >&2; exit 1; }

# shellcheck source=tools/setup/lib.sh
. tools/setup/lib.sh

find_browser() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    [ -z "$name" ] || ! command -v "$name" || return 0
  done
  return 1
}

if [ -n "${CHROMIUM:-}" ] && ! command -v "$CHROMIUM" > /dev/null; then
  die "CHROMIUM names '$CHROMIUM', and there is no such program." "Name another, or none."
fi
if ! path=$(find_browser); then
  can_apt && apt_install chromium && path=$(find_browser) \
    || die "no Chromium for the tests of the console." \
      "Name one by CHROMIUM, or install one: Debian 'apt-get install chromium'."
fi
echo "$path" > "$OUT/chromium"
say "browser: $path"
