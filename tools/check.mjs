// The gate: every check of the workspace, one table, one last line
// `N passed, N failed`. Run by `make test`, which sources target/setup/env.sh.
//   node tools/check.mjs [step name prefix]...
import { execFileSync, spawn } from "node:child_process";

// The whole run has half an hour on two cores; a single step that takes nearly as long
// hangs, and must not hold a CI machine for ever.
const STEP_SECS_MAX = 25 * 60;
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
const workers = ["mauntic-http", "mauntic-queue", "mauntic-console"];
const wasmCrates = ["mauntic-platform", ...workers];
// Neon's transports are more on either target than they are on the other.
const onBoth = ["mauntic-neon"];
// As they are deployed, with the macros that the builds have compiled.
const onWasm = ["--release", "--target", "wasm32-unknown-unknown", ...[...wasmCrates, ...onBoth].flatMap((name) => ["-p", name])];
const notOnHost = wasmCrates.flatMap((name) => ["--exclude", name]);
// On the host the workers are their build scripts alone, of which the tests have what is
// more than a line. The platform has tests that run on the host.
const onHost = ["--workspace", ...workers.flatMap((name) => ["--exclude", name])];
const hooks = ["--features", "mauntic-http/fault-hooks,mauntic-queue/fault-hooks"];
const deny = ["--", "-D", "warnings"];
const docsDeny = { RUSTDOCFLAGS: "-Dwarnings" };

// The end-to-end tests run beside all others: they mostly wait. Cargo has no word
// for "every target but one", so the others are named, as the workspace has them.
const E2E = "e2e";
// The console in a browser: one stack and one browser, which the scenarios share.
const BROWSER = "browser";
// They wait for ticks, leases and retries more than they compute: one more at a time than two
// cores have takes a third less time. With two more, and a third lane beside them all the time,
// they wait for the cores instead, and some for longer than they may.
const E2E_THREADS = 3;
// Lanes of about as long: with all others in one step that one would come near the longest
// that a step may take.
const DATABASE = ["conformance", "db"];
const INTERLEAVE = "interleave";
// Ten thousand seeds are both cores for three minutes.
const SIMULATED = "sim";
// Each target of crates/neon/fuzz, all of them at once; `make fuzz` has ten minutes.
const FUZZ_SECS = 20;
// The store's contract, whole over TCP, in part over every other way and with each fault
// once, and as the workers go in workerd; `make soak` has all of it over all of them.
const inWorkerd = ["workerd-tcp", "workerd-hyperdrive", "workerd-tls", "workerd-neon-ws"];
const otherWays = ["hyperdrive:delay", "tls:split", "neon-ws:merge", ...inWorkerd];
const PART_OF_CONTRACT = ["claims::postgres", "effects::postgres"];
const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--locked", "--no-deps", "--format-version", "1"], { maxBuffer: 2 ** 26 }),
);
const testTargets = metadata.packages.flatMap(({ targets }) =>
  targets.filter(({ kind }) => kind.includes("test")).map(({ name }) => name),
);
const isAside = (name) => [E2E, BROWSER, INTERLEAVE, SIMULATED, ...DATABASE].includes(name);
const otherTargets = [...new Set(testTargets)].filter((name) => !isAside(name));
const others = ["--lib", "--bins", ...otherTargets.flatMap((name) => ["--test", name])];

