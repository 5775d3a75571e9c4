// Drives Chromium for the tests of the console. One JSON line on standard input is an order
// `{id, scenario, given}`, one on standard output its answer `{id, ok}` or `{id, error}`; the
// end of standard input ends everything. tests/browser/main.rs is the other side.
import { createRequire } from "node:module";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";

import { Person } from "./person.mjs";

const { chromium } = createRequire(import.meta.url)("playwright-core");

// Answers alone may stand on standard output.
const answer = process.stdout.write.bind(process.stdout);
console.log = console.error;

const folder = new URL("./scenarios/", import.meta.url);
const scenarios = {};
for (const file of readdirSync(folder)) Object.assign(scenarios, await import(new URL(file, folder)));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  // Root, as tests are run in a container, has no sandbox of Chromium's.
  args: process.getuid() === 0 ? ["--no-sandbox", "--disable-gpu"] : ["--disable-gpu"],
});

async function obey(line) {
  const { id, scenario, given } = JSON.parse(line);
  const people = [];
  const enter = async (options) => {
    const person = await Person.enter(browser, given, { scenario, ...options });
    people.push(person);
    return person;
  };
  let reply;
  try {
    await scenarios[scenario]({ given, enter });
    for (const person of people) person.assertQuiet();
    reply = { id, ok: true };
  } catch (error) {
    const seen = await Promise.all(people.map((person) => person.last().catch(() => "")));
    reply = { id, error: `${error?.stack ?? error}\n${seen.join("\n")}` };
  }
  await Promise.all(people.map((person) => person.leave()));
  answer(`${JSON.stringify(reply)}\n`);
}

createInterface({ input: process.stdin }).on("line", obey).on("close", async () => {
  await browser.close();
  process.exit(0);
});
