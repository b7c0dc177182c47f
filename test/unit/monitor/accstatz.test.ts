/** `/accstatz`: which accounts are told of. */
import { expect, test } from "bun:test";
import { accstatz } from "../../../src/monitor/accstatz.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

const CONFIG = `
accounts {
  A { users: [{ user: a, password: a }] }
  B {}
}`;

function namesIn(broker: MonitoredBroker, accounts: string[], includeUnused: boolean): unknown[] {
  const { account_statz: list } = accstatz(broker.subject, { accounts, includeUnused });
  return list.map((one) => ("acc" in one ? one.acc : undefined));
}

test("accounts without connections are left out unless they are asked for", () => {
  const broker = new MonitoredBroker(CONFIG);
  broker.connect({ user: "a" });
  expect(namesIn(broker, [], false)).toEqual(["A"]);
  expect(namesIn(broker, [], true)).toEqual(["$G", "$SYS", "A", "B"]);
});

test("named accounts come in the order of their names, unknown ones not at all", () => {
  const broker = new MonitoredBroker(CONFIG);
  broker.connect({ user: "a" });
  expect(namesIn(broker, ["B", "none", "A"], true)).toEqual(["B", "A"]);
  expect(namesIn(broker, ["B", "none", "A"], false)).toEqual(["A"]);
});

test("traffic is the account's", () => {
  const broker = new MonitoredBroker(CONFIG);
  broker.connect({ user: "a" }, "SUB x 1", "PUB x 2\r\nhi");
  const none = { msgs: 0, bytes: 0 };
  const links = { gateways: none, routes: none, leafs: none };
  expect(accstatz(broker.subject, { accounts: [], includeUnused: false })).toMatchObject({
    account_statz: [
      {
        ...{ acc: "A", name: "A", conns: 1, leafnodes: 0, total_conns: 1, num_subscriptions: 1 },
        sent: { msgs: 1, bytes: 2, ...links },
        received: { msgs: 1, bytes: 2, ...links },
        slow_consumers: 0,
      },
    ],
  });
});
