/** What users are told about themselves. */
import { describe, expect, test } from "bun:test";
import type { Requester } from "../../../src/monitor/requester.ts";
import { userInfo } from "../../../src/monitor/user-info.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

/** As JSON has it, for a user with these permissions whose client is connected. */
function infoOf(permissions: string, requester: Partial<Requester> = {}): unknown {
  const user = `{ user: a, password: a${permissions} }`;
  const broker = new MonitoredBroker(`accounts { A { users: [${user}] } }`);
  broker.connect({ user: "a" });
  const who = { account: "A", service: "", user: "a", userTag: "", cid: 1, ...requester };
  return JSON.parse(JSON.stringify(userInfo(broker.broker, who)));
}

const NAMES = { user: "a", account: "A", account_name: "A" };

test("there are no permissions for who may do everything", () => {
  expect(infoOf("")).toEqual(NAMES);
});

test("a user that a JWT names has a name of its own", () => {
  expect(infoOf("", { userTag: "Anna" })).toEqual({ ...NAMES, user_name: "Anna" });
});

test("permissions are those of the connection that asks", () => {
  expect(infoOf(", permissions: { publish: x }", { cid: 99 })).toEqual(NAMES);
});

describe("permissions", () => {
  test("are lists as they are configured, empty ones left out", () => {
    const rules = '{ publish: { allow: ["a.>", b], deny: "a.x" }, subscribe: "foo.> q" }';
    expect(infoOf(`, permissions: ${rules}`)).toEqual({
      ...NAMES,
      permissions: {
        publish: { allow: ["a.>", "b"], deny: ["a.x"] },
        subscribe: { allow: ["foo.> q"] },
      },
    });
  });

  test("to answer have a number and nanoseconds, -1 for no limit", () => {
    const answers = (settings: string) => infoOf(`, permissions: { allow_responses: ${settings} }`);
    expect(answers('{ max: 5, expires: "1m" }')).toMatchObject({
      permissions: { publish: {}, responses: { max: 5, ttl: 60_000_000_000 } },
    });
    expect(answers('{ max: -1, expires: "-1s" }')).toMatchObject({
      permissions: { responses: { max: -1, ttl: -1 } },
    });
  });
});
