// Somebody at a browser: what they see, and what the browser says meanwhile.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// What axe calls serious or critical stops a release; the rest is taste.
const GRAVE = ["serious", "critical"];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 375, height: 740 } };

export class Person {
  static async enter(browser, given, { scenario, scheme = "light", size = "desktop", scripts = true }) {
    const context = await browser.newContext({
      viewport: SIZES[size],
      colorScheme: scheme,
      javaScriptEnabled: scripts,
    });
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    return new Person(context, page, given, { scenario, scheme, size });
  }

  constructor(context, page, given, look) {
    Object.assign(this, { context, page, given, look, faults: [], expected: [] });
    page.on("console", (message) => {
      if (message.type() === "error") this.faults.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.faults.push(`script: ${error.message}`));
    page.on("dialog", async (dialog) => {
      this.faults.push(`a dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
  }

  go(where) {
    return this.page.goto(`${this.given.url}${where}`);
  }

  async signIn(key, where = "/admin") {
    await this.go(`/admin/sign-in?return=${encodeURIComponent(where)}`);
    await this.page.getByLabel("Key").fill(key);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  /** Presses a button that sends a form, and waits for the page behind it. */
  async press(name, within = this.page) {
    const landed = this.page.waitForEvent("load");
    await within.getByRole("button", { name, exact: true }).click();
    await landed;
  }

  heading() {
    return this.page.getByRole("heading", { level: 1 });
  }

  async sees(text) {
    await this.page.getByText(text).first().waitFor();
  }

  /** A form by its heading. */
  panel(title) {
    return this.page.locator("form.panel", { has: this.page.getByRole("heading", { name: title, exact: true }) });
  }

  /** Refusals that a scenario asks for are told by the browser as errors, too. */
  expects(text) {
    this.expected.push(text);
  }

  async picture(name) {
    const { scheme, size } = this.look;
    mkdirSync(this.given.pictures, { recursive: true });
    const file = path.join(this.given.pictures, `${name}-${size}-${scheme}.png`);
    await this.page.screenshot({ path: file, fullPage: true });
  }

  /** Nothing beside the page's own width. */
  async fits() {
    const [whole, shown] = await this.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return [scrollWidth, clientWidth];
    });
    if (whole > shown) throw new Error(`${this.page.url()} is ${whole} wide, shown ${shown}`);
  }

  /** Nothing grave by axe. */
  async isSound() {
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(
      (values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }),
      RULES,
    );
    const grave = found.violations.filter(({ impact }) => GRAVE.includes(impact));
    if (grave.length > 0) {
      const told = grave.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((n) => n.html).join(" | ")}`);
      throw new Error(`axe on ${this.page.url()}:\n${told.join("\n")}`);
    }
  }

  assertQuiet() {
    const isExpected = (fault) => this.expected.some((text) => fault.includes(text));
    const left = this.faults.filter((fault) => !isExpected(fault));
    if (left.length > 0) throw new Error(`the browser complains:\n${left.join("\n")}`);
  }

  async last() {
    return `at ${this.page.url()}\n${this.faults.join("\n")}\n${(await this.page.innerText("body")).slice(0, 1500)}`;
  }

  async leave() {
    await this.context.close();
  }
}
