// What is deployed: the guard around the generated class.

import { WorkerEntrypoint } from "cloudflare:workers";

import Rust from "./build/index.js";
import * as guard from "../guard.mjs";

export default class extends WorkerEntrypoint {
  fetch(request) {
    return guard.fetch(Rust, this.ctx, this.env, request);
  }
}
