// What operators look at and do.
import assert from "node:assert/strict";

export async function the_overview_says_what_is_wrong({ given, enter }) {
  const person = await enter();
  await person.signIn(given.operator);
  assert.equal(await person.heading().innerText(), "Overview");
  await person.sees("online");
  await person.sees(given.cause);
  await person.sees("alert_webhook");
  await person.page.getByRole("link", { name: given.cause }).click();
  assert.equal(await person.heading().innerText(), "Dead letters");
}

export async function a_schedule_is_run_paused_and_resumed({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("409");
  await person.signIn(given.operator, "/admin/cron");
  await page.getByRole("link", { name: given.schedule, exact: true }).click();
  await page.getByLabel("Note").fill("the import runs until noon");
  await person.press("Pause");
  await person.sees("Paused: the import runs until noon");
  await person.press("Resume");
  assert.equal(await page.getByLabel("Note").count(), 1);
  await person.panel("Run now").getByLabel("Reason").fill("by a test");
  await person.press("Run now", person.panel("Run now"));
  assert.match(await person.heading().innerText(), new RegExp(`Run of ${given.schedule}`));
  // It is held by the run: the refusal keeps what was typed, and leads there.
  await person.go(`/admin/cron/${given.held}`);
  await person.panel("Run now").getByLabel("Reason").fill("once more");
  await person.press("Run now", person.panel("Run now"));
  assert.equal(await person.panel("Run now").getByLabel("Reason").inputValue(), "once more");
  await page.getByRole("link", { name: "The run that holds it" }).click();
  await person.panel("Cancel").getByLabel("Reason").fill("it waits for nothing");
  await person.press("Cancel the run");
  await person.sees("cancelled");
  await page.getByRole("link", { name: "Audit" }).click();
  await person.sees("cron.pause");
  await person.sees("it waits for nothing");
}

export async function jobs_are_found_by_what_they_hold({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("422");
  await person.signIn(given.operator, "/admin/jobs");
  await page.getByLabel("Data contains").fill("{not json");
  await person.press("Search");
  assert.equal(await page.getByLabel("Data contains").inputValue(), "{not json");
  assert.equal(await page.getByLabel("Data contains").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Data contains").fill(JSON.stringify({ contactId: given.contact }));
  await person.press("Search");
  await page.locator("tbody th a").first().click();
  await person.sees(given.contact);
}

export async function a_dead_letter_is_tried_and_replayed({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("422");
  await person.signIn(given.operator, `/admin/dead-letters/${given.letters[0]}`);
  await person.press("Try without doing");
  await person.sees("nothing was done");
  await page.getByLabel("Reason").first().fill("the provider is back");
  await person.press("Replay");
  assert.match(new URL(page.url()).pathname, /^\/admin\/jobs\//);
  await person.go(`/admin/dead-letters/${given.letters[1]}`);
  await page.locator("#discard-reason").fill("it is of no use");
  await person.press("Discard the case");
  await person.sees("it is of no use");
}

export async function all_that_match_are_replayed({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("422");
  await person.signIn(given.operator, `/admin/dead-letters?organizationId=${given.crowd}`);
  await person.press("Try all that match");
  await person.sees("What a replay would do");
  await page.getByLabel("Per second").fill("many");
  await person.press("Replay all that match");
  assert.equal(await page.getByLabel("Per second").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Per second").fill("20");
  await person.press("Replay all that match");
  assert.match(new URL(page.url()).pathname, /^\/admin\/replays\//);
  await person.sees("Ordered");
}

export async function a_search_for_nothing_keeps_what_was_typed({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("422");
  await person.signIn(given.operator, "/admin/runs");
  await page.getByLabel("Run id").fill("no id");
  await person.press("Show");
  assert.equal(await page.getByLabel("Run id").inputValue(), "no id");
  assert.equal(await page.getByLabel("Run id").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Run id").fill(given.run);
  await person.press("Show");
  assert.equal(new URL(page.url()).pathname, `/admin/runs/${given.run}`);
}

export async function a_board_is_rebuilt({ given, enter }) {
  const person = await enter();
  const where = `/admin/scoreboards/${given.tournament}/ledger?organizationId=${given.organization}`;
  await person.signIn(given.operator, where);
  await person.panel("Rebuild the board").getByLabel("Reason").fill("by a test");
  await person.press("Rebuild");
  assert.match(new URL(person.page.url()).pathname, /^\/admin\/runs\//);
}

export async function a_breaker_is_closed_by_hand({ given, enter }) {
  const person = await enter();
  const { page } = person;
  await person.signIn(given.operator);
  const warning = page.locator(".warnings li", { hasText: "match_provider" });
  assert.equal(await warning.innerText(), "The breaker match_provider is open.");
  const row = page.locator("tr", { has: page.getByRole("rowheader", { name: "match_provider" }) });
  await person.press("Close it", row);
  await row.getByText("closed").waitFor();
  assert.equal(await warning.count(), 0);
}

export async function a_night_is_looked_at_and_checked_again({ given, enter }) {
  const person = await enter();
  const { page } = person;
  await person.signIn(given.operator, "/admin/overnight");
  await page.locator(`a[href$="${given.night}"]`).click();
  await person.sees("TSLA has no price <img src=x onerror=alert(1)>");
  await page.getByRole("link", { name: "Skipped" }).click();
  await page.getByRole("rowheader", { name: "fay" }).waitFor();
  assert.equal(await page.getByRole("rowheader", { name: "eve" }).count(), 0);
  await page.getByRole("link", { name: "Check its scores again" }).click();
  await person.sees("3 users computed again");
  const differs = page.getByRole("region", { name: "What differs" }).locator("tbody tr");
  assert.match(await differs.first().innerText(), /ada[^]*inputsHash/);
}
