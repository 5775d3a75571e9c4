// Takes the names of functions out of a wasm file: a tenth of its gzipped size,
// which counts against the platform's limit. A panic says its file and line
// without them. The linker could leave them out, but wasm-bindgen needs them.

import { readFileSync, writeFileSync } from "node:fs";

const HEADER_BYTES = 8;
const CUSTOM = 0;

const [file] = process.argv.slice(2);
const wasm = readFileSync(file);

/** An unsigned LEB128 number, and where it ends. */
function number(at) {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = wasm[at++];
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte < 0x80) return [value, at];
  }
}

const kept = [wasm.subarray(0, HEADER_BYTES)];
for (let start = HEADER_BYTES; start < wasm.length; ) {
  const [size, body] = number(start + 1);
  const [length, text] = number(body);
  const isNames = wasm[start] === CUSTOM && wasm.toString("utf8", text, text + length) === "name";
  const end = body + size;
  if (!isNames) kept.push(wasm.subarray(start, end));
  start = end;
}
const stripped = Buffer.concat(kept);
if (!WebAssembly.validate(stripped)) throw new Error(`${file} without its names is no wasm`);
writeFileSync(file, stripped);
