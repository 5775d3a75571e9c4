# worker-build and wasm-bindgen at pinned versions, in the shared cache.

ensure_cargo_tools() {
  local target=$CACHE/tools-target
  tool_is wasm-bindgen "wasm-bindgen $WASM_BINDGEN_VERSION" \
    || install_tool "$target" "wasm-bindgen-cli@$WASM_BINDGEN_VERSION" --no-default-features --bin wasm-bindgen
  if ! tool_is worker-build "$WORKER_BUILD_VERSION"; then
    ensure_openssl
    install_tool "$target" "worker-build@$WORKER_BUILD_VERSION" --bin worker-build
  fi
  tool_is wasm-bindgen "wasm-bindgen $WASM_BINDGEN_VERSION" || die "wasm-bindgen in $TOOLS is not $WASM_BINDGEN_VERSION"
  tool_is worker-build "$WORKER_BUILD_VERSION" || die "worker-build in $TOOLS is not $WORKER_BUILD_VERSION"
  rm -rf "$target"
  DETAIL="worker-build $WORKER_BUILD_VERSION, wasm-bindgen $WASM_BINDGEN_VERSION"
}

tool_is() { [ "$("$TOOLS/bin/$1" --version 2> /dev/null)" = "$2" ]; }

# Without optimization: these tools run for a second, their build for minutes.
# Their own lock file first, for the versions their authors tested; it may name
# a version that a registry mirror does not have yet, then cargo chooses. Any
# other failure would only come again.
install_tool() {
  local target=$1 what=$2
  shift 2
  say "cargo install $what (a minute or two, once)"
  (
    unset CARGO_TARGET_DIR RUSTFLAGS
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_DEBUG=0
    export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_LTO=off
    set -- cargo install --quiet --force "$what" "$@" --root "$TOOLS" --target-dir "$target"
    "$@" --locked 2> "$OUT/cargo-install.log" && exit
    grep -q 'failed to select' "$OUT/cargo-install.log" || { cat "$OUT/cargo-install.log" >&2; exit 1; }
    say "not with its own lock file: $(grep -m1 'failed to select' "$OUT/cargo-install.log"); without it"
    "$@"
  ) 8>&- 9>&- || die "cargo install $what failed (its output is above)."
}

# worker-build's downloader links the system's OpenSSL; it is not used here,
# but cannot be left out of the build.
ensure_openssl() {
  [ "$(uname -s)" = Linux ] && [ -z "${OPENSSL_DIR:-}" ] || return 0
  have pkg-config && pkg-config --exists openssl && return 0
  can_apt && apt_install pkg-config libssl-dev && return 0
  die "worker-build needs pkg-config and OpenSSL's headers." \
    "Debian: apt-get install pkg-config libssl-dev; Fedora: dnf install pkgconf openssl-devel"
}
