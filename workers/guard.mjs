// Stands between the platform and the generated class of each worker.
//
// A panic in wasm (`panic = "abort"`) leaves the handler's promise pending for
// ever; with a socket open the platform then waits until its own wall limit,
// 15 minutes for a queue. The guard turns an abort into an immediate failure of
// every invocation in flight, because they all lived in the instance that
// died, and bounds each of them by a deadline.
//
// It leans on what worker-build 0.8.7 generates: `__worker_init_state`, whose
// `criticalError` the panic hook sets, and whose next construction of the class
// makes a fresh instance. The version is pinned, and the end-to-end tests force
// a panic, so that a build that does this differently fails them.

// Most clients and proxies give up after 30 s; this answer should reach them.
const FETCH_DEADLINE_MS = 25_000;
// Within that, so that the caller hears what happened.
const REHEARSE_DEADLINE_MS = 20_000;
// The platform ends both after 15 minutes, without telling the database.
const QUEUE_DEADLINE_MS = 14 * 60_000;
const SCHEDULED_DEADLINE_MS = 14 * 60_000;
// One connection and one statement; the database may be what is missing.
const RELEASE_DEADLINE_MS = 5_000;
// The leases are released, so the neighbours of a poison message can be done at
// once. Doubling from the third delivery on, so that a build that dies at every
// batch does not spin: a hundred retries then last an hour and a half.
const RETRY_DELAY_SECS = 1;
const RETRY_DELAY_SECS_MAX = 60;
// A claim and one job take far less.
const SPREAD_SECS = 4;

const inFlight = new Set();
// Only batches hold jobs, so that only they are innocent of one another's; a dry run does
// what a batch does.
let batchesInFlight = 0;

watchAborts();

/** Answers a request; where the instance died or hangs, a 500 in the worker's own form. */
export async function fetch(Rust, ctx, env, request, cutOff = problem) {
  const started = Date.now();
  try {
    return await bounded(FETCH_DEADLINE_MS, () => new Rust(ctx, env).fetch(request));
  } catch (error) {
    const durationMs = Date.now() - started;
    const requestId = requestIdOf(request);
    log("request_cut_off", error, { requestId, durationMs });
    return cutOff(requestId);
  }
}

/**
 * Consumes a batch. After a death its messages come back at once, and the
 * leases of this invocation end: `retry()` is no failed invocation, so that the
 * wait is ours and not the queue's `retry_delay`. A message that was
 * acknowledged before stays so, for the first word counts.
 */
export async function queue(Rust, ctx, env, batch) {
  const token = uuidV7();
  const invocation = { ...env, INVOCATION_TOKEN: token };
  const started = Date.now();
  try {
    await consume(Rust, ctx, invocation, batch);
  } catch (error) {
    // Before the release, which is none of the batch's own time.
    const durationMs = Date.now() - started;
    const { queue, messages } = batch;
    // Several that died together are spread, so that the next time the one to
    // blame is alone.
    const shared = error.shared === true;
    const spread = shared ? Math.floor(Math.random() * SPREAD_SECS) : 0;
    for (const message of messages) {
      message.retry({ delaySeconds: retryDelaySecs(message.attempts) + spread });
    }
    const released = await release(Rust, ctx, env, token, shared);
    const fields = { queue, messages: messages.length, token, released, shared, durationMs };
    log("batch_cut_off", error, fields);
  }
}

async function consume(Rust, ctx, env, batch) {
  batchesInFlight += 1;
  try {
    await bounded(QUEUE_DEADLINE_MS, () => new Rust(ctx, env).queue(batch));
  } finally {
    batchesInFlight -= 1;
  }
}

/**
 * A dry run for the HTTP worker, whose request waits for it; throws where the instance dies.
 * It may be to blame for that, as a batch beside it may: so it counts as one.
 */
export async function rehearse(Rust, ctx, env, asked) {
  batchesInFlight += 1;
  try {
    return await bounded(REHEARSE_DEADLINE_MS, () => new Rust(ctx, env).rehearse(env, asked));
  } finally {
    batchesInFlight -= 1;
  }
}

/** Runs a cron trigger; a death is a failed run in the platform's history. */
export async function scheduled(Rust, ctx, env, controller) {
  const started = Date.now();
  try {
    await bounded(SCHEDULED_DEADLINE_MS, () => new Rust(ctx, env).scheduled(controller));
  } catch (error) {
    const durationMs = Date.now() - started;
    log("trigger_cut_off", error, { cron: controller.cron, durationMs });
    throw error;
  }
}

// Rows of deliveries are keyed by it: ids in the order of time fill an index
// from one end.
function uuidV7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let rest = Date.now();
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function retryDelaySecs(attempts = 1) {
  return Math.min(RETRY_DELAY_SECS * 2 ** Math.max(attempts - 2, 0), RETRY_DELAY_SECS_MAX);
}

/** How many leases ended, or why none did: they then run out by themselves. */
async function release(Rust, ctx, env, token, shared) {
  try {
    return await bounded(RELEASE_DEADLINE_MS, () => new Rust(ctx, env).release(env, token, shared));
  } catch (error) {
    return `failed: ${text(error)}`;
  }
}

/** Runs `call` until it settles, the instance dies or the time is over. */
async function bounded(limitMs, call) {
  let abandon;
  const abandoned = new Promise((_, reject) => (abandon = reject));
  const timer = setTimeout(() => abandon(new Error(`no end within ${limitMs} ms`)), limitMs);
  inFlight.add(abandon);
  try {
    return await Promise.race([call(), abandoned]);
  } finally {
    clearTimeout(timer);
    inFlight.delete(abandon);
  }
}

function watchAborts() {
  const state = globalThis.__worker_init_state;
  let critical = state.criticalError;
  Object.defineProperty(state, "criticalError", {
    configurable: true,
    enumerable: true,
    get: () => critical,
    set(value) {
      critical = value;
      if (!value) return;
      const shared = batchesInFlight > 1;
      for (const abandon of [...inFlight]) {
        abandon(Object.assign(new Error("the wasm instance aborted"), { shared }));
      }
    },
  });
  // A trap without a panic (memory exhausted) runs no hook; in a continuation it
  // surfaces as a rejection that nobody handles. So does a stack that overflows,
  // as a RangeError; it went through wasm frames that were never unwound.
  addEventListener("unhandledrejection", ({ reason }) => {
    const deadly = reason instanceof WebAssembly.RuntimeError || reason instanceof RangeError;
    if (deadly) state.criticalError = true;
  });
}

// The rule is the API's own: 1 to 128 visible ASCII characters.
function requestIdOf(request) {
  const given = request.headers.get("X-Request-Id");
  return given !== null && /^[\x21-\x7e]{1,128}$/.test(given) ? given : crypto.randomUUID();
}

// As the API answers, which is not there to ask.
function problem(requestId) {
  const body = {
    type: "/problems/internal_error",
    title: "Something went wrong on our side",
    status: 500,
    detail: "The request was cut off and may have had its effect: read it back before repeating it.",
    code: "internal_error",
    requestId,
    retryable: true,
    errors: [],
  };
  const headers = {
    "Content-Type": "application/problem+json",
    "X-Request-Id": requestId,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Referrer-Policy": "no-referrer",
  };
  return new Response(JSON.stringify(body), { status: 500, headers });
}

// An object, as the Rust side logs: Workers Logs indexes its fields.
function log(event, error, fields) {
  console.error({ level: "error", event, error: text(error), ...fields });
}

function text(error) {
  return error instanceof Error ? error.message : String(error);
}
