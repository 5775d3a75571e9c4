// What an organization looks at and does, and what no key of another kind opens.
import assert from "node:assert/strict";

export async function a_configuration_is_drafted_previewed_and_published({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("422");
  await person.signIn(given.tenant, "/admin/scoring/config");
  // A row of one's own, wrong at first.
  const factors = page.locator('form[action$="/factors"]');
  const row = factors.locator("tbody tr").last();
  await row.getByRole("textbox").nth(0).fill("webinar_seen");
  await row.getByRole("textbox").nth(1).fill("many");
  await person.press("Save the draft", factors);
  const weight = page.locator('form[action$="/factors"] [aria-invalid="true"]');
  assert.equal(await weight.inputValue(), "many");
  await weight.fill("12.5");
  await person.press("Save the draft", page.locator('form[action$="/factors"]'));
  await person.sees("What the draft would change");
  await page.getByLabel("Note").fill("webinars count");
  await person.press("Publish");
  await person.sees("none");
  assert.equal(await page.getByText("What the draft would change").count(), 0);
  assert.equal(await page.locator('input[value="webinar_seen"]').count(), 1);
}

export async function a_contacts_score_explains_itself({ given, enter }) {
  const person = await enter();
  const { page } = person;
  await person.signIn(given.tenant, "/admin/scoring");
  await page.getByLabel("Contact id").fill(given.lead);
  await person.press("Show");
  assert.equal(await person.heading().innerText(), given.lead);
  // The contributions of the page sum to its score.
  const rows = page.locator('[aria-label="Contributions, which sum to the score"] tbody tr');
  const points = await rows.locator("td:nth-child(3)").allInnerTexts();
  const sum = points.slice(0, -1).reduce((total, text) => total + Number(text), 0);
  assert.ok(Math.abs(sum - Number(points.at(-1))) < 1e-9, points.join(" "));
  const curves = page.locator('[aria-label="Signals, the newest first"] svg');
  assert.ok((await curves.count()) >= 1);
  assert.match(await curves.first().getAttribute("aria-label"), /to 0 within \d+ hours/);
}

export async function an_organization_reads_its_reports_and_boards({ given, enter }) {
  const person = await enter();
  const { page } = person;
  person.expects("422");
  await person.signIn(given.tenant, "/admin/analytics");
  await person.sees("mail.example.com");
  await page.getByLabel("From").fill("yesterday");
  await person.press("Show");
  assert.equal(await page.getByLabel("From").getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("From").inputValue(), "yesterday");
  await page.getByRole("link", { name: "Scoreboards" }).click();
  await page.getByRole("link", { name: "Cup <i>of</i> friends" }).click();
  await page.getByLabel("Ranks").selectOption("ordinal");
  await page.getByLabel("Around a member").fill("bob");
  await person.press("Show");
  await person.sees("Around bob");
  await page.getByLabel("Around a member").fill("nobody");
  await person.press("Show");
  assert.equal(await page.getByRole("alert").count(), 1);
  assert.equal(await page.getByLabel("Around a member").inputValue(), "nobody");
}

export async function a_key_opens_what_it_may_and_no_more({ given, enter }) {
  const kinds = {
    operator: ["/admin", "/admin/cron", "/admin/runs", "/admin/jobs", "/admin/dead-letters", "/admin/overnight", "/admin/audit"],
    tenant: ["/admin/scoring", "/admin/scoring/config", "/admin/analytics"],
    both: ["/admin/scoreboards", "/admin/reference"],
  };
  const lets = { operator: ["operator", "both"], tenant: ["tenant", "both"], reader: ["tenant", "both"] };
  for (const [who, opened] of Object.entries(lets)) {
    const person = await enter();
    person.expects("403");
    await person.signIn(given[who]);
    for (const [kind, paths] of Object.entries(kinds)) {
      for (const path of paths) {
        const answer = await person.go(path);
        // Whom the overview is not for is led to what is theirs.
        const isLed = path === "/admin" && answer.request().redirectedFrom() !== null;
        const expected = opened.includes(kind) || isLed ? 200 : 403;
        assert.equal(answer.status(), expected, `${who} ${path}`);
      }
    }
    await person.go("/admin/scoring/config");
    const saves = await person.page.getByRole("button", { name: "Save the draft" }).count();
    assert.equal(saves, who === "tenant" ? 2 : 0, who);
  }
}

export async function a_draft_is_discarded({ given, enter }) {
  const person = await enter();
  const { page } = person;
  await person.signIn(given.small, "/admin/scoring/config");
  const factors = page.locator('form[action$="/factors"]');
  await factors.getByLabel("Factor of row 1").fill("of_no_use");
  await factors.getByLabel("Points of row 1").fill("3");
  await person.press("Save the draft", factors);
  assert.equal(await page.getByLabel("Factor of row 1").inputValue(), "of_no_use");
  await person.press("Discard the draft");
  assert.equal(await page.getByText("What the draft would change").count(), 0);
  assert.equal(await page.locator('input[value="of_no_use"]').count(), 0);
}

export async function an_alert_is_taken_on_at_a_phone({ given, enter }) {
  const person = await enter({ size: "phone" });
  const { page } = person;
  await person.signIn(given.small, "/admin/scoring");
  await page.getByLabel("User who takes on PRICING_PAGE of lead_small").fill("ada");
  await person.fits();
  await person.press("Take it on");
  assert.equal(await person.heading().innerText(), "lead_small");
  await person.sees("acknowledged");
  await person.fits();
}
