// Signing in, staying signed in, and leaving.
import assert from "node:assert/strict";

export async function a_person_signs_in_and_out({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("401");
  person.expects("422");
  await person.go("/admin/cron");
  assert.equal(await person.heading().innerText(), "Sign in");
  await page.getByLabel("Key").fill("mk_nobody");
  await person.press("Sign in");
  await person.sees("Nobody has this key");
  await person.isSound();
  await page.getByLabel("Key").fill(given.operator);
  await person.press("Sign in");
  // Back where one wanted to be.
  assert.equal(new URL(page.url()).pathname, "/admin/cron");
  const [cookie] = await person.context.cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, "Strict", "/"]);
  assert.ok(!decodeURIComponent(cookie.value).includes(given.operator));
  assert.equal(await page.evaluate(() => document.cookie), "");
  await person.press("Sign out");
  await person.go("/admin/cron");
  assert.equal(await person.heading().innerText(), "Sign in");
}

export async function what_was_typed_survives_the_end_of_a_session({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("401");
  await person.signIn(given.operator, `/admin/cron/${given.schedule}`);
  await page.getByLabel("Note").fill("because <b>of</b> it");
  await person.context.clearCookies();
  await person.press("Pause");
  assert.equal(await person.heading().innerText(), "Sign in");
  await page.getByLabel("Key").fill(given.operator);
  await person.press("Sign in");
  await person.sees("has not been done");
  await person.sees("because <b>of</b> it");
  await page.getByRole("link", { name: "Go back without doing it" }).click();
  assert.equal(new URL(page.url()).pathname, `/admin/cron/${given.schedule}`);
  assert.equal(await page.getByLabel("Note").count(), 1);
}

export async function forms_of_strangers_do_nothing({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("403");
  await person.signIn(given.operator, `/admin/cron/${given.schedule}`);
  await page.locator('form.panel input[name="csrf"]').first().evaluate((field) => (field.value = "00"));
  await person.press("Run now", person.panel("Run now"));
  await person.sees("Nothing was done");
  const cookies = await person.context.cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  for (const headers of [{ origin: "https://elsewhere.example" }, { "sec-fetch-site": "cross-site" }, {}]) {
    const answer = await fetch(`${given.url}/admin/cron/${given.schedule}/run`, {
      method: "POST",
      headers: { cookie, "content-type": "application/x-www-form-urlencoded", ...headers },
      body: "csrf=00",
      redirect: "manual",
    });
    assert.equal(answer.status, 403, JSON.stringify(headers));
  }
}

export async function a_form_of_a_session_before_is_shown_again({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("403");
  await person.signIn(given.operator, `/admin/cron/${given.past}`);
  await page.getByLabel("Note").fill("typed in the first tab");
  // A second key in another tab makes another session of it.
  const other = await person.context.newPage();
  await other.goto(`${given.url}/admin/sign-in?return=/admin/scoring`);
  await other.getByLabel("Key").fill(given.tenant);
  await other.getByRole("button", { name: "Sign in" }).click();
  await other.getByRole("heading", { level: 1, name: "Scoring" }).waitFor();
  await person.press("Pause");
  await person.sees("Nothing was done");
  await person.sees("typed in the first tab");
  await page.getByRole("link", { name: "Go back without doing it" }).click();
  assert.equal(new URL(page.url()).pathname, `/admin/cron/${given.past}`);
  assert.equal(await page.getByLabel("Note").count(), 1);
}
