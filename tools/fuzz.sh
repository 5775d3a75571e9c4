#!/usr/bin/env bash
# Runs every fuzz target of crates/neon/fuzz side by side, one core each.
#   tools/fuzz.sh SECS cargo-fuzz          by cargo-fuzz, optimized: `make fuzz`
#   tools/fuzz.sh SECS [cargo's options]   with what the tests have built: `make test`
# The second instruments this workspace alone, by a wrapper of rustc: cargo-fuzz does all
# dependencies too, and with that builds all of them once more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v c++ > /dev/null || {
  echo "fuzz: a C++ compiler named c++ is missing, for LLVM's fuzzer: Debian 'apt-get install build-essential', macOS 'xcode-select --install'" >&2
  exit 2
}
secs=$1
shift
targets=(wire startup frames rows)
folder=crates/neon/fuzz
# Inputs longer than this say nothing that shorter ones do not; one that takes ten
# seconds hangs.
limits=(-max_total_time="$secs" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1)

if [ "${1:-}" = cargo-fuzz ]; then
  # The release profile is for small wasm; here it is to be fast and to check itself.
  export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=3
  by_cargo=(--fuzz-dir "$folder" --sanitizer none --debug-assertions
    --features libfuzzer --target-dir "$PWD/target/fuzz")
  cargo fuzz build "${by_cargo[@]}"
  run() {
    mkdir -p "$folder/corpus/$1"
    cargo fuzz run "${by_cargo[@]}" "$1" "$folder/corpus/$1" "$folder/seeds/$1" -- "${limits[@]}"
  }
else
  bins=()
  for target in "${targets[@]}"; do bins+=(--bin "$target"); done
  RUSTC_WORKSPACE_WRAPPER=$PWD/tools/fuzz-rustc.sh cargo build --quiet --profile test \
    "$@" --features mauntic-neon-fuzz/libfuzzer "${bins[@]}"
  run() {
    local corpus=target/fuzz/corpus/$1 artifacts=$folder/artifacts/$1/
    mkdir -p "$corpus" "$artifacts"
    "target/debug/$1" -artifact_prefix="$artifacts" "${limits[@]}" "$corpus" "$folder/seeds/$1"
  }
fi

logs=target/fuzz/logs
mkdir -p "$logs"
pids=()
for target in "${targets[@]}"; do
  run "$target" > "$logs/$target" 2>&1 &
  pids+=($!)
done
status=0
for at in "${!targets[@]}"; do
  target=${targets[$at]}
  if wait "${pids[$at]}"; then
    awk -v t="$target" '/number_of_executed_units/ { print "fuzz: " t ": " $2 " inputs, none of them amiss" }' "$logs/$target"
  else
    status=1
    echo "fuzz: $target found something (its input is below, in $folder/artifacts):"
    tail -n 40 "$logs/$target"
  fi
done
exit "$status"
