/** The page of metrics as a whole: its families, their order, and what is in them. */
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../../src/broker/close-reason.ts";
import { TopSubjects } from "../../../../src/broker/top-subjects.ts";
import { LoopLag } from "../../../../src/monitor/metrics/loop-lag.ts";
import { metricRows, metricsPage } from "../../../../src/monitor/metrics/metrics-page.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { Metrics, seriesIn } from "../../../support/metrics.ts";
import { MonitoredBroker } from "../monitored-broker.ts";

const CONFIG = `
accounts {
  B { users: [ { user: b, password: b, permissions: { publish: "may.>", subscribe: "may.>" } } ] }
  'A "quoted"' { users: [ { user: a, password: a } ] }
}`;

const OPEN_METRICS = "application/openmetrics-text";

function page(monitored: MonitoredBroker, accept = ""): Promise<string> {
  const { subject, facts } = monitored;
  const lag = new LoopLag(subject.clock);
  return metricsPage({ subject, facts, lag, accept }).text();
}

async function metricsOf(monitored: MonitoredBroker): Promise<Metrics> {
  return new Metrics(await page(monitored));
}

/** With the busiest subjects. */
function counted(limit: number): MonitoredBroker {
  const monitored = new MonitoredBroker(CONFIG);
  const { broker } = monitored;
  broker.topSubjects = new TopSubjects(limit, broker.random);
  return monitored;
}