// Stages follow one another; the lanes of a stage run side by side, for neither
// keeps two cores busy all the time: linking is done by one. Cheap checks first.
// `tests: true` marks a step whose tests are counted.
const stages = [
  [
    [
      { name: "format", run: ["cargo", "fmt", "--all", "--check"] },
      { name: "lock file is current", run: ["cargo", "metadata", "--locked", "--format-version", "1"], quiet: true },
      { name: "clippy host", run: ["cargo", "clippy", ...onHost, "--all-targets", ...deny] },
      { name: "docs host", run: ["cargo", "doc", "--workspace", ...notOnHost, "--no-deps"], env: docsDeny },
      { name: "build tests", run: ["cargo", "test", ...onHost, "--no-run"] },
    ],
    [
      { name: "clippy wasm", run: ["cargo", "clippy", ...onWasm, ...deny], env: wasm },
      { name: "clippy wasm, fault hooks", run: ["cargo", "clippy", ...onWasm, ...hooks, ...deny], env: wasm },
      // By itself: what the others' tests need is not to be had there.
      {
        name: "clippy wasm, neon's example",
        run: ["cargo", "clippy", "--release", "--target", "wasm32-unknown-unknown", "-p", "mauntic-neon", "--example", "worker", ...deny],
        env: wasm,
      },
      { name: "docs wasm", run: ["cargo", "doc", ...onWasm, "--no-deps"], env: { ...wasm, ...docsDeny } },
      { name: "build workers", run: ["tools/build-workers.sh"] },
      { name: "build workers, fault hooks", run: ["tools/build-workers.sh", "--fault-hooks"] },
    ],
    // Nothing but downloads, while the others compile.
    [
      { name: "browser", run: ["tools/browser.sh"] },
      { name: "schemathesis", run: ["tools/schemathesis.sh"] },
    ],
  ],
  [
    [
      { name: "tests", run: ["cargo", "test", ...onHost, "--no-fail-fast", ...others], tests: true },
      {
        name: "tests with a database",
        run: ["cargo", "test", ...onHost, "--no-fail-fast", ...DATABASE.flatMap((name) => ["--test", name])],
        tests: true,
      },
      { name: "tests, simulated", run: ["cargo", "test", ...onHost, "--test", SIMULATED], tests: true },
      { name: "tests in documents", run: ["cargo", "test", ...onHost, "--no-fail-fast", "--doc"] },
    ],
    [
      {
        name: "tests, end to end",
        // Of the same packages as were built: for one package alone cargo chooses other
        // features of what it depends on, and builds nearly everything once more.
        run: ["cargo", "test", ...onHost, "--test", E2E, "--", `--test-threads=${E2E_THREADS}`],
        tests: true,
      },
      { name: "tests, interleaved", run: ["cargo", "test", ...onHost, "--test", INTERLEAVE], tests: true },
      { name: "tests in a browser", run: ["cargo", "test", ...onHost, "--test", BROWSER], tests: true },
    ],
    // Behind the others by its niceness: it computes all the time, they mostly wait.
    [
      { name: "fuzz", run: ["nice", "tools/fuzz.sh", String(FUZZ_SECS), ...onHost] },
      ...otherWays.map((way) => ({
        name: `contract over ${way}`,
        run: ["cargo", "test", ...onHost, "--test", "conformance", "--", ...PART_OF_CONTRACT],
        env: { MAUNTIC_TRANSPORT: way },
        tests: true,
      })),
    ],
  ],
];

const RESULT = /^test result: \w+\. (\d+) passed; (\d+) failed;/;
const ANSI = /\x1b\[[0-9;]*m/g;

/** Process groups that run at this moment. */
const running = new Map();

function end(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    for (const child of running.keys()) end(child, signal);
    console.error(`\ncheck: ended by ${signal} during ${[...running.values()].join(" and ")}`);
    process.exit(130);
  });
}

/**
 * Runs one step in a process group of its own, so that a time-out ends its
 * children too. What it says is shown when it ends: others speak meanwhile.
 */
function execute(step) {
  return new Promise((resolve) => {
    const counts = { passed: 0, failed: 0, late: false };
    const said = [];
    const child = spawn(step.run[0], step.run.slice(1), {
      env: { ...process.env, ...step.env },
      stdio: ["ignore", step.quiet ? "ignore" : "pipe", "pipe"],
      detached: true,
    });
    running.set(child, step.name);
    const timer = setTimeout(() => {
      counts.late = true;
      said.push(`check: "${step.name}" took longer than ${STEP_SECS_MAX} s, ending it\n`);
      end(child, "SIGTERM");
      // Not left to "close": what made itself a group of its own may keep the
      // pipes open for ever.
      setTimeout(() => {
        end(child, "SIGKILL");
        child.stdout?.destroy();
        child.stderr.destroy();
        done(false);
      }, END_SECS_MAX * 1000);
    }, STEP_SECS_MAX * 1000);

    let rest = "";
    child.stderr.setEncoding("utf8").on("data", (text) => said.push(text));
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      said.push(text);
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const found = step.tests && RESULT.exec(line.replace(ANSI, ""));
        if (!found) continue;
        counts.passed += Number(found[1]);
        counts.failed += Number(found[2]);
      }
    });
    const done = (ok) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ok, said: said.join(""), ...counts });
    };
    child.on("error", (error) => {
      said.push(`check: ${step.run[0]}: ${error.message}\n`);
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
const isWanted = ({ name }) => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix));
const rows = [];

async function runLane(lane) {
  for (const step of lane.filter(isWanted)) {
    const title = `== ${step.name}: ${step.run.join(" ")}`;
    console.log(`${title} …`);
    const started = performance.now();
    const outcome = await execute(step);
    const secs = (performance.now() - started) / 1000;
    console.log(`\n${title}\n${outcome.said}`);
    rows.push({ name: step.name, secs, ...score(step, outcome) });
  }
}

for (const lanes of stages) await Promise.all(lanes.map(runLane));

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
