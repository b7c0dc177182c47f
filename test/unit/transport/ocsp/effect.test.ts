/** When OCSP responses are in effect. */
import { expect, test } from "bun:test";
import { responseEffect } from "../../../../src/transport/ocsp/effect.ts";
import type { OcspResponse } from "../../../../src/transport/ocsp/response.ts";

function response(thisUpdateMs: number, nextUpdateMs: number | undefined): OcspResponse {
  return {
    status: "good",
    producedAtMs: thisUpdateMs,
    thisUpdateMs,
    nextUpdateMs,
    revokedAtMs: undefined,
  };
}

test.each([
  ["current", 1000, 3000, 2000, 0],
  ["early", 2001, 3000, 2000, 0],
  ["current", 2001, 3000, 1999, 2],
  ["expired", 1000, 1999, 2000, 0],
  ["current", 1000, 1999, 2000, 1],
  ["current", 1000, 2000, 2000, 0],
] as const)("%s: from %d to %d, at %d", (state, from, to, nowMs, skewMs) => {
  const rules = { skewMs, defaultLifeMs: undefined };
  expect(responseEffect(response(from, to), rules, nowMs)).toEqual({ state, endMs: to });
});

test("one without an end has the life that it is given, or lasts", () => {
  const effect = (defaultLifeMs: number | undefined) =>
    responseEffect(response(1000, undefined), { skewMs: 0, defaultLifeMs }, 2000);
  expect(effect(999)).toEqual({ state: "expired", endMs: 1999 });
  expect(effect(1000)).toEqual({ state: "current", endMs: 2000 });
  expect(effect(undefined)).toEqual({ state: "current", endMs: undefined });
});
