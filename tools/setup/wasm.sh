# Rust's wasm target: from rustup, or from Debian where rustup's download
# server is out of reach. Sets WASM_TOOLCHAIN, a value for RUSTUP_TOOLCHAIN.

DEBIAN_TOOLCHAIN=mauntic-wasm
DEBIAN_PACKAGES="rustc-web cargo-web rust-web-src rust-web-llvm lld-22 rust-web-clippy"
DEBIAN_LIB=/usr/lib/rustlib/$WASM_TRIPLE
# A server in reach delivers these 20 MB in seconds; one that is not may hang.
RUSTUP_SECS_MAX=60

ensure_wasm() {
  local host
  host=${HOST_TOOLCHAIN:-$(rustup show active-toolchain | awk '{print $1}')}
  case ${MAUNTIC_WASM_FROM:-any} in
    any) wasm_from_rustup_present || wasm_from_debian_present || wasm_from_rustup || wasm_from_debian ;;
    rustup) wasm_from_rustup_present || wasm_from_rustup ;;
    debian) wasm_from_debian_present || wasm_from_debian ;;
    *) die "MAUNTIC_WASM_FROM is '$MAUNTIC_WASM_FROM', not rustup or debian." ;;
  esac || die "no way to get Rust's $WASM_TRIPLE target." \
    "Tried 'rustup target add $WASM_TRIPLE' and, on Debian, the packages $DEBIAN_PACKAGES." \
    "By hand: either of them, then run this again."
  WASM_RUSTC=$HOST_RUSTC
  [ "$WASM_TOOLCHAIN" = "$host" ] || WASM_RUSTC=$(rustc_version "$WASM_TOOLCHAIN")
  DETAIL="$WASM_RUSTC (tool chain $WASM_TOOLCHAIN)"
}

wasm_std_in() { compgen -G "$1/lib/rustlib/$WASM_TRIPLE/lib/libstd-*.rlib" > /dev/null; }

wasm_from_rustup_present() {
  wasm_std_in "$(RUSTUP_TOOLCHAIN=$host rustc --print sysroot)" || return 1
  WASM_TOOLCHAIN=$host
}

# A failure is remembered for a day and for this version only, so that a
# machine without the server pays for the attempt once.
wasm_from_rustup() {
  local failed
  failed=$CACHE/rustup-wasm-failed-$(tr -c 'A-Za-z0-9.\n' _ <<< "$HOST_RUSTC")
  if [ "${MAUNTIC_WASM_FROM:-any}" = any ] && [ -n "$(find "$failed" -mmin -1440 2> /dev/null)" ]; then
    say "rustup could not fetch $WASM_TRIPLE within the last day, not asking again ($failed)"
    return 1
  fi
  say "rustup target add $WASM_TRIPLE (at most $RUSTUP_SECS_MAX s)"
  if RUSTUP_MAX_RETRIES=0 bounded "$RUSTUP_SECS_MAX" \
      rustup target add --toolchain "$host" "$WASM_TRIPLE" < /dev/null > "$OUT/rustup.log" 2>&1 \
      && wasm_from_rustup_present; then
    rm -f "$failed"
    return 0
  fi
  say "rustup could not fetch it: $(grep -m1 '^error' "$OUT/rustup.log" || echo 'no answer in time') (all of it: $OUT/rustup.log)"
  touch "$failed"
  return 1
}

# The stamp names the compiler: its libraries work with no other.
debian_std_present() {
  [ -x /usr/bin/rustc ] && [ "$(cat "$DEBIAN_LIB/built-by" 2> /dev/null)" = "$(/usr/bin/rustc --version)" ]
}

wasm_from_debian_present() {
  debian_std_present && [ -x /usr/bin/cargo ] && [ -x /usr/bin/cargo-clippy ] \
    && [ "$(rustc_version "$DEBIAN_TOOLCHAIN" 2> /dev/null)" = "$(/usr/bin/rustc --version)" ] || return 1
  WASM_TOOLCHAIN=$DEBIAN_TOOLCHAIN
}

wasm_from_debian() {
  have apt-get && have dpkg-query || { say "no apt-get here: no Debian packages"; return 1; }
  local missing
  missing=$(apt_missing $DEBIAN_PACKAGES)
  if ! can_be_root; then
    say "the Debian way needs root: run 'sudo -v' and then this again, or as root. It installs"
    say "$DEBIAN_PACKAGES and puts the library into $DEBIAN_LIB."
    return 1
  fi
  if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    apt_install $missing || { say "apt-get could not install $missing"; return 1; }
  fi
  debian_std_present || build_debian_std || return 1
  rustup toolchain link "$DEBIAN_TOOLCHAIN" /usr 2> /dev/null \
    || { rustup toolchain uninstall "$DEBIAN_TOOLCHAIN"; rustup toolchain link "$DEBIAN_TOOLCHAIN" /usr; } \
    || return 1
  wasm_from_debian_present || { say "the Debian tool chain does not answer as $DEBIAN_TOOLCHAIN"; return 1; }
}

# Bitcode is embedded because a release build links with LTO across std.
build_debian_std() {
  local work=$CACHE/wasm-std built=$CACHE/wasm-std/target/$WASM_TRIPLE/release/deps
  local staged=$DEBIAN_LIB.new
  say "building the standard library for $WASM_TRIPLE once"
  rm -rf "$work"
  mkdir -p "$work/src"
  printf '[package]\nname = "wasmstd"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' > "$work/Cargo.toml"
  : > "$work/src/lib.rs"
  (cd "$work" && unset RUSTUP_TOOLCHAIN CARGO_TARGET_DIR && PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
    RUSTFLAGS="-Cembed-bitcode=yes" /usr/bin/cargo build --quiet --release \
    --target "$WASM_TRIPLE" -Zbuild-std=std,panic_abort,proc_macro) || return 1
  rm "$built"/libwasmstd*
  /usr/bin/rustc --version > "$work/built-by"
  # Staged beside its place, so that the last move is one rename.
  as_root rm -rf "$staged" "$DEBIAN_LIB" && as_root mkdir -p "$staged/lib" \
    && as_root cp "$built"/*.rlib "$staged/lib/" && as_root cp "$work/built-by" "$staged/" \
    && as_root mv "$staged" "$DEBIAN_LIB" && rm -rf "$work"
}
