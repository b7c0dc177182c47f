/** The tables of cipher suites and curves, held against the runtime. */
import { describe, expect, test } from "bun:test";
import { createSecureContext } from "node:tls";
import { CIPHER_SUITES, CURVES } from "../../../../src/config/blocks/tls-names.ts";

describe("the names of TLS", () => {
  for (const [name, { runtimeName }] of CIPHER_SUITES) {
    if (runtimeName === undefined) continue;
    test(`${name} is a cipher of the runtime`, () => {
      expect(() => createSecureContext({ ciphers: runtimeName })).not.toThrow();
    });
  }

  for (const [name, group] of CURVES) {
    test(`${name} is a curve of the runtime`, () => {
      expect(() => createSecureContext({ ecdhCurve: group })).not.toThrow();
    });
  }

  test("all secure cipher suites exist in the runtime", () => {
    const secure = [...CIPHER_SUITES.values()].filter(({ isInsecure }) => !isInsecure);
    expect(secure).toHaveLength(13);
    expect(secure.filter(({ runtimeName }) => runtimeName === undefined)).toEqual([]);
  });
});
