/** Configurations that hold passwords in clear, of which the server warns. */
import { expect, test } from "bun:test";
import { hasPlainPasswords } from "../../../src/auth/plain-passwords.ts";
import { KeyHolder, SECRET_HASH, optionsIn } from "./configured.ts";

const { nkey } = new KeyHolder();

test.each([
  "authorization { user: a, password: b }",
  "authorization { password: b }",
  "authorization { users: [ { user: a, password: b } ] }",
  "authorization { users: [ { user: a } ] }",
  `accounts { A { users: [ { user: a, password: "${SECRET_HASH}" }, { user: b, password: b } ] } }`,
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
])("%j holds none", (text) => {
  expect(hasPlainPasswords(optionsIn(text))).toBe(false);
});
