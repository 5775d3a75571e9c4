// graphile-worker under orders: its own runner with local queue and batched
// completion, as its manual sets them for speed.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { data, numbers, produce, serve, timed } from "./orders.mjs";

const TASK = "probe";
/** Connections of its pool: its manual's 25, for 24 workers and the listener. */
const CONNECTIONS = 25;

/** Says only what went wrong. */
const logger = new Logger(() => (level, message) => {
  if (level === "error") console.error(message);
});

let pool;
let utils;

// With batched completion no event says that a job's row is gone, so that the
// answers to its statements do.
let fetchedAt = null;
let completed = 0;
let awaited = null;

function watch(client) {
  const query = client.query.bind(client);
  client.query = (config, ...rest) => {
    const text = typeof config === "string" ? config : (config?.text ?? "");
    const answer = query(config, ...rest);
    if (text.includes("for update") && text.includes("attempts = jobs.attempts + 1")) {
      fetchedAt ??= performance.now();
    } else if (text.trimStart().startsWith("delete from")) {
      answer.then(({ rowCount }) => {
        completed += rowCount;
        if (awaited !== null && completed >= awaited.count) awaited.resolve(performance.now());
      }, () => {});
    }
    return answer;
  };
}

/** Resolves at the time when so many jobs are completed, since this call. */
function completions(count) {
  completed = 0;
  return new Promise((resolve) => (awaited = { count, resolve }));
}

const insert = (first, count) =>
  count === 1
    ? utils.addJob(TASK, data(first))
    : utils.addJobs(numbers(first, count).map((number) => ({ identifier: TASK, payload: data(number) })));

/** To fetch one is to have no local queue, and to complete one by one. */
const runner = (fetch, parallel) =>
  run({
    pgPool: pool,
    logger,
    noHandleSignals: true,
    taskList: { [TASK]: async () => {} },
    preset: {
      worker: {
        concurrentJobs: parallel,
        ...(fetch > 1 ? { localQueue: { size: fetch }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } : {}),
      },
    },
  });

await serve({
  async start({ url }) {
    pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
    pool.on("connect", watch);
    pool.on("error", (error) => console.error(error));
    utils = await makeWorkerUtils({ pgPool: pool, logger });
    await utils.migrate();
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.connect()));
    clients.forEach((client) => client.release());
  },
  enqueue: (order) => timed(() => produce(order, insert)),
  async drain({ jobs, fetch, parallel }) {
    fetchedAt = null;
    const ended = completions(jobs);
    // From its first fetch: reading settings and migrations is not its work.
    const running = await runner(fetch, parallel);
    const millis = (await ended) - fetchedAt;
    await running.stop();
    return millis;
  },
  async latencies({ rounds, batch, fetch, parallel }) {
    const running = await runner(fetch, parallel);
    const found = [];
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      const ended = completions(batch);
      await insert(round * batch, batch);
      found.push((await ended) - started);
    }
    await running.stop();
    return found;
  },
  async stop() {
    await utils.release();
    await pool.end();
  },
});
