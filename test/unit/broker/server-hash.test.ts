/** The hash of a server's name. */
import { expect, test } from "bun:test";
import { serverHash } from "../../../src/broker/server-hash.ts";

test("a server's name has the hash that nats-server gives it", () => {
  expect(serverHash("lat")).toBe("9yy0nBe7");
});

test("a hash is eight letters and digits, others for other names", () => {
  const hashes = Array.from({ length: 1000 }, (_, i) => serverHash(`server ${i}`));
  for (const hash of hashes) expect(hash).toMatch(/^[\dA-Za-z]{8}$/);
  expect(new Set(hashes).size).toBe(1000);
});