describe("every family", () => {
  test("is announced once, before its samples, in both formats", async () => {
    const monitored = counted(10);
    monitored.connect({ user: "a" }, "PUB x 2\r\nhi");
    for (const accept of ["", OPEN_METRICS]) {
      const text = await page(monitored, accept);
      const announced = (word: string) =>
        [...text.matchAll(new RegExp(`^# ${word} (\\S+) `, "gm"))].map(([, name]) => name!);
      const suffix = (type: string, wanted: string) =>
        accept === "" && type === wanted ? `_${wanted === "counter" ? "total" : "info"}` : "";
      const expected = metricRows
        .filter(({ name }) => name !== "midge_monitoring_requests")
        .map(({ name, type }) => name + suffix(type, "counter") + suffix(type, "info"));
      expect(announced("TYPE")).toEqual(expected);
      expect(announced("HELP")).toEqual(expected);
    }
  });

  test.each(metricRows.map((row) => [row.name, row] as const))("%s is well named", (name, row) => {
    expect(name).toMatch(/^(?:midge|process)(?:_[a-z]+)*$/);
    expect(name).not.toMatch(/_(?:total|info|count|sum|bucket)$/);
    expect(row.help).toMatch(/^[A-Z].*\.$/);
    const unit = /_(seconds|bytes)$/.exec(name)?.[1];
    expect(row.unit).toBe(unit === "seconds" || unit === "bytes" ? unit : undefined);
  });

  test("is in the README", async () => {
    const readme = await Bun.file(join(import.meta.dir, "../../../../README.md")).text();
    const suffixes = { counter: "_total", info: "_info", gauge: "", histogram: "" };
    const names = metricRows.map(({ name, type }) => name + suffixes[type]);
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  test("has a name of its own", () => {
    expect(new Set(metricRows.map(({ name }) => name)).size).toBe(metricRows.length);
  });
});

describe("series", () => {
  test("are the same in both formats, each once, in the same order every time", async () => {
    const monitored = counted(10);
    monitored.connect({ user: "a" }, "PUB x 2\r\nhi", "PUB y 2\r\nhi");
    const before = seriesIn(await page(monitored));
    expect(new Set(before).size).toBe(before.length);
    expect(seriesIn(await page(monitored, OPEN_METRICS))).toEqual(before);
    monitored.connect({ user: "b" }, "PUB may.x 2\r\nhi", "SUB may.x 1");
    const added = seriesIn(await page(monitored)).filter((one) => !before.includes(one));
    expect(added).toEqual([
      'midge_top_subject_messages_total{account="B",subject="may.x"}',
      'midge_top_subject_bytes_total{account="B",subject="may.x"}',
    ]);
  });

  test("of accounts are in the order of their names, with quotes escaped", async () => {
    const series = seriesIn(await page(new MonitoredBroker(CONFIG)));
    expect(series.filter((one) => one.startsWith("midge_account_connections{"))).toEqual([
      'midge_account_connections{account="$G"}',
      'midge_account_connections{account="$SYS"}',
      'midge_account_connections{account="A \\"quoted\\""}',
      'midge_account_connections{account="B"}',
    ]);
  });
});

describe("a text that takes long", () => {
  /** Each look at the clock costs a quarter of a slice. */
  class SlowClock extends FakeClock {
    turns = 0;

    override nowMs(): number {
      this.advance(0.25);
      return super.nowMs();
    }

    override afterEvents(action: () => void): void {
      this.turns++;
      action();
    }
  }

  test.each(["", OPEN_METRICS])("lets others have their turns (%j)", async (accept) => {
    const monitored = new MonitoredBroker(CONFIG);
    const whole = await page(monitored, accept);
    const clock = new SlowClock();
    const { subject, facts } = monitored;
    const lag = new LoopLag(clock);
    const response = metricsPage({ subject: { ...subject, clock }, facts, lag, accept });
    expect(clock.turns).toBe(0);
    const text = await response.text();
    expect(clock.turns).toBeGreaterThan(5);
    expect(seriesIn(text)).toEqual(seriesIn(whole));
    expect(text.endsWith("# EOF\n")).toBe(accept === OPEN_METRICS);
  });
});

describe("counted are", () => {
  test("connections, by kind and account, and why they were closed", async () => {
    const monitored = new MonitoredBroker(CONFIG);
    const [first] = [monitored.connect({ user: "b" }), monitored.connect({ user: "b" })];
    first.client.close(closeReasons.kicked);
    const metrics = await metricsOf(monitored);
    expect(metrics.value("midge_connections", { kind: "nats" })).toBe(1);
    expect(metrics.value("midge_connections_accepted_total", { kind: "nats" })).toBe(2);
    expect(metrics.value("midge_connections_closed_total", { reason: "kicked" })).toBe(1);
    expect(metrics.value("midge_connections_closed_total", { reason: "client_closed" })).toBe(0);
    expect(metrics.samples("midge_connections_closed_total")).toHaveLength(
      Object.keys(closeReasons).length,
    );
    expect(metrics.value("midge_account_connections", { account: "B" })).toBe(1);
    expect(metrics.value("midge_account_connections_joined_total", { account: "B" })).toBe(2);
  });

  test("messages and bytes, of the server and of the account", async () => {
    const monitored = new MonitoredBroker(CONFIG);
    monitored.connect({ user: "b" }, "SUB may.* 1", "SUB may.x 2", "PUB may.x 5\r\nhello");
    const metrics = await metricsOf(monitored);
    const B = { account: "B" };
    for (const [name, value] of Object.entries({
      messages_received: 1,
      received_bytes: 5,
      messages_sent: 2,
      sent_bytes: 10,
    })) {
      expect([name, metrics.value(`midge_${name}_total`)]).toEqual([name, value]);
      expect([name, metrics.value(`midge_account_${name}_total`, B)]).toEqual([name, value]);
    }
    expect(metrics.value("midge_account_messages_sent_total", { account: "$G" })).toBe(0);
  });

  test("subscriptions and the search for them", async () => {
    const monitored = new MonitoredBroker(CONFIG);
    const publishes = Array<string>(3).fill("PUB may.x 0\r\n");
    monitored.connect({ user: "b" }, "SUB may.* 1", "SUB may.* 2", "SUB may.y 3", "UNSUB 3");
    monitored.connect({ user: "b" }, ...publishes);
    const metrics = await metricsOf(monitored);
    const B = { account: "B" };
    expect(metrics.value("midge_subscriptions")).toBe(2);
    expect(metrics.value("midge_account_subscriptions", B)).toBe(2);
    expect(metrics.value("midge_sublist_inserts_total", B)).toBe(3);
    expect(metrics.value("midge_sublist_removes_total", B)).toBe(1);
    // The second publish of a subject makes its plan, and the third finds it.
    expect(metrics.value("midge_sublist_matches_total", B)).toBe(2);
    expect(metrics.value("midge_sublist_cache_hits_total", B)).toBe(1);
    expect(metrics.value("midge_sublist_cached_results", B)).toBe(1);
    expect(metrics.value("midge_sublist_cached_receivers", B)).toBe(2);
    expect(metrics.value("midge_publish_plan_misses_total")).toBe(2);
    expect(metrics.value("midge_publish_plan_hits_total")).toBe(1);
  });

  test("plans of accounts that are gone", async () => {
    const monitored = new MonitoredBroker(CONFIG);
    monitored.connect({ user: "b" }, "PUB may.x 0\r\n").client.close(closeReasons.kicked);
    monitored.broker.keepAccounts(new Set());
    const metrics = await metricsOf(monitored);
    expect(metrics.value("midge_publish_plan_misses_total")).toBe(1);
    expect(metrics.samples("midge_account_connections")).toHaveLength(2);
  });

  test("what permissions prevent, by what was tried", async () => {
    const monitored = new MonitoredBroker(CONFIG);
    monitored.connect(
      { user: "b" },
      "PUB x 0\r\n",
      "PUB y 0\r\n",
      "SUB x 1",
      "PUB may.x _R_.a 0\r\n",
    );
    const metrics = await metricsOf(monitored);
    expect(
      metrics.samples("midge_permission_violations_total").map(({ labels, value }) => {
        return [labels?.["operation"], value];
      }),
    ).toEqual([
      ["publish", "2"],
      ["reply", "1"],
      ["subscribe", "1"],
    ]);
  });
});

describe("the busiest subjects", () => {
  const subjects = (metrics: Metrics, name: string) =>
    metrics.samples(name).map(({ labels, value }) => [labels?.["subject"], value]);

  test("are left out unless asked for", async () => {
    const monitored = new MonitoredBroker(CONFIG);
    monitored.connect({ user: "a" }, "PUB x 2\r\nhi");
    expect((await metricsOf(monitored)).text).not.toContain("midge_top_subject");
  });

  test("are those with the most messages and those with the most bytes, and no more", async () => {
    const monitored = counted(2);
    monitored.connect(
      { user: "a" },
      ...["PUB small 1\r\nx", "PUB small 1\r\nx", "PUB small 1\r\nx", "PUB often 1\r\nx"],
      ...["PUB often 1\r\nx", "PUB often 1\r\nx", "PUB often 1\r\nx", "PUB large 9\r\nxxxxxxxxx"],
    );
    const metrics = await metricsOf(monitored);
    expect(subjects(metrics, "midge_top_subject_messages_total")).toEqual([
      ["often", "4"],
      ["small", "3"],
    ]);
    expect(subjects(metrics, "midge_top_subject_bytes_total")).toEqual([
      ["large", "9"],
      ["often", "4"],
    ]);
  });

  test("with labels that are the same are one series", async () => {
    const monitored = counted(10);
    monitored.connect({ user: "a" }, "PUB x\xfe 1\r\nx", "PUB x\xff 1\r\nx");
    const metrics = await metricsOf(monitored);
    expect(subjects(metrics, "midge_top_subject_messages_total")).toEqual([["x\ufffd", "2"]]);
  });

  test("have each message once, traced or not", async () => {
    const monitored = counted(10);
    const trace = "NATS/1.0\r\nNats-Trace-Dest: t\r\n";
    const foreign = `${trace}Nats-Trace-Origin-Account: B\r\n`;
    const publishes = [`${trace}\r\n`, `${foreign}\r\n`].map((headers) => {
      return `HPUB x ${headers.length} ${headers.length + 1}\r\n${headers}x`;
    });
    monitored.connect({ user: "a", headers: true }, ...publishes, "PUB x 1\r\nx");
    const metrics = await metricsOf(monitored);
    expect(subjects(metrics, "midge_top_subject_messages_total")).toEqual([["x", "3"]]);
    expect(metrics.value("midge_messages_received_total")).toBe(3);
  });

  test("are those that clients have written, also where messages go elsewhere", async () => {
    const monitored = new MonitoredBroker("mappings { here: there }");
    const { broker } = monitored;
    broker.topSubjects = new TopSubjects(2, broker.random);
    monitored.connect({}, "PUB here 1\r\nx");
    const metrics = await metricsOf(monitored);
    expect(subjects(metrics, "midge_top_subject_messages_total")).toEqual([["here", "1"]]);
  });
});
