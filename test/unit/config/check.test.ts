/** Rules between options. */
import { expect, test } from "bun:test";
import { checkOptions } from "../../../src/config/check.ts";
import { type Options, defaultOptions } from "../../../src/config/options.ts";

function problems(changes: Partial<Options>): readonly string[] {
  return checkOptions({ ...defaultOptions(), ...changes });
}

test("defaults break no rule", () => expect(problems({})).toEqual([]));

test("a payload has to fit into what may be pending", () => {
  expect(problems({ maxPayloadBytes: 11, maxPendingBytes: 10 })).toEqual([
    "max_payload (11) cannot be higher than max_pending (10)",
  ]);
  expect(problems({ maxPayloadBytes: 10, maxPendingBytes: 10 })).toEqual([]);
});

test("a server name has no spaces", () => {
  expect(problems({ serverName: "a b" })).toEqual(["server name cannot contain spaces"]);
});

test("clients log in either with a user or with a token", () => {
  expect(problems({ username: "u", password: "p", authorizationToken: "t" })).toEqual([
    "Cannot have a user/pass and token",
  ]);
  expect(problems({ username: "u", password: "p" })).toEqual([]);
});

test("all broken rules are reported together", () => {
  expect(problems({ serverName: "a b", maxPayloadBytes: 2, maxPendingBytes: 1 })).toHaveLength(2);
});
