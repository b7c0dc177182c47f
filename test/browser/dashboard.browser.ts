/**
 * The dashboard in a real browser, in front of a server with traffic: what a person sees and does.
 * Run it with `bun test ./test/browser/dashboard.browser.ts`; `bun test` alone leaves it out, since
 * it needs Chromium. MIDGE_SCREENSHOTS names a folder for pictures.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "puppeteer-core";
import { ConfiguredServer } from "../support/configured-server.ts";
import { TEST_HOST } from "../support/running-server.ts";
import { startChromium } from "./chromium.ts";
import { DashboardPage } from "./dashboard-page.ts";
import { HOSTILE_NAME, Plant, SENSORS } from "./plant.ts";

setDefaultTimeout(60_000);

/** Beside the sensors: the hostile one, the flooder, the desk and the controller. */
const OPEN = SENSORS + 4;
const CLOSED = 2;

let browser: Browser;
let plant: Plant;

beforeAll(async () => {
  browser = await startChromium();
  plant = await Plant.start();
});

afterAll(async () => {
  await browser?.close();
  await plant?.[Symbol.asyncDispose]();
});

const CONNECTIONS = "#view-connections";
const SUBSCRIPTIONS = "#view-subscriptions";
const FILTER = `${CONNECTIONS} input[type=search]`;
const RANGE = `${CONNECTIONS} .range`;

function number(text: string): number {
  return Number(text.replaceAll(",", ""));
}

describe("the top of the page", () => {
  test("has rates above zero, with graphs", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.polls(3);
    const rates = await dashboard.texts("#rates .value");
    expect(rates).toHaveLength(4);
    for (const rate of rates) expect(Number.parseFloat(rate)).toBeGreaterThan(0);
    expect(await dashboard.attribute("#rates .line", "d")).toMatch(/^M\d+ [\d.]+L\d+/);
    expect(await dashboard.attribute("#rates .value", "title")).toEndWith("messages per second");
    expect(dashboard.complaints).toEqual([]);
  });

  test("names the server and counts what it has", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    expect(await dashboard.page.title()).toBe("midge: plant-7");
    expect(await dashboard.text("h1")).toBe("plant-7");
    const tiles = await dashboard.texts("#figures .tile");
    const values = tiles.map((tile) => tile.split(/\n+/).slice(0, 2).join(": "));
    expect(values.slice(0, 3)).toEqual([
      `Connections: ${OPEN}`,
      expect.stringMatching(/^Subscriptions: \d+$/),
      "Slow consumers: 1",
    ]);
    expect(values[4]).toMatch(/^Memory: [\d.]+ MiB$/);
  });

  test("stays where it is at each poll", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.polls(2);
    const places = `[...document.querySelectorAll("#rates > *, #figures > *, thead th")]
      .map((one) => Object.values(one.getBoundingClientRect().toJSON()).join(" ")).join("\\n")`;
    const before = await dashboard.page.evaluate(places);
    await dashboard.polls(2);
    expect(await dashboard.page.evaluate(places)).toEqual(before);
  });
});

