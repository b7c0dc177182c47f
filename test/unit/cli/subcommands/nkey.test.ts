/** How `midge nkey --public` finds a seed in a file. */
import { expect, test } from "bun:test";
import { seedIn } from "../../../../src/cli/subcommands/nkey.ts";

const SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";

test.each([
  ["alone", SEED],
  ["with line ends of either kind", `\r\n${SEED}\r\n`],
  ["before its public key", `${SEED}\nUDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4\n`],
  [
    "in a credentials file",
    "-----BEGIN NATS USER JWT-----\neyJ0eXAiOiJKV1QifQ\n------END NATS USER JWT------\n\n" +
      `-----BEGIN USER NKEY SEED-----\n${SEED}\n------END USER NKEY SEED------\n`,
  ],
])("a seed is found %s", (_, text) => {
  expect(seedIn(text)).toBe(SEED);
});

test("no seed is found in other text", () => {
  expect(seedIn("")).toBeUndefined();
  expect(seedIn(SEED.toLowerCase())).toBeUndefined();
  expect(seedIn(`key: ${SEED}`)).toBeUndefined();
});
