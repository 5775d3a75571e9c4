// A database that goes away while people look, and comes back.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";

export async function pages_recover({ given, enter }) {
  const signal = (name) => writeFileSync(path.join(given.signals, name), "");
  const watching = await enter();
  const coming = await enter({ scripts: false });
  for (const person of [watching, coming]) {
    person.expects("503");
    await person.signIn(given.operator);
  }
  signal("opened");
  // Who looks at a page is told that it is old by now.
  await watching.page.locator("#stale").waitFor({ state: "visible" });
  // Who comes is told so, and needs to do nothing.
  const answer = await coming.go("/admin/runs");
  assert.equal(answer.status(), 503);
  await coming.sees("tries again by itself");
  signal("seen");
  await watching.page.locator("#stale").waitFor({ state: "hidden" });
  await coming.page.getByRole("heading", { level: 1, name: "Runs" }).waitFor();
}
