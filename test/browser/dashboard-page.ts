/**
 * The dashboard as a person meets it: what can be read, clicked and typed there, and what a
 * browser would complain about. Used by the browser tests. Dispose of it with `await using`.
 */
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { eventually } from "../support/measured-server.ts";

const SOON_MS = 15_000;

export interface DashboardSettings {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
}

export type ViewName = "connections" | "accounts" | "subscriptions" | "server";

/** Lets a test say that the page is in the background: a browser without windows has none. */
const VISIBILITY = `
  globalThis.isAway = false;
  Object.defineProperty(document, "hidden", { get: () => globalThis.isAway });
`;

export class DashboardPage implements AsyncDisposable {
  readonly page: Page;
  /** Errors in the console and in scripts. */
  readonly complaints: string[];
  /** Addresses of all requests. */
  readonly requests: string[];

  private constructor(page: Page) {
    this.page = page;
    this.complaints = [];
    this.requests = [];
    page.on("console", (message) => {
      const kind = message.type();
      if (kind === "error" || kind === "warn") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("request", (request) => this.requests.push(request.url()));
  }

  /** Opens it and waits until it shows something of the server. */
  static async open(
    browser: Browser,
    url: string,
    { width = 1280, height = 900, scheme = "light" }: DashboardSettings = {},
  ): Promise<DashboardPage> {
    const page = await browser.newPage();
    const dashboard = new DashboardPage(page);
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.evaluateOnNewDocument(VISIBILITY);
    await page.goto(url);
    await dashboard.shows("#status", /^Live$/);
    return dashboard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
  }

  /** The text of the first element there, as it is laid out; "" if there is none. */
  async text(selector: string): Promise<string> {
    return (await this.texts(selector))[0] ?? "";
  }

  /** Of the elements that can be seen. */
  async texts(selector: string): Promise<string[]> {
    const texts: unknown = await this.page.$$eval(selector, (found) =>
      found.filter((one) => one.checkVisibility()).map((one) => one.innerText.trim()),
    );
    return Array.isArray(texts) ? texts.map(String) : [];
  }

  /** The attribute of the first element there. */
  async attribute(selector: string, name: string): Promise<string> {
    const read = `document.querySelector(${JSON.stringify(selector)})?.getAttribute("${name}")`;
    return String(await this.page.evaluate(read));
  }

  /** Waits until the text there is like that. */
  async shows(selector: string, pattern: RegExp): Promise<void> {
    let text = "";
    const what = `${pattern} in ${selector}`;
    await this.until(what, async () => {
      text = await this.text(selector);
      return pattern.test(text);
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; it shows ${JSON.stringify(text)}`);
    });
  }

  until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
    return eventually(what, SOON_MS, check);
  }

  /** Opens the tab. */
  async openView(view: ViewName): Promise<void> {
    await this.page.click(`#tab-${view}`);
    await this.page.waitForSelector(`#view-${view}`, { visible: true });
  }

  async type(selector: string, text: string): Promise<void> {
    await this.page.click(selector, { count: 3 });
    await this.page.keyboard.press("Backspace");
    await this.page.type(selector, text);
  }

  /** The cells of a column, from the table inside `place`. */
  async column(place: string, title: string): Promise<string[]> {
    const titles = (await this.texts(`${place} thead th`)).map((text) => text.trim());
    const index = titles.indexOf(title) + 1;
    if (index === 0) throw new Error(`no column ${title} among ${titles.join(", ")}`);
    return this.texts(`${place} tbody td:nth-child(${index})`);
  }

  /** The values of a list of facts inside `place`, by name. */
  async facts(place: string): Promise<Readonly<Record<string, string>>> {
    const names = await this.texts(`${place} dt`);
    const values = await this.texts(`${place} dd`);
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
  }

  async sortBy(view: ViewName, title: string): Promise<void> {
    for (const heading of await this.page.$$(`#view-${view} .sort`)) {
      const text: unknown = await heading.evaluate((one) => one.textContent);
      if (text === title) return heading.click();
    }
    throw new Error(`no order by ${title}`);
  }

  /** Goes to the background, or comes back. */
  async setAway(isAway: boolean): Promise<void> {
    const event = `document.dispatchEvent(new Event("visibilitychange"))`;
    await this.page.evaluate(`globalThis.isAway = ${isAway}; ${event}`);
  }

  /** How often each endpoint has been asked. */
  asked(endpoint: string): number {
    return this.requests.filter((url) => new URL(url).pathname.endsWith(`/${endpoint}`)).length;
  }

  /** Waits for that many more polls of the general figures. */
  async polls(count: number): Promise<void> {
    const before = this.asked("varz");
    await this.until(`${count} polls`, () => this.asked("varz") >= before + count);
  }

  /** Whether the page as a whole is wider than its window. */
  async scrollsSideways(): Promise<boolean> {
    const widths = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
    return Boolean(await this.page.evaluate(widths));
  }

  /** Writes a picture into the folder that MIDGE_SCREENSHOTS names, if it does. */
  async picture(name: string): Promise<void> {
    const folder = process.env["MIDGE_SCREENSHOTS"];
    if (folder !== undefined) await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}
