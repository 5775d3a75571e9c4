// What both peers' programs share: orders in by standard input, answers out by
// standard output, one JSON line each. Ends when the input closes.
import { createInterface } from "node:readline";

/** The data of a job: what ours carries, without what only ours needs. */
export const data = (number) => ({ organizationId: `org_${number % 20}` });

/** Answers each order by the handler of its name, one at a time. */
export async function serve(handlers) {
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    let answer;
    try {
      answer = { ok: (await handlers[order.op](order)) ?? null };
    } catch (error) {
      answer = { error: error.stack ?? String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  // Timers of a library must not keep this process.
  process.exit(0);
}

/** Milliseconds that `work` takes. */
export async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Calls `insert(first, count)` for every batch of `jobs`, `producers` at once. */
export async function produce({ jobs, batch, producers }, insert) {
  let next = 0;
  const producer = async () => {
    while (next < jobs) {
      const first = next;
      next += batch;
      await insert(first, Math.min(batch, jobs - first));
    }
  };
  await Promise.all(Array.from({ length: producers }, producer));
}

/** The numbers from `first`, `count` of them. */
export const numbers = (first, count) => Array.from({ length: count }, (_, index) => first + index);
