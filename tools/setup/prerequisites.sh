# What must be there before set-up: everything else it fetches by itself.

check_prerequisites() {
  local missing=()
  have rustup && have cargo || missing+=("rustup and cargo: https://rustup.rs")
  have cc || missing+=("a C compiler named cc: Debian 'apt-get install build-essential', macOS 'xcode-select --install'")
  have node && have npm || missing+=("node and npm, any supported version: https://nodejs.org (Debian: nodejs npm)")
  have make || missing+=("make: Debian 'apt-get install make'")
  have git || missing+=("git: Debian 'apt-get install git'")
  # The commands of the README, which a test runs.
  have curl || { can_apt && apt_install curl; } || missing+=("curl: Debian 'apt-get install curl'")
  [ ${#missing[@]} -eq 0 ] || die "missing on this machine:" "${missing[@]}"
}

rustc_version() { RUSTUP_TOOLCHAIN=$1 rustc --version; }

pinned_toolchain() { sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml; }

# By its files: asking each tool for its version costs half of a warm set-up.
host_works() {
  local sysroot
  sysroot=$(rustc --print sysroot 2> /dev/null) || return 1
  [ -x "$sysroot/bin/cargo" ] && [ -x "$sysroot/bin/cargo-clippy" ] && [ -x "$sysroot/bin/cargo-fmt" ]
}

# use_installed OP: an installed tool chain whose version is OP (= or >=) the
# pinned one. `stable` may be that very version under another name.
use_installed() {
  local op=$1 name version oldest
  for name in $(rustup toolchain list | awk '{print $1}' | grep -v -e nightly -e mauntic); do
    version=$(rustc_version "$name" 2> /dev/null | awk '{print $2}')
    oldest=$(printf '%s\n' "$pinned" "$version" | sort -V | head -1)
    [ "$version" = "$pinned" ] || { [ "$op" = ">=" ] && [ "$oldest" = "$pinned" ]; } || continue
    RUSTUP_TOOLCHAIN=$name host_works || continue
    HOST_TOOLCHAIN=$name
    export RUSTUP_TOOLCHAIN=$name
    return 0
  done
  return 1
}

fetch_pinned() {
  say "fetching Rust $pinned (at most 300 s)"
  RUSTUP_MAX_RETRIES=1 bounded 300 rustup toolchain install "$pinned" --profile minimal \
    --component clippy --component rustfmt --no-self-update < /dev/null && host_works
}

# rust-toolchain.toml rules. Where that version cannot be had, an installed one
# that is newer will do; env.sh then names it.
ensure_host_toolchain() {
  HOST_TOOLCHAIN=
  local pinned
  pinned=$(pinned_toolchain)
  host_works || use_installed = || fetch_pinned || use_installed ">=" \
    || die "no Rust tool chain >= $pinned with clippy and rustfmt." \
      "By hand: rustup toolchain install $pinned --component clippy --component rustfmt"
  HOST_RUSTC=$(rustc --version)
  DETAIL="$HOST_RUSTC${HOST_TOOLCHAIN:+ (tool chain $HOST_TOOLCHAIN)}"
}
