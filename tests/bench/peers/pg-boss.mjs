// pg-boss under orders: its own `insert`, `fetch` and `complete`, without the
// timers of its `work`, which would only make it wait.
import { PgBoss } from "pg-boss";
import { data, numbers, produce, serve, timed } from "./orders.mjs";

const QUEUE = "probe";
/** Connections of its pool: as many as the most fetchers. */
const CONNECTIONS = 8;

let boss;

const insert = (first, count) =>
  boss.insert(QUEUE, numbers(first, count).map((number) => ({ data: data(number) })));

/** Jobs that no fetcher has. */
let left = 0;

async function fetcher(batchSize) {
  while (left > 0) {
    const jobs = await boss.fetch(QUEUE, { batchSize });
    left -= jobs.length;
    if (jobs.length > 0) await boss.complete(QUEUE, jobs.map((job) => job.id));
  }
}

await serve({
  async start({ url }) {
    // Neither supervision nor schedules: both are work beside the jobs.
    boss = new PgBoss({ connectionString: url, max: CONNECTIONS, supervise: false, schedule: false });
    boss.on("error", (error) => console.error(error));
    await boss.start();
    await boss.createQueue(QUEUE);
    // Every connection of the pool is made before anything is timed.
    await Promise.all(Array.from({ length: CONNECTIONS }, () => boss.fetch(QUEUE)));
  },
  enqueue: (order) => timed(() => produce(order, insert)),
  drain({ jobs, fetch, parallel }) {
    left = jobs;
    return timed(() => Promise.all(Array.from({ length: parallel }, () => fetcher(fetch))));
  },
  async latencies({ rounds, batch }) {
    const found = [];
    for (let round = 0; round < rounds; round++) {
      const millis = await timed(async () => {
        await insert(round * batch, batch);
        left = batch;
        await fetcher(batch);
      });
      found.push(millis);
    }
    return found;
  },
  stop: () => boss.stop({ graceful: false }),
});
