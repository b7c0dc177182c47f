/** `midge nkey`: new keys of every kind, and the public key of a seed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fromSeed } from "nkeys.js";
import { runToEnd, runWith } from "../support/program.ts";

/** The pair that NATS's documentation shows. */
const SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
const PUBLIC = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nkey-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("a new key", () => {
  test.each([
    [[], "SU", "U"],
    [["--gen", "user"], "SU", "U"],
    [["-gen=Account"], "SA", "A"],
    [["--gen=server"], "SN", "N"],
    [["--gen=operator"], "SO", "O"],
    [["--gen=cluster"], "SC", "C"],
    [["--gen=curve"], "SX", "X"],
  ])("after %j is a seed %s… and its public key %s…", async (args, secret, open) => {
    const { stdout, stderr, exitCode } = await runToEnd("nkey", ...args);
    const [seed = "", publicKey = "", ...rest] = stdout.split("\n");
    expect(seed).toMatch(new RegExp(`^${secret}[A-Z2-7]{56}$`));
    expect(publicKey).toMatch(new RegExp(`^${open}[A-Z2-7]{55}$`));
    expect(fromSeed(new TextEncoder().encode(seed)).getPublicKey()).toBe(publicKey);
    expect(rest).toEqual([""]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const again = await runWith({ input: stdout }, "nkey", "--public", "-");
    expect(again.stdout).toBe(`${publicKey}\n`);
  });
});

describe("the public key", () => {
  test("of a seed in a file", async () => {
    const { stdout, exitCode } = await runToEnd("nkey", "--public", file("seed", `${SEED}\n`));
    expect(stdout).toBe(`${PUBLIC}\n`);
    expect(exitCode).toBe(0);
  });

  test("of a seed on standard input", async () => {
    const { stdout } = await runWith({ input: SEED }, "nkey", "-public", "-");
    expect(stdout).toBe(`${PUBLIC}\n`);
  });
});

describe("one line says what is wrong with", () => {
  test.each([
    ["a damaged seed", SEED.replace("SUACSS", "SUACST"), "damaged: nkeys: invalid checksum"],
    ["a seed cut short", SEED.slice(0, 40), "damaged: nkeys: invalid checksum"],
    ["a public key", PUBLIC, "no seed in standard input"],
    ["no text", "", "no seed in standard input"],
  ])("%s", async (_, input, reason) => {
    const { stdout, stderr, exitCode } = await runWith({ input }, "nkey", "--public", "-");
    expect(stderr).toMatch(/^midge nkey: .*\n$/);
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain(SEED.slice(10, 30));
    expect(stdout).toBe("");
    expect(exitCode).toBe(1);
  });

  test("a file that is not there", async () => {
    const path = join(folder, "none");
    const { stderr, exitCode } = await runToEnd("nkey", "--public", path);
    expect(stderr).toBe(`midge nkey: ENOENT: no such file or directory, open '${path}'\n`);
    expect(exitCode).toBe(1);
  });

  test("a kind of key that there is not", async () => {
    const { stderr, exitCode } = await runToEnd("nkey", "--gen", "module");
    expect(stderr).toBe(
      'midge nkey: unknown kind of key "module"; ' +
        "there are user, account, server, operator, cluster, curve\n",
    );
    expect(exitCode).toBe(1);
  });
});
