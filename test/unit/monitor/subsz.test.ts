/** `/subsz`: figures over all accounts, and which subscriptions are listed. */
import { describe, expect, test } from "bun:test";
import { QueryOptions } from "../../../src/monitor/endpoint-options.ts";
import { type SubszOptions, subsz, subszOptions } from "../../../src/monitor/subsz.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

const TWO_ACCOUNTS = `
accounts {
  A { users: [{ user: a, password: a }] }
  B { users: [{ user: b, password: b }] }
}`;

interface Answer {
  readonly num_subscriptions: number;
  readonly num_inserts: number;
  readonly total: number;
  readonly subscriptions_list?: readonly { readonly subject: string }[];
}

const DEFAULTS = subszOptions(new QueryOptions(""));

function ask({ subject }: MonitoredBroker, options: Partial<SubszOptions> = {}): Answer {
  return JSON.parse(JSON.stringify(subsz(subject, { ...DEFAULTS, ...options }))) as Answer;
}

function subjects({ subscriptions_list: list = [] }: Answer): string[] {
  return list.map(({ subject }) => subject).sort();
}

function withClients(): MonitoredBroker {
  const broker = new MonitoredBroker(TWO_ACCOUNTS);
  broker.connect({ user: "a" }, "SUB foo.* 1", "SUB foo.bar q 2", "SUB bar 3", "UNSUB 3");
  broker.connect({ user: "b" }, "SUB foo.> 7", "UNSUB 7 2");
  return broker;
}

test("figures are summed over accounts, and total is 0 without a list", () => {
  const answer = ask(withClients());
  expect(answer).toMatchObject({ num_subscriptions: 3, num_inserts: 4, num_removes: 1, total: 0 });
  expect(JSON.parse(JSON.stringify(answer))).not.toHaveProperty("subscriptions_list");
});

test("figures come in the reference's order", () => {
  expect(Object.keys(ask(withClients(), { subscriptions: true }))).toEqual([
    ...["server_id", "now", "num_subscriptions", "num_cache", "num_inserts", "num_removes"],
    ...["num_matches", "cache_hit_rate", "max_fanout", "avg_fanout", "total", "offset", "limit"],
    "subscriptions_list",
  ]);
});

describe("the list", () => {
  test("has the subscriptions of all accounts, or of one", () => {
    const broker = withClients();
    expect(subjects(ask(broker, { subscriptions: true }))).toEqual(["foo.*", "foo.>", "foo.bar"]);
    expect(subjects(ask(broker, { subscriptions: true, account: "B" }))).toEqual(["foo.>"]);
    const unknown = ask(broker, { subscriptions: true, account: "none" });
    expect(unknown).toMatchObject({ num_subscriptions: 0, total: 0 });
  });

  test("tells account, queue group, limit and connection of each", () => {
    const broker = withClients();
    const list = (account: string) => {
      const { subscriptions_list: found } = ask(broker, { subscriptions: true, account });
      return JSON.parse(JSON.stringify(found)) as unknown[];
    };
    expect(list("B")).toEqual([
      { account: "B", account_tag: "B", subject: "foo.>", sid: "7", msgs: 0, max: 2, cid: 2 },
    ]);
    expect(list("A")).toContainEqual({
      ...{ account: "A", account_tag: "A", subject: "foo.bar", qgroup: "q" },
      ...{ sid: "2", msgs: 0, cid: 1 },
    });
  });

  test("has those that a message to a subject reaches", () => {
    const broker = withClients();
    const reached = ask(broker, { subscriptions: true, test: "foo.bar" });
    expect(subjects(reached)).toEqual(["foo.*", "foo.>", "foo.bar"]);
    expect(subjects(ask(broker, { subscriptions: true, test: "foo.baz.x" }))).toEqual(["foo.>"]);
    expect(ask(broker, { subscriptions: true, test: "bar" })).toMatchObject({ total: 0 });
  });

  test("is a page, and total counts what there is", () => {
    const page = ask(withClients(), { subscriptions: true, offset: 1, limit: 1 });
    expect(page).toMatchObject({ total: 3, offset: 1, limit: 1 });
    expect(page.subscriptions_list).toHaveLength(1);
  });

  test("has imports too, which are of no connection", () => {
    const broker = new MonitoredBroker(`
      accounts {
        A { exports: [{ service: s }] }
        B { imports: [{ service: { account: A, subject: s } }] }
      }`);
    const { subscriptions_list: list } = ask(broker, { subscriptions: true, account: "B" });
    expect(list).toMatchObject([{ subject: "s", cid: 0 }]);
  });
});

test("a test subject with wildcards is refused", () => {
  for (const wrong of ["*", "foo.>", "a..b"]) {
    expect(() => ask(withClients(), { test: wrong })).toThrow(
      `invalid test subject, must be valid publish subject: ${wrong}`,
    );
  }
});
