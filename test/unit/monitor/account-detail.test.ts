/** The detail of an account: its settings in the reference's form. */
import { describe, expect, test } from "bun:test";
import { accountInfo } from "../../../src/monitor/accountz.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

const CONFIG = `
mappings { "g.a": g.b }
accounts {
  A {
    users: [{ user: a, password: a }]
    exports: [
      { stream: "s.>", accounts: [B] }
      { service: "svc.*", latency: { sampling: 50, subject: "lat.x" } }
      { service: one, response_type: stream }
      { service: hdr, response_type: chunked }
      { service: head, latency: { sampling: headers, subject: "lat.h" } }
    ]
    mappings {
      "m.*.t": "m.{{wildcard(1)}}.u"
      "m.a": "m.b"
      "m.w": [
        { dest: "m.x", weight: 30 }, { dest: "m.y", weight: 50 }
        { dest: "m.c", weight: 20, cluster: east }
      ]
      "m.drop": { dest: "m.drop", weight: 0 }
      "w.*": { dest: "v.$1", weight: 40 }
    }
  }
  B {
    imports: [
      { stream: { account: A, subject: "s.>" }, prefix: froma }
      { service: { account: A, subject: "svc.*" }, to: "q.*", share: true }
      { service: { account: A, subject: "svc.x" } }
      { service: { account: A, subject: one } }
    ]
  }
}`;

interface Detail {
  readonly exports?: readonly object[];
  readonly imports?: readonly object[];
  readonly mappings?: Readonly<Record<string, readonly object[]>>;
  readonly [name: string]: unknown;
}

/** As JSON has it. */
function detailOf(name: string, config = CONFIG): Detail {
  const broker = new MonitoredBroker(config);
  broker.connect({ user: "a" }, "SUB x 1");
  return JSON.parse(JSON.stringify(accountInfo(broker.subject, name))) as Detail;
}

test("fields come in the reference's order", () => {
  expect(Object.keys(detailOf("A"))).toEqual([
    ...["account_name", "update_time", "expired", "complete", "jetstream_enabled"],
    ...["leafnode_connections", "client_connections", "subscriptions", "mappings", "exports"],
    ...["imports", "name_tag", "sublist_stats"],
  ]);
});

test("connections and subscriptions are counted", () => {
  expect(detailOf("A")).toMatchObject({
    ...{ client_connections: 1, leafnode_connections: 0, subscriptions: 1, name_tag: "A" },
    sublist_stats: { num_subscriptions: 1, num_inserts: 1, num_removes: 0 },
  });
});

test("what an account does not have is left out", () => {
  const detail = detailOf("C", "accounts { C {} }");
  for (const name of ["mappings", "exports", "is_system"]) expect(detail).not.toHaveProperty(name);
});

describe("exports", () => {
  test("are services with their form of answers, then streams, with who may import them", () => {
    expect(detailOf("A").exports).toEqual([
      {
        ...{ subject: "svc.*", type: "service", response_type: "Singleton" },
        service_latency: { sampling: 50, results: "lat.x" },
      },
      { subject: "one", type: "service", response_type: "Streamed" },
      { subject: "hdr", type: "service", response_type: "Chunked" },
      {
        ...{ subject: "head", type: "service", response_type: "Singleton" },
        service_latency: { sampling: "headers", results: "lat.h" },
      },
      { subject: "s.>", type: "stream", approved_accounts: ["B"] },
    ]);
  });

  test("of the system account are its services", () => {
    const { is_system, exports } = detailOf("$SYS");
    expect(is_system).toBe(true);
    expect(exports).toEqual([
      { subject: "$SYS.REQ.ACCOUNT.*.CONNZ", type: "service", response_type: "Streamed" },
      { subject: "$SYS.REQ.ACCOUNT.*.STATZ", type: "service", response_type: "Streamed" },
      { subject: "$SYS.DEBUG.SUBSCRIBERS", type: "service", response_type: "Singleton" },
      { subject: "$SYS.REQ.USER.*.INFO", type: "service", response_type: "Singleton" },
    ]);
  });
});

describe("imports", () => {
  const common = { account: "A", invalid: false, tracking: false };

  test("of streams have their local subject", () => {
    expect(detailOf("B").imports?.[0]).toEqual({
      ...{ subject: "s.>", local_subject: "froma.s.>", type: "stream", share: false },
      ...common,
    });
  });

  test("of services have the local subject under both names, and how answers are measured", () => {
    expect(detailOf("B").imports?.slice(1, 4)).toEqual([
      {
        ...{ subject: "svc.*", to: "q.*", local_subject: "q.*", type: "service", share: true },
        ...common,
        latency: { sampling: 50, results: "lat.x" },
      },
      {
        ...{ subject: "svc.x", to: "svc.x", local_subject: "svc.x", type: "service" },
        ...{ share: false, ...common },
        latency: { sampling: 50, results: "lat.x" },
      },
      {
        ...{ subject: "one", to: "one", local_subject: "one", type: "service", share: false },
        ...common,
      },
    ]);
  });

  test("end with those from the system account", () => {
    const names = (imports: readonly object[] = []) => {
      return imports.map((one) => ("to" in one && "share" in one ? [one.to, one.share] : []));
    };
    expect(names(detailOf("A").imports)).toEqual([
      ["$SYS.REQ.ACCOUNT.PING.CONNZ", false],
      ["$SYS.REQ.SERVER.PING.CONNZ", false],
      ["$SYS.REQ.ACCOUNT.PING.STATZ", false],
      ["$SYS.REQ.USER.INFO", true],
    ]);
    expect(detailOf("$SYS").imports).toMatchObject([
      { subject: "$SYS.REQ.USER.$SYS.INFO", account: "$SYS", to: "$SYS.REQ.USER.INFO" },
    ]);
  });
});

describe("mappings", () => {
  test("are sorted by source, with destinations as they are written", () => {
    const { mappings = {} } = detailOf("A");
    expect(Object.keys(mappings)).toEqual(["m.*.t", "m.a", "m.drop", "m.w", "w.*"]);
    expect(mappings["m.*.t"]).toEqual([{ subject: "m.{{wildcard(1)}}.u", weight: 100 }]);
    expect(mappings["m.a"]).toEqual([{ subject: "m.b", weight: 100 }]);
  });

  test("have the weights added up, with what stays, for each cluster", () => {
    expect(detailOf("A").mappings?.["m.w"]).toEqual([
      { subject: "m.w", weight: 20 },
      { subject: "m.x", weight: 50 },
      { subject: "m.y", weight: 100 },
      { subject: "m.c", weight: 20, cluster: "east" },
      { subject: "m.w", weight: 100, cluster: "east" },
    ]);
  });

  test("keep nothing where the source is a destination, and wildcards of what stays", () => {
    const { mappings = {} } = detailOf("A");
    expect(mappings["m.drop"]).toEqual([{ subject: "m.drop", weight: 0 }]);
    expect(mappings["w.*"]).toEqual([
      { subject: "v.$1", weight: 40 },
      { subject: "w.$1", weight: 100 },
    ]);
  });

  test("at the top level are those of the global account", () => {
    expect(detailOf("$G").mappings).toEqual({ "g.a": [{ subject: "g.b", weight: 100 }] });
  });
});
