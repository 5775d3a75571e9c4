#!/usr/bin/env bash
# Brings a bare machine to where `make dev` and `make test` run. Safe to run
# again and to interrupt: each step checks its result, not that it once ran.
#
# MAUNTIC_CACHE      where tools outlive a clone (default ~/.cache/mauntic)
# MAUNTIC_WASM_FROM  rustup | debian: take the wasm target only from there
set -euo pipefail

# Physical paths, as cargo prints them: a clone may be reached through a symlink.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT"
CACHE=${MAUNTIC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mauntic}
OUT=$ROOT/target/setup
WASM_TRIPLE=wasm32-unknown-unknown
mkdir -p "$CACHE" "$OUT"
CACHE=$(cd "$CACHE" && pwd -P)
# Else any call of cargo or rustc may fetch what rust-toolchain.toml names,
# silently and without a bound: fetching is for the steps below alone.
export RUSTUP_AUTO_INSTALL=0

# shellcheck source=tools/versions.env
. tools/versions.env
TOOLS=$CACHE/tools-worker-build-$WORKER_BUILD_VERSION-wasm-bindgen-$WASM_BINDGEN_VERSION

for part in lib prerequisites npm wasm cargo-tools; do
  # shellcheck disable=SC1090
  . "tools/setup/$part.sh"
done

check_lock_versions() {
  [ -f Cargo.lock ] || { say "no Cargo.lock yet: versions not compared"; return 0; }
  local name want have
  for pair in "wasm-bindgen $WASM_BINDGEN_VERSION" "worker $WORKER_BUILD_VERSION"; do
    name=${pair% *} want=${pair#* }
    have=$(awk -v n="\"$name\"" '$1=="name"&&$3==n{getline; gsub(/"/,"",$3); print $3}' Cargo.lock)
    [ "$have" = "$want" ] || die "Cargo.lock has $name '$have', tools/versions.env wants $want." \
      "They must be equal: change tools/versions.env, or 'cargo update -p $name --precise $want'."
  done
}

write_env() {
  local new=$OUT/env.sh.new
  {
    echo "# Written by tools/setup.sh; sourced by everything that builds or runs."
    export_line MAUNTIC_CACHE "$CACHE"
    [ -z "$HOST_TOOLCHAIN" ] || export_line RUSTUP_TOOLCHAIN "$HOST_TOOLCHAIN"
    export_line RUSTUP_AUTO_INSTALL "$RUSTUP_AUTO_INSTALL"
    export_line MAUNTIC_WASM_TOOLCHAIN "$WASM_TOOLCHAIN"
    export_line MAUNTIC_WASM_RUSTC "$WASM_RUSTC"
    export_line MAUNTIC_WASM_TARGET_DIR "$ROOT/target/wasm"
    export_line WASM_BINDGEN_BIN "$TOOLS/bin/wasm-bindgen"
    export_line ESBUILD_BIN "$ROOT/node_modules/.bin/esbuild"
    export_line WASM_OPT_BIN "$ROOT/node_modules/.bin/wasm-opt"
    # Loopback only: no metrics, no look-up of request.cf, no prompts.
    export_line WRANGLER_SEND_METRICS false
    export_line CLOUDFLARE_CF_FETCH_ENABLED false
    export_line CI "${CI:-1}"
    printf 'export PATH=%q:%q:%q:"$PATH"\n' \
      "$ROOT/node_modules/node/bin" "$ROOT/node_modules/.bin" "$TOOLS/bin"
  } > "$new"
  mv "$new" "$OUT/env.sh"
}

started=$(now)
lock_setup
step "prerequisites" check_prerequisites
step "host tool chain" ensure_host_toolchain
step "versions against Cargo.lock" check_lock_versions
step "npm packages" ensure_npm
step "wasm target" ensure_wasm
step "worker-build and wasm-bindgen" ensure_cargo_tools
write_env
say "ready in $(elapsed "$started") s"
