/** How logs name a client: `addr - cid:N - "vX:lang:name" - "account/user"`. */
import { expect, test } from "bun:test";
import { addressLabel, connectLabel } from "../../../src/nats/client-label.ts";
import { defaultConnectOptions } from "../../../src/nats/connect.ts";

const label = (version: string, lang: string, name: string, user = "") =>
  connectLabel({ ...defaultConnectOptions, version, lang, name }, "$G", user);

test("the address is followed by the connection's id, IPv6 stands in brackets", () => {
  expect(addressLabel("10.0.0.1", 5000, 7)).toBe("10.0.0.1:5000 - cid:7");
  expect(addressLabel("::1", 5000, 7)).toBe("[::1]:5000 - cid:7");
});

test("what the client said of itself follows, without what it left out", () => {
  expect(label("1.2", "go", "app")).toBe(' - "v1.2:go:app"');
  expect(label("", "go", "")).toBe(' - "go"');
  expect(label("", "", "app")).toBe(' - "app"');
  expect(label("", "", "")).toBe("");
});

test("account and user come last", () => {
  expect(label("1.2", "go", "app", "user:bob")).toBe(' - "v1.2:go:app" - "$G/user:bob"');
  expect(label("", "", "", "token")).toBe(' - "$G/token"');
});
