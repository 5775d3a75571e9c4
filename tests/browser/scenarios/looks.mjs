// How every page looks, by whom, and what it weighs.
import assert from "node:assert/strict";

const FIRST_PAGE_BYTES_MAX = 100_000;

const PAGES = {
  overview: "/admin",
  cron: "/admin/cron",
  schedule: ({ past }) => `/admin/cron/${past}`,
  runs: "/admin/runs",
  run: ({ run }) => `/admin/runs/${run}`,
  jobs: "/admin/jobs",
  job: ({ job }) => `/admin/jobs/${job}`,
  "dead-letters": "/admin/dead-letters",
  "dead-letter": ({ letters }) => `/admin/dead-letters/${letters[2]}`,
  scoreboards: "/admin/scoreboards",
  board: ({ tournament }) => `/admin/scoreboards/${tournament}?member=ada`,
  ledger: ({ tournament, organization }) => `/admin/scoreboards/${tournament}/ledger?organizationId=${organization}`,
  replay: ({ replay }) => `/admin/replays/${replay}`,
  overnight: "/admin/overnight",
  night: ({ night }) => `/admin/overnight/${night}`,
  "night-checked": ({ night }) => `/admin/overnight/${night}/replay`,
  audit: "/admin/audit",
  scoring: "/admin/scoring",
  contact: ({ lead }) => `/admin/scoring/contacts/${lead}`,
  "scoring-config": "/admin/scoring/config",
  analytics: "/admin/analytics",
  reference: "/admin/reference",
  operation: "/admin/reference/replay_cases",
};

async function look({ given, enter }, options) {
  const person = await enter(options);
  await person.signIn(given.operator);
  await person.signIn(given.tenant);
  for (const [name, where] of Object.entries(PAGES)) {
    const answer = await person.go(typeof where === "function" ? where(given) : where);
    assert.equal(answer.status(), 200, name);
    await person.picture(name);
    await person.fits();
    await person.isSound();
  }
  await person.press("Sign out");
  await person.picture("sign-in");
  await person.isSound();
}

export const every_page_in_light = (world) => look(world, { scheme: "light" });
export const every_page_in_the_dark = (world) => look(world, { scheme: "dark" });
export const every_page_on_a_phone = (world) => look(world, { scheme: "light", size: "phone" });
export const every_page_on_a_phone_in_the_dark = (world) => look(world, { scheme: "dark", size: "phone" });

export async function who_only_looks_sees_every_page_and_changes_nothing({ given, enter }) {
  const person = await enter();
  await person.signIn(given.viewer);
  await person.signIn(given.reader);
  for (const [name, where] of Object.entries(PAGES)) {
    const answer = await person.go(typeof where === "function" ? where(given) : where);
    assert.equal(answer.status(), 200, name);
    const forms = person.page.locator('form[method="post"]');
    const actions = await forms.evaluateAll((all) => all.map((form) => form.getAttribute("action")));
    assert.deepEqual(actions, ["/admin/sign-out"], name);
  }
}

export async function the_first_page_is_light({ given, enter }) {
  const person = await enter();
  await person.signIn(given.operator);
  await person.context.clearCookies({ name: "none" });
  const session = await person.context.newCDPSession(person.page);
  let bytes = 0;
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await person.go("/admin");
  await person.page.waitForLoadState("networkidle");
  assert.ok(bytes > 2_000 && bytes < FIRST_PAGE_BYTES_MAX, `${bytes} bytes`);
}

export async function pages_are_read_without_scripts({ given, enter }) {
  const person = await enter({ scripts: false });
  await person.signIn(given.operator);
  await person.signIn(given.tenant);
  for (const [name, where] of Object.entries(PAGES)) {
    await person.go(typeof where === "function" ? where(given) : where);
    const text = await person.page.innerText("main");
    assert.ok(text.length > 80, `${name}: ${text}`);
  }
  // And acts are done.
  await person.go(`/admin/cron/${given.quiet}`);
  await person.page.getByLabel("Note").fill("without a script");
  await person.page.getByRole("button", { name: "Pause" }).click();
  await person.sees("Paused: without a script");
}
