/** Configurations that hold passwords in clear, of which the server warns. */
import { expect, test } from "bun:test";
import { hasPlainPasswords } from "../../../src/auth/plain-passwords.ts";
import { KeyHolder, SECRET_HASH, optionsIn } from "./configured.ts";

const { nkey } = new KeyHolder();
const MAPPED = "tls { verify_and_map: true }\n";

test.each([
  "authorization { user: a, password: b }",
  "authorization { password: b }",
  "authorization { users: [ { user: a, password: b } ] }",
  "authorization { users: [ { user: a } ] }",
  `accounts { A { users: [ { user: a, password: "${SECRET_HASH}" }, { user: b, password: b } ] } }`,
  `${MAPPED}authorization { users: [ { user: a, password: b } ] }`,
  `${MAPPED}authorization { users: [ { user: a, allowed_connection_types: [MQTT] } ] }`,
])("%j holds one", (text) => {
  expect(hasPlainPasswords(optionsIn(text))).toBe(true);
});

test.each([
  "",
  "authorization { user: a }",
  "authorization { token: t }",
  `authorization { user: a, password: "${SECRET_HASH}" }`,
  `authorization { users: [ { nkey: ${nkey} }, { user: a, password: "${SECRET_HASH}" } ] }`,
  "accounts { A {}, $SYS {} }",
  "accounts { $SYS {} }",
  `${MAPPED}authorization { users: [ { user: a } ] }`,
])("%j holds none", (text) => {
  expect(hasPlainPasswords(optionsIn(text))).toBe(false);
});
