// The gate: every check of the workspace in order, one table, one last line
// `N passed, N failed`. Run by `make test`, which sources target/setup/env.sh.
//   node tools/check.mjs [step name prefix]...
import { spawn } from "node:child_process";

// The whole run may take 40 minutes on two cores; a single step that takes
// longer than half of that hangs, and must not hold a CI machine for ever.
const STEP_SECS_MAX = 20 * 60;
// What a step that is ended has for its own clean-up.
const END_SECS_MAX = 10;

const { MAUNTIC_WASM_TOOLCHAIN, MAUNTIC_WASM_TARGET_DIR } = process.env;
if (!MAUNTIC_WASM_TOOLCHAIN) {
  console.error("check: source target/setup/env.sh first, or run `make test`");
  process.exit(2);
}

// The two tool chains may differ in version: each has a target folder, so that
// neither waits for the other's lock nor grows the other's caches.
const wasm = {
  RUSTUP_TOOLCHAIN: MAUNTIC_WASM_TOOLCHAIN,
  CARGO_TARGET_DIR: MAUNTIC_WASM_TARGET_DIR,
  // What worker-build sets: the macros expand differently with it.
  WASM_BINDGEN_USE_JS_SYS: "1",
};
// These are empty crates on the host, and so are their documents there.
const wasmCrates = ["mauntic-platform", "mauntic-http", "mauntic-queue"];
const onWasm = ["--target", "wasm32-unknown-unknown", ...wasmCrates.flatMap((name) => ["-p", name])];
const notOnHost = wasmCrates.flatMap((name) => ["--exclude", name]);
const hooks = ["--features", "mauntic-http/fault-hooks,mauntic-queue/fault-hooks"];
const deny = ["--", "-D", "warnings"];
const docsDeny = { RUSTDOCFLAGS: "-Dwarnings" };

// Cheap checks first. `tests: true` marks a step whose tests are counted.
const steps = [
  { name: "format", run: ["cargo", "fmt", "--all", "--check"] },
  { name: "lock file is current", run: ["cargo", "metadata", "--locked", "--format-version", "1"], quiet: true },
  { name: "clippy host", run: ["cargo", "clippy", "--workspace", "--all-targets", ...deny] },
  { name: "clippy wasm", run: ["cargo", "clippy", ...onWasm, ...deny], env: wasm },
  { name: "clippy wasm, fault hooks", run: ["cargo", "clippy", ...onWasm, ...hooks, ...deny], env: wasm },
  { name: "build workers", run: ["tools/build-workers.sh"] },
  { name: "build workers, fault hooks", run: ["tools/build-workers.sh", "--fault-hooks"] },
  { name: "docs host", run: ["cargo", "doc", "--workspace", ...notOnHost, "--no-deps"], env: docsDeny },
  { name: "docs wasm", run: ["cargo", "doc", ...onWasm, "--no-deps"], env: { ...wasm, ...docsDeny } },
  { name: "tests", run: ["cargo", "test", "--workspace", "--no-fail-fast"], tests: true },
];

const RESULT = /^test result: \w+\. (\d+) passed; (\d+) failed;/;
const ANSI = /\x1b\[[0-9;]*m/g;

/** Runs one step in a process group of its own, so that a time-out ends its children too. */
function execute(step) {
  return new Promise((resolve) => {
    const counts = { passed: 0, failed: 0, late: false };
    const stdout = step.quiet ? "ignore" : step.tests ? "pipe" : "inherit";
    const child = spawn(step.run[0], step.run.slice(1), {
      env: { ...process.env, ...step.env },
      stdio: ["ignore", stdout, "inherit"],
      detached: true,
    });
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    };
    const forward = { SIGINT: () => stop("SIGINT"), SIGTERM: () => stop("SIGTERM") };
    const stop = (signal) => {
      end(signal);
      console.error(`\ncheck: ended by ${signal} during "${step.name}"`);
      process.exit(130);
    };
    for (const [signal, handler] of Object.entries(forward)) process.once(signal, handler);
    const timer = setTimeout(() => {
      counts.late = true;
      console.error(`check: "${step.name}" took longer than ${STEP_SECS_MAX} s, ending it`);
      end("SIGTERM");
      // Not left to "close": what made itself a group of its own may keep the
      // pipe open for ever.
      setTimeout(() => {
        end("SIGKILL");
        child.stdout?.destroy();
        done(false);
      }, END_SECS_MAX * 1000);
    }, STEP_SECS_MAX * 1000);

    let rest = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      process.stdout.write(text);
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const found = RESULT.exec(line.replace(ANSI, ""));
        if (!found) continue;
        counts.passed += Number(found[1]);
        counts.failed += Number(found[2]);
      }
    });
    const done = (ok) => {
      clearTimeout(timer);
      for (const [signal, handler] of Object.entries(forward)) process.off(signal, handler);
      resolve({ ok, ...counts });
    };
    child.on("error", (error) => {
      console.error(`check: ${step.run[0]}: ${error.message}`);
      done(false);
    });
    child.on("close", (code) => counts.late || done(code === 0));
  });
}

/**
 * A gate counts as one; a test step by its tests, and as one failure more if it
 * failed without any, or hung: a test that never ended is in no result line.
 */
function score(step, outcome) {
  if (!step.tests) return { passed: outcome.ok ? 1 : 0, failed: outcome.ok ? 0 : 1 };
  const ran = outcome.passed + outcome.failed > 0;
  const unexplained = outcome.late || (!outcome.ok && outcome.failed === 0) || !ran;
  return { passed: outcome.passed, failed: outcome.failed + (unexplained ? 1 : 0) };
}

const wanted = process.argv.slice(2);
const chosen = steps.filter((step) => wanted.length === 0 || wanted.some((name) => step.name.startsWith(name)));
const rows = [];
for (const step of chosen) {
  console.log(`\n== ${step.name}: ${step.run.join(" ")}`);
  const started = performance.now();
  const result = score(step, await execute(step));
  const secs = (performance.now() - started) / 1000;
  rows.push({ name: step.name, secs, ...result });
}

const width = Math.max(4, ...rows.map((row) => row.name.length));
console.log(`\n${"step".padEnd(width)}  result  passed  failed  seconds`);
for (const { name, passed, failed, secs } of rows) {
  const result = failed === 0 ? "ok" : "FAILED";
  console.log(
    `${name.padEnd(width)}  ${result.padEnd(6)}  ${String(passed).padStart(6)}  ${String(failed).padStart(6)}  ${secs.toFixed(1).padStart(7)}`,
  );
}
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") === 0 && rows.length > 0 ? 0 : 1;