describe("connections", () => {
  test("are sorted by the server, on pages", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.shows(RANGE, new RegExp(`^1–50 of ${OPEN}$`));
    const cids = (await dashboard.column(CONNECTIONS, "CID")).map(number);
    expect(cids).toHaveLength(50);
    expect(cids).toEqual(cids.toSorted((left, right) => left - right));
    await dashboard.sortBy("connections", "Subs");
    const subscriptions = () => dashboard.column(CONNECTIONS, "Subs");
    await dashboard.until("the order", async () => (await subscriptions())[0] === "3");
    expect((await subscriptions()).slice(0, 4)).toEqual(["3", "2", "2", "2"]);
    expect(await dashboard.attribute("[aria-sort]", "aria-sort")).toBe("descending");
    await dashboard.sortBy("connections", "Msgs out");
    const names = () => dashboard.column(CONNECTIONS, "Name");
    await dashboard.until("the busiest receiver", async () => (await names())[0] === "desk");
    await dashboard.page.click(`${CONNECTIONS} [aria-label="Next page"]`);
    await dashboard.shows(RANGE, new RegExp(`^51–100 of ${OPEN}$`));
    await dashboard.page.click(`${CONNECTIONS} [aria-label="Previous page"]`);
    await dashboard.shows(RANGE, /^1–50 of/);
    expect(dashboard.complaints).toEqual([]);
  });

  test("can be ordered by every column that the endpoint has an order for", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    for (const state of ["open", "closed", "all"]) {
      await dashboard.page.click(`${CONNECTIONS} input[value=${state}]`);
      const total = { open: OPEN, closed: CLOSED, all: OPEN + CLOSED }[state];
      await dashboard.shows(RANGE, new RegExp(` of ${total}$`));
      const titles = await dashboard.texts(`${CONNECTIONS} .sort`);
      expect(titles).toHaveLength(state === "closed" ? 12 : 10);
      for (const title of titles) {
        await dashboard.sortBy("connections", title);
        const marked = () => dashboard.texts(`${CONNECTIONS} [aria-sort]`);
        await dashboard.until(title, async () => (await marked()).join() === title);
      }
    }
    expect(await dashboard.texts("[role=alert]")).toEqual([]);
    expect(dashboard.complaints).toEqual([]);
  });

  test("are narrowed by a text and by an account", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.type(FILTER, "Sensor-19");
    await dashboard.shows(RANGE, /^1–10 of 10$/);
    const names = await dashboard.column(CONNECTIONS, "Name");
    expect(names.every((name) => name.startsWith("sensor-19"))).toBe(true);
    await dashboard.type(FILTER, "python");
    await dashboard.shows(RANGE, /^1–1 of 1$/);
    expect(await dashboard.column(CONNECTIONS, "User")).toEqual(["desk"]);
    await dashboard.type(FILTER, "nobody has this");
    await dashboard.shows(`${CONNECTIONS} .empty`, /^No connections$/);
    await dashboard.type(FILTER, "e");
    await dashboard.page.select(`${CONNECTIONS} select`, "OFFICE");
    await dashboard.shows(RANGE, /^1–1 of 1$/);
    expect(await dashboard.column(CONNECTIONS, "Account")).toEqual(["OFFICE"]);
  });

  test("that are closed say why", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.page.click(`${CONNECTIONS} input[value=closed]`);
    await dashboard.shows(RANGE, new RegExp(`^1–${CLOSED} of ${CLOSED}$`));
    expect(await dashboard.column(CONNECTIONS, "Name")).toEqual(["too-slow", "gone"]);
    expect(await dashboard.column(CONNECTIONS, "Reason")).toEqual([
      "Slow Consumer (Pending Bytes)",
      "Client Closed",
    ]);
    await dashboard.page.click(`${CONNECTIONS} tbody tr:nth-child(2) .link`);
    await dashboard.shows("#panel tbody", /line\.gone/);
    const facts = await dashboard.facts("#panel");
    expect(facts).toMatchObject({
      State: "Closed: Client Closed",
      Name: "gone",
      Subscriptions: "1",
    });
  });
});

