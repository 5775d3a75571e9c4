// What is deployed: the guard around the generated class. Files stand below /admin/assets/;
// the platform serves them itself, and where it asks the worker first they are handed on.

import { WorkerEntrypoint } from "cloudflare:workers";

import Rust from "./build/index.js";
import * as guard from "../guard.mjs";

const ASSETS = "/admin/assets/";

export default class extends WorkerEntrypoint {
  fetch(request) {
    if (new URL(request.url).pathname.startsWith(ASSETS)) return this.env.ASSETS.fetch(request);
    return guard.fetch(Rust, this.ctx, this.env, request, page);
  }
}

// As a page says it, which is not there to ask.
function page(requestId) {
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Cut off · Mauntic</title>
<h1>Cut off</h1><p>This page was cut off. If it was to do something, look whether it did before you repeat it.</p>
<p>Request ${requestId.replace(/[^A-Za-z0-9-]/g, "")}</p><p><a href="/admin">Overview</a></p></html>`;
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Referrer-Policy": "same-origin",
  };
  return new Response(text, { status: 500, headers });
}
