/** Who peers say they are, for logs. */
import { expect, test } from "bun:test";
import { claimOf } from "../../../src/auth/log-in.ts";
import { credentials } from "./configured.ts";

test.each([
  [{ nkey: "UA", user: "bob", token: "t0ken" }, 'Nkey "UA"'],
  [{ user: "bob", token: "t0ken" }, 'User "bob"'],
  [{ token: "t0ken" }, 'Token "[REDACTED]"'],
  [{ password: "s3cret" }, ""],
  [{ user: 'b"\n' }, 'User "b\\"\\n"'],
])("%j is named in a line of the log", (presented, text) => {
  expect(claimOf(credentials(presented)).logText).toBe(text);
});
