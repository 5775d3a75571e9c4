// Runs the workers in workerd for `mauntic dev` and for the tests, by
// wrangler's own test harness over the deployed configuration files.
//
// One JSON line on standard input is an order `{id, op, ...}`, one on standard
// output its answer `{id, ok}` or `{id, error}`. The first order must be
// `start`; the end of standard input ends everything. crates/local
// (workers.rs) is the other side and documents each order.
import childProcess from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";

const CLOSE_MS_MAX = 5_000;
// The platform's limit for one sendBatch call.
const SEND_BATCH_MESSAGES_MAX = 100;
// How an entry names the generated part of its worker.
const GENERATED = "./build/index.js";

// Only answers may stand on standard output; what a library prints goes to
// standard error, whose last lines every failure report carries.
const answer = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

// The harness has no handle on the runtimes it starts, and `kill` needs one.
// This stands before wrangler is loaded, which keeps its own reference.
const runtimes = new Set();
const spawn = childProcess.spawn;
childProcess.spawn = (file, ...rest) => {
  const child = spawn(file, ...rest);
  if (path.basename(file).startsWith("workerd")) {
    runtimes.add(child);
    child.once("exit", () => runtimes.delete(child));
  }
  return child;
};

let wrangler, server, workers, scratch;
// What the workers logged before the last restart.
let past = [];

// The harness insists on a random port and on forgetting its storage at every
// start. Both are plain inputs one layer below: the port must stay the same over
// a restart, R2 too, and `mauntic dev` wants to choose both.
// It also has Node send what the workers ask of others, which opens no WebSocket; without
// that the runtime does so by itself, as it does where it is deployed.
const pinned = { port: 0, persist: undefined };
function pin() {
  const Base = wrangler.unstable_DevEnv;
  wrangler.unstable_DevEnv = class extends Base {
    constructor(...options) {
      super(...options);
      const set = this.config.set.bind(this.config);
      this.config.set = (input, ...rest) => {
        const server = { ...input.dev.server, port: pinned.port };
        const own = { persist: pinned.persist, server, outboundService: undefined };
        return set({ ...input, dev: { ...input.dev, ...own } }, ...rest);
      };
    }
  };
}

// The configuration as deployed, except: the build is taken as it lies there
// (no `[build] command` is run), from the folder asked for, with our variables.
function load({ config, build, vars, secrets, routes, hyperdrive: address }) {
  const { rawConfig } = wrangler.experimental_readRawConfig({ config });
  const { build: _command, env: _environments, ...deployed } = rawConfig;
  const main = path.resolve(path.dirname(config), deployed.main);
  if (!readFileSync(main, "utf8").includes(`"${GENERATED}"`))
    throw new Error(`${main} must import "${GENERATED}", or no other build can take its place`);
  const generated = path.join(path.dirname(main), build, path.basename(GENERATED));
  const alias = { ...deployed.alias, [GENERATED]: generated };
  const directory = path.join(path.dirname(generated), "assets");
  const assets = deployed.assets && { ...deployed.assets, directory };
  const hyperdrive = address
    ? [{ binding: "HYPERDRIVE", id: "local", localConnectionString: address }]
    : deployed.hyperdrive;
  const own = { main, alias, assets, routes, hyperdrive, vars: { ...deployed.vars, ...vars } };
  return { config: { ...deployed, ...own }, secrets };
}

const handle = (worker) => server.getWorker(workers[worker].config.name);
const bodyOf = ({ text, json, bytes }) => (bytes ? Uint8Array.from(bytes) : (text ?? json));

const orders = {
  async start(order) {
    scratch = order.scratch;
    wrangler = createRequire(import.meta.url)("wrangler");
    pinned.port = order.port ?? 0;
    pinned.persist = order.persist ?? path.join(scratch, "storage");
    pin();
    workers = Object.fromEntries(Object.entries(order.workers).map(([k, w]) => [k, load(w)]));
    // `root` is the scratch folder: nothing is written beside the configuration,
    // and a developer's .dev.vars there cannot change what a test sees.
    server = wrangler.createTestHarness({ root: scratch, workers: Object.values(workers) });
    const { url } = await server.listen();
    if (order.port && Number(url.port) !== order.port)
      throw new Error(`asked for port ${order.port}, got ${url.port}: has the harness changed?`);
    pinned.port = Number(url.port);
    return { http: url.origin };
  },

  scheduled: ({ worker, cron, timeMs }) =>
    handle(worker).scheduled({ cron, scheduledTime: new Date(timeMs) }),

  async deliver({ worker, queue, messages }) {
    const entry = await handle(worker).getExport();
    const batch = messages.map(({ timestampMs, body: sent, ...message }) => {
      const body = bodyOf(sent);
      // The real queue hands bytes over as an ArrayBuffer.
      return { ...message, timestamp: new Date(timestampMs), body: sent.bytes ? body.buffer : body };
    });
    return entry.queue(queue, batch);
  },

  async send({ queue, bodies }) {
    const producerOf = (worker) =>
      workers[worker].config.queues?.producers?.find((producer) => producer.queue === queue);
    const worker = Object.keys(workers).find(producerOf);
    if (!worker) throw new Error(`no worker has a producer binding for the queue ${queue}`);
    const sender = (await handle(worker).getEnv())[producerOf(worker).binding];
    const messages = bodies.map((body) => ({ body: bodyOf(body), contentType: Object.keys(body)[0] }));
    for (let at = 0; at < messages.length; at += SEND_BATCH_MESSAGES_MAX)
      await sender.sendBatch(messages.slice(at, at + SEND_BATCH_MESSAGES_MAX));
  },

  async store({ worker, bucket, key, body }) {
    await (await handle(worker).getEnv())[bucket].put(key, body);
  },

  async stored({ worker, bucket, key }) {
    const object = await (await handle(worker).getEnv())[bucket].get(key);
    return object && (await object.text());
  },

  logs({ clear }) {
    const logs = [...past, ...server.getLogs()];
    if (clear) {
      past = [];
      server.clearLogs();
    }
    return logs;
  },

  // Both runtimes: with the front one alive, a request in flight would wait
  // five minutes for the dead one instead of failing.
  async kill() {
    const dying = [...runtimes];
    const gone = Promise.all(dying.map((child) => once(child, "exit")));
    for (const child of dying) child.kill("SIGKILL");
    await gone;
    return dying.map((child) => child.pid);
  },

  // A fresh start takes half as long as a reload of what was. (The harness also
  // revives a dead runtime by itself, but the front one then never finds it.)
  async restart() {
    past.push(...server.getLogs());
    await server.reset();
    return { http: (await server.listen()).url.origin };
  },
};

async function obey(line) {
  const { id, op, ...order } = JSON.parse(line);
  let reply;
  try {
    if (op !== "start" && !server) throw new Error("the workers are not started");
    reply = { id, ok: (await orders[op](order)) ?? null };
  } catch (error) {
    reply = { id, error: error?.stack ?? String(error) };
  }
  answer(`${JSON.stringify(reply)}\n`);
}

const lines = createInterface({ input: process.stdin });
lines.on("line", obey);
lines.on("close", async () => {
  setTimeout(() => process.exit(1), CLOSE_MS_MAX).unref();
  await server?.close();
  if (scratch) rmSync(scratch, { recursive: true, force: true });
  process.exit(0);
});
