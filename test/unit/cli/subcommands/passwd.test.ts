/** The passwords that `midge passwd --generate` makes. */
import { expect, test } from "bun:test";
import { generatePassword } from "../../../../src/cli/subcommands/passwd.ts";

test("a generated password has 22 letters and digits, all of them in use", () => {
  const seen = new Set<string>();
  for (let count = 0; count < 500; count++) {
    const password = generatePassword();
    expect(password).toMatch(/^[A-Za-z0-9]{22}$/);
    for (const character of password) seen.add(character);
  }
  expect(seen.size).toBe(62);
});