describe("one connection", () => {
  test("opens with its subscriptions and closes with Escape", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.type(FILTER, "sensor-007");
    await dashboard.shows(RANGE, /^1–1 of 1$/);
    await dashboard.page.focus(`${CONNECTIONS} tbody .link`);
    await dashboard.page.keyboard.press("Enter");
    await dashboard.shows("#panel", /motors/);
    const facts = await dashboard.facts("#panel");
    expect(facts).toMatchObject({
      State: "Open",
      Name: "sensor-007",
      Account: "PLANT",
      User: "edge",
      Client: "nats.js 3.4.0",
      Pending: "0 B",
      Subscriptions: "3",
    });
    expect(facts["Address"]).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await dashboard.column("#panel", "Subject")).toEqual([
      "command.7",
      "line.*.speed",
      "order.seven",
    ]);
    expect(await dashboard.column("#panel", "Queue")).toEqual(["–", "motors", "–"]);
    const delivered = async () => number((await dashboard.column("#panel", "Delivered"))[1]!);
    const before = await delivered();
    await dashboard.until("more deliveries", async () => (await delivered()) > before);
    expect((await dashboard.facts("#panel"))["Messages out"]).toMatch(
      /^[\d,.kM]+ \([\d,.kM]+\/s\)$/,
    );
    await dashboard.page.keyboard.press("Escape");
    expect(await dashboard.texts("#panel")).toEqual([]);
    const focused = await dashboard.page.evaluate("document.activeElement?.className");
    expect(focused).toBe("link");
    expect(dashboard.complaints).toEqual([]);
  });

  test("has a name that is text, whatever it says", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.type(FILTER, "onerror");
    await dashboard.shows(RANGE, /^1–1 of 1$/);
    expect(await dashboard.attribute(`${CONNECTIONS} td[title]`, "title")).toBe(HOSTILE_NAME);
    await dashboard.page.click(`${CONNECTIONS} tbody tr`);
    await dashboard.shows("#panel dd:nth-of-type(1)", /./);
    expect((await dashboard.facts("#panel"))["Name"]).toBe(HOSTILE_NAME);
    await dashboard.shows("#panel table", /hostile\.<b>subject<\/b>/);
    expect(await dashboard.page.$$("img, b")).toEqual([]);
    expect(await dashboard.page.title()).toBe("midge: plant-7");
    expect(dashboard.requests.filter((url) => url.endsWith("/x"))).toEqual([]);
  });
});

describe("accounts", () => {
  test("are listed with their traffic, and each has its exports, imports and mappings", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.openView("accounts");
    await dashboard.shows("#view-accounts table", /PLANT/);
    expect(await dashboard.column("#view-accounts", "Account")).toEqual([
      "$G",
      "$SYS",
      "OFFICE",
      "PLANT",
    ]);
    expect(await dashboard.column("#view-accounts", "Connections")).toEqual([
      "0",
      "0",
      "1",
      String(OPEN - 1),
    ]);
    await dashboard.sortBy("accounts", "Connections");
    expect((await dashboard.column("#view-accounts", "Account"))[0]).toBe("PLANT");
    await dashboard.page.click("#view-accounts tbody .link");
    await dashboard.shows("#panel", /Singleton/);
    expect(await dashboard.text("#panel h2")).toBe("Account PLANT");
    const panel = await dashboard.text("#panel");
    for (const text of ["line.>", "order.*", "OFFICE", "50 % to latency", "raw.*"]) {
      expect(panel).toContain(text);
    }
    await dashboard.page.click('[aria-label="Close details"]');
    await dashboard.sortBy("accounts", "Account");
    await dashboard.page.click("#view-accounts tbody tr:nth-child(3) .link");
    await dashboard.shows("#panel", /Account OFFICE[^]*plant\.line\.>/);
    expect(dashboard.complaints).toEqual([]);
  });
});

