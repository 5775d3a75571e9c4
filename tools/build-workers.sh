#!/usr/bin/env bash
# Builds the workers for workerd: build-workers.sh [--fault-hooks] [http|queue|console]...
# Production builds land in workers/<w>/build, builds with the cargo feature
# `fault-hooks` in workers/<w>/build-hooks (the console has none). Needs tools/setup.sh to have run.
set -euo pipefail

# Physical, as cargo prints paths: the clone may be reached through a symlink.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT"
[ -f target/setup/env.sh ] || { echo "build-workers: run tools/setup.sh first" >&2; exit 1; }
# shellcheck disable=SC1091
. target/setup/env.sh

# The design's budget is 1 MiB a worker: a third of what the Free plan takes (3 MiB gzipped),
# and far below the size where a cold start, which compiles all of it, is felt.
GZIP_BYTES_MAX=$((1024 * 1024))
TRIPLE=wasm32-unknown-unknown
PACKAGES=(-p mauntic-http -p mauntic-queue -p mauntic-console)
# What is deployed beside a worker is written by its build script, which only a build needs.
DOCUMENT=mauntic-http/document

out=build features=(--features "$DOCUMENT") workers=() all=(http queue console)
for arg in "$@"; do
  case $arg in
    --fault-hooks) out=build-hooks all=(http queue) PACKAGES=(-p mauntic-http -p mauntic-queue)
      features=(--features "$DOCUMENT,mauntic-http/fault-hooks,mauntic-queue/fault-hooks") ;;
    http | queue | console) workers+=("$arg") ;;
    *) echo "usage: build-workers.sh [--fault-hooks] [http|queue|console]..." >&2; exit 2 ;;
  esac
done
[ ${#workers[@]} -gt 0 ] || workers=("${all[@]}")

# All workers' own crates and all of ours that they depend on.
local_crates() {
  cargo tree "${PACKAGES[@]}" --features "$DOCUMENT" --target "$TRIPLE" -e normal,build --prefix none --format '{p}' \
    | sed -n -e 's/ (\*)$//' -e 's/^.* (\(\/[^()]*\))$/\1/p' | sed "s|^$ROOT/||" | sort -u
}

# Cargo itself knows what is stale, but has one slot for a worker's wasm, so
# production and fault-hooks builds would relink each other's (LTO, half a
# minute) on every run. Hence a hash of all inputs, and of what was made, beside each build.
inputs() {
  local worker=$1 dir file
  {
    printf '%s\n' Cargo.toml Cargo.lock rust-toolchain.toml tools/versions.env tools/build-workers.sh \
      tools/strip-names.mjs package-lock.json
    while IFS= read -r dir; do
      find "$dir" \( -path "$dir/build" -o -path "$dir/build-hooks" -o -path "$dir/tests" -o -name '.*' \) -prune \
        -o -type f -print
    done < "$crates"
    cat "workers/$worker/$out/.inputs" 2> /dev/null || true
  } | LC_ALL=C sort -u | while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
}

inputs_key() {
  local list
  list=$(inputs "$1")
  { printf '%s\n' "$out" "$MAUNTIC_WASM_RUSTC" "$list"
    git hash-object --no-filters --stdin-paths <<< "$list"; } | git hash-object --stdin
}

# What a build made, with its contents: a file that is gone since, or is another, is made
# anew.
outputs_key() {
  local list
  [ -d "workers/$1/$out" ] || { echo none; return; }
  list=$(find "workers/$1/$out" -name '.?*' -prune -o -type f -print | LC_ALL=C sort)
  [ -n "$list" ] || { echo none; return; }
  { printf '%s\n' "$list"; git hash-object --no-filters --stdin-paths <<< "$list"; } | git hash-object --stdin
}

# What the compiler read outside our crates' folders (SQL by include_str!, say)
# counts as input from then on; what build scripts wrote is of inputs already.
remember_inputs() {
  local worker=$1 depinfo=$MAUNTIC_WASM_TARGET_DIR/$TRIPLE/release/mauntic_$1.d
  sed -e 's/^[^:]*: *//' -e "s/\\\\ /$(printf '\001')/g" "$depinfo" | tr ' \001' '\n ' \
    | grep -vF "$MAUNTIC_WASM_TARGET_DIR/" | sed "s|^$ROOT/||" \
    | awk 'NR == FNR { dirs[++n] = $0 "/"; next }
           { for (i = 1; i <= n; i++) if (index($0, dirs[i]) == 1 && !/\/\.\.\//) next; print }' "$crates" - \
    > "workers/$worker/$out/.inputs"
}

build() {
  local worker=$1 dir=workers/$1/$out
  mkdir -p "$dir"
  rm -f "$dir/.key"
  touch "$dir/.started"
  # All packages in one cargo call: they link side by side, and the other
  # workers' calls find everything done. --no-opt: wasm-opt from npm takes 8 s
  # a worker for 4% of the gzipped size. After a failure the last good build
  # goes too, or the end-to-end tests would run it and pass.
  # The HTTP worker's and the console's build scripts write what is deployed beside them.
  if ! RUSTUP_TOOLCHAIN=$MAUNTIC_WASM_TOOLCHAIN CARGO_TARGET_DIR=$MAUNTIC_WASM_TARGET_DIR \
      MAUNTIC_ASSETS=$ROOT/workers/http/$out/assets \
      MAUNTIC_CONSOLE_ASSETS=$ROOT/workers/console/$out/assets \
      worker-build --release --no-opt --out-dir "$out" "workers/$worker" \
      "${PACKAGES[@]}" "${features[@]}" \
    || ! node tools/strip-names.mjs "$dir/index_bg.wasm" || ! remember_inputs "$worker"; then
    rm -f "$dir/index.js" "$dir/index_bg.wasm"
    echo "build-workers: $dir failed" >&2
    return 1
  fi
  # A file saved while the compiler ran may or may not be in: ask again next time.
  local newer
  newer=$(inputs "$worker" | while IFS= read -r file; do [ ! "$file" -nt "$dir/.started" ] || echo "$file"; done)
  if [ -n "$newer" ]; then
    echo "changed during the build: $newer"
  else
    printf '%s %s\n' "$(inputs_key "$worker")" "$(outputs_key "$worker")" > "$dir/.key"
  fi
}

report_size() {
  local worker=$1 dir=workers/$1/$out bytes
  bytes=$(cat "$dir/index_bg.wasm" "$dir/index.js" | gzip -9c | wc -c | tr -d ' ')
  printf 'workers/%s/%s: %s bytes gzipped (limit %s)\n' "$worker" "$out" "$bytes" "$GZIP_BYTES_MAX"
  [ "$bytes" -le "$GZIP_BYTES_MAX" ] || { echo "build-workers: $worker is over the limit" >&2; return 1; }
}

crates=$(mktemp)
trap 'rm -f "$crates"' EXIT
local_crates > "$crates"
for dir in $(cat "$crates") "${all[@]/#/workers/}"; do
  grep -qx "$dir" "$crates" && [ -d "$dir" ] || { echo "build-workers: cargo tree does not name $dir, or it is no folder" >&2; exit 1; }
done
status=0
for worker in "${workers[@]}"; do
  made="$(inputs_key "$worker") $(outputs_key "$worker")"
  if [ "$(cat "workers/$worker/$out/.key" 2> /dev/null)" = "$made" ]; then
    echo "workers/$worker/$out: nothing changed"
  else
    build "$worker" || { status=1; continue; }
  fi
  report_size "$worker" || status=1
done
exit $status
