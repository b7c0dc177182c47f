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

test("lame duck mode lasts longer than its grace period", () => {
  expect(problems({ lameDuckGraceMs: 60_000, lameDuckDurationMs: 60_000 })).toEqual([
    "lame duck grace period (1m0s) should be strictly lower than lame duck duration (1m0s)",
  ]);
});

test("clients can be given an address only if it is one", () => {
  expect(problems({ clientAdvertise: "::1" })).toEqual([
    "invalid ClientAdvertise value of ::1, err=address ::1: too many colons in address",
  ]);
  expect(problems({ clientAdvertise: "[::1]:4333" })).toEqual([]);
});

test("all broken rules are reported together", () => {
  expect(problems({ serverName: "a b", maxPayloadBytes: 2, maxPendingBytes: 1 })).toHaveLength(2);
});
