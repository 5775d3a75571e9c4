// What is deployed: the guard around the generated class. Only the handlers of
// the platform are reachable from outside, and dry runs for the HTTP worker, which
// names their entry in its binding, as any worker of the account could; `release` is not
// among them.

import { WorkerEntrypoint } from "cloudflare:workers";

import Rust from "./build/index.js";
import * as guard from "../guard.mjs";

export default class extends WorkerEntrypoint {
  queue(batch) {
    return guard.queue(Rust, this.ctx, this.env, batch);
  }

  scheduled(controller) {
    return guard.scheduled(Rust, this.ctx, this.env, controller);
  }
}

export class Rehearsals extends WorkerEntrypoint {
  rehearse(asked) {
    return guard.rehearse(Rust, this.ctx, this.env, asked);
  }
}
