/** `/varz`: what follows from accounts and from what was asked before. */
import { describe, expect, test } from "bun:test";
import { varz } from "../../../src/monitor/varz.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

const WITH_USERS = "accounts { A { users: [{ user: a, password: a }] } }";

describe("auth_required", () => {
  test("is left out where nobody has to log in", () => {
    const { subject, facts } = new MonitoredBroker();
    expect(varz(subject, facts)).toMatchObject({ auth_required: undefined });
  });

  test.each(["authorization { token: t }", "authorization { users: [{ user: u }] }", WITH_USERS])(
    "is true with %s",
    (config) => {
      const { subject, facts } = new MonitoredBroker(config);
      expect(varz(subject, facts)).toMatchObject({ auth_required: true });
    },
  );
});

test("the system account is named", () => {
  const { subject, facts } = new MonitoredBroker();
  expect(varz(subject, facts)).toMatchObject({ system_account: "$SYS" });
});

test("counts of requests are sorted by path", () => {
  const { subject, facts } = new MonitoredBroker();
  const requestCounts = { "/varz": 2, "/connz": 1, "/": 3 };
  const { http_req_stats } = varz(subject, { ...facts, requestCounts }) as {
    http_req_stats: object;
  };
  expect(Object.entries(http_req_stats)).toEqual([
    ["/", 3],
    ["/connz", 1],
    ["/varz", 2],
  ]);
});

test("what the process uses is told", () => {
  const { subject, facts } = new MonitoredBroker();
  expect(varz(subject, facts)).toMatchObject({ mem: 1024, cores: 4, gomaxprocs: 4, cpu: 12.5 });
});