describe("subscriptions", () => {
  test("are those that a subject reaches, of one account, on pages", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.openView("subscriptions");
    await dashboard.shows(`${SUBSCRIPTIONS} .range`, /^1–50 of \d+$/);
    await dashboard.page.select(`${SUBSCRIPTIONS} select`, "PLANT");
    await dashboard.until("one account", async () => {
      const accounts = new Set(await dashboard.column(SUBSCRIPTIONS, "Account"));
      return accounts.size === 1 && accounts.has("PLANT");
    });
    await dashboard.type(`${SUBSCRIPTIONS} input`, "alarm.fire");
    await dashboard.shows(`${SUBSCRIPTIONS} .range`, new RegExp(`of ${SENSORS / 10}$`));
    expect(new Set(await dashboard.column(SUBSCRIPTIONS, "Subject"))).toEqual(new Set(["alarm.>"]));
    await dashboard.type(`${SUBSCRIPTIONS} input`, "alarm.*");
    await dashboard.shows(`${SUBSCRIPTIONS} [role=alert]`, /^invalid test subject, .*: alarm\.\*$/);
    expect(await dashboard.text("#status")).toBe("Live");
    await dashboard.type(`${SUBSCRIPTIONS} input`, "command.42");
    await dashboard.shows(`${SUBSCRIPTIONS} .range`, /^1–1 of 1$/);
    expect(await dashboard.texts(`${SUBSCRIPTIONS} [role=alert]`)).toEqual([]);
    await dashboard.page.click(`${SUBSCRIPTIONS} tbody .link`);
    await dashboard.shows("#panel", /sensor-042/);
  });
});

describe("the page", () => {
  test("asks this server only, and only for what can be seen", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.openView("accounts");
    await dashboard.shows("#view-accounts table", /PLANT/);
    const connections = dashboard.asked("connz");
    const accounts = dashboard.asked("accstatz");
    await dashboard.polls(2);
    expect(dashboard.asked("connz")).toBe(connections);
    expect(dashboard.asked("accstatz")).toBeGreaterThan(accounts);
    const elsewhere = dashboard.requests.filter((url) => !/^data:/.test(url));
    expect(elsewhere.filter((url) => !url.startsWith(plant.url))).toEqual([]);
    expect(dashboard.complaints).toEqual([]);
  });

  test("asks nothing in the background, and goes on when it comes back", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.setAway(true);
    // What had begun before may still end: the next but one poll would come within this time.
    const until = performance.now() + 5000;
    const counts: number[] = [];
    await dashboard.until("five seconds", () => {
      counts.push(dashboard.requests.length);
      return performance.now() > until;
    });
    expect(counts.at(-1)).toBe(counts[Math.floor(counts.length / 2)]!);
    await dashboard.setAway(false);
    await dashboard.polls(2);
  });

  test("pauses when it is told to", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    await dashboard.page.click("#pause");
    await dashboard.shows("#status", /^Paused$/);
    expect(await dashboard.attribute("#pause", "aria-pressed")).toBe("true");
    // Somebody who asks for something gets it nevertheless.
    await dashboard.type(FILTER, "sensor-100");
    await dashboard.shows(RANGE, /^1–1 of 1$/);
    expect(await dashboard.text("#status")).toBe("Paused");
    await dashboard.page.click("#pause");
    await dashboard.shows("#status", /^Live$/);
  });

  test("is used with the keyboard alone", async () => {
    await using dashboard = await DashboardPage.open(browser, plant.url);
    const { keyboard } = dashboard.page;
    const selected = () => dashboard.text("[role=tab][aria-selected=true]");
    await dashboard.page.focus("#tab-connections");
    await keyboard.press("ArrowRight");
    await dashboard.until("the next tab", async () => (await selected()) === "Accounts");
    await keyboard.press("ArrowLeft");
    await keyboard.press("ArrowLeft");
    await dashboard.until("the last tab", async () => (await selected()) === "Server");
    expect(await dashboard.page.evaluate("document.activeElement?.id")).toBe("tab-server");
    await dashboard.page.reload();
    await dashboard.until("the same tab", async () => (await selected()) === "Server");
    await dashboard.shows("#view-server", /plant-7/);
  });

  test("fits on a phone", async () => {
    const phone = { width: 360, height: 740 };
    await using dashboard = await DashboardPage.open(browser, plant.url, phone);
    for (const view of ["connections", "accounts", "subscriptions", "server"] as const) {
      await dashboard.openView(view);
      await dashboard.polls(1);
      expect(await dashboard.scrollsSideways()).toBe(false);
    }
    await dashboard.openView("connections");
    await dashboard.page.click(`${CONNECTIONS} tbody .link`);
    await dashboard.shows("#panel", /command\.1/);
    expect(await dashboard.scrollsSideways()).toBe(false);
    await dashboard.picture("phone-connection");
    const box = await (await dashboard.page.$("#panel"))?.boundingBox();
    expect([box?.x, box?.width]).toEqual([0, 360]);
    await dashboard.page.keyboard.press("Escape");
    await dashboard.picture("phone-table");
    await dashboard.page.evaluate("scrollTo(0, 0)");
    await dashboard.picture("phone");
  });

  test("is light or dark as the system is", async () => {
    const colours: unknown[] = [];
    for (const scheme of ["light", "dark"] as const) {
      await using dashboard = await DashboardPage.open(browser, plant.url, { scheme });
      const colour = "getComputedStyle(document.body).backgroundColor";
      colours.push(await dashboard.page.evaluate(colour));
      await dashboard.shows(RANGE, /^1–50/);
      await dashboard.shows("#rates .value", /^\d/);
      await dashboard.picture(`desktop-${scheme}`);
      await dashboard.page.click(`${CONNECTIONS} tbody .link`);
      await dashboard.shows("#panel", /command\.1/);
      await dashboard.picture(`desktop-${scheme}-connection`);
      await dashboard.page.keyboard.press("Escape");
      for (const view of ["accounts", "subscriptions", "server"] as const) {
        await dashboard.openView(view);
        await dashboard.shows(`#view-${view} tbody`, /./);
        await dashboard.picture(`desktop-${scheme}-${view}`);
      }
    }
    expect(colours).toEqual(["rgb(245, 246, 248)", "rgb(15, 18, 22)"]);
  });
});

describe("a base path", () => {
  test("is where the page is and where it asks", async () => {
    await using server = await ConfiguredServer.start(
      'http_base_path: "/nats", server_name: "moved"',
    );
    const root = `http://${TEST_HOST}:${server.monitorPort}/nats`;
    await using dashboard = await DashboardPage.open(browser, root);
    await dashboard.openView("server");
    await dashboard.shows("#view-server", /moved/);
    expect(dashboard.requests.filter((url) => /^http/.test(url) && !url.startsWith(root))).toEqual(
      [],
    );
    await Promise.all([dashboard.page.waitForNavigation(), dashboard.page.click("footer a")]);
    expect(dashboard.page.url()).toBe(`${root}/varz`);
  });
});

describe("a server that goes away", () => {
  test("is told of, asked again, and shown when it is back", async () => {
    const hostile = `<script>document.title="taken-over"</script>${"x".repeat(200)}`;
    const first = await ConfiguredServer.start(`server_name: '${hostile}'`);
    const { monitorPort } = first;
    const url = `http://${TEST_HOST}:${monitorPort}/`;
    const phone = { width: 360, height: 740 };
    await using dashboard = await DashboardPage.open(browser, url, phone);
    expect(await dashboard.text("h1")).toBe(hostile);
    expect(await dashboard.page.title()).toBe(`midge: ${hostile}`);
    expect(await dashboard.scrollsSideways()).toBe(false);
    await first[Symbol.asyncDispose]();
    await dashboard.shows("#status", /^Unreachable$/);
    await dashboard.shows("#retry", /^next try in \d+ s$/);
    await dashboard.picture("unreachable");
    const ports = ["-a", TEST_HOST, "-p", "-1", "-m", String(monitorPort)];
    await using second = await ConfiguredServer.startWith('server_name: "second"', ...ports);
    await dashboard.shows("#status", /^Live$/);
    await dashboard.openView("server");
    await dashboard.shows("#view-server", /second/);
    expect(await dashboard.text("h1")).toBe("second");
    expect(second.isRunning).toBe(true);
    expect(dashboard.complaints.filter((text) => !/net::ERR_/.test(text))).toEqual([]);
  });
});
