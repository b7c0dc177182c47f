/** `midge options`: the whole reference, as a document and as data. */
import { describe, expect, test } from "bun:test";
import { version } from "../../package.json";
import { OPTION_GROUPS } from "../../src/config/option-row.ts";
import { OPTION_NAMES, optionRow } from "../../src/config/options.ts";
import { runToEnd } from "../support/program.ts";

async function printed(...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await runToEnd("options", ...args);
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  return stdout;
}

/** The cells of the row that starts with this one. */
function rowIn(document: string, first: string): string[] {
  const line = document.split("\n").find((one) => one.startsWith(`| ${first} `)) ?? "";
  return line.split(/(?<!\\)\|/).map((cell) => cell.trim());
}

describe("without flags", () => {
  test("it is Markdown with a table for each group of options", async () => {
    const document = await printed();
    expect(document).toStartWith(`# Options of midge ${version}\n`);
    for (const group of OPTION_GROUPS) {
      const isUsed = OPTION_NAMES.some((name) => optionRow(name).group === group);
      expect(document.includes(`\n## ${group}\n\n| key `)).toBe(isUsed);
    }
    expect(rowIn(document, "`max_pending`")).toEqual([
      ...["", "`max_pending`", "`--max_pending`", "bytes", "64MiB", "live (nats-server: restart)"],
      ...["Bytes that may wait for one connection", ""],
    ]);
    expect(rowIn(document, "`authorization.token`").at(-2)).toEndWith("(secret: never shown)");
    expect(rowIn(document, "`write_timeout`")[3]).toBe("default\\|close\\|retry");
  });

  test("every table has rows of one width and one number of columns", async () => {
    const tables = (await printed()).split(/\n\n/).filter((block) => block.startsWith("|"));
    expect(tables.length).toBeGreaterThan(OPTION_GROUPS.length / 2);
    for (const table of tables) {
      const rows = table.trimEnd().split("\n");
      expect(new Set(rows.map((row) => row.length)).size).toBe(1);
      expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length)).size).toBe(1);
    }
  });

  test("it names what nats-server has and midge does not", async () => {
    const document = await printed();
    expect(rowIn(document, "`leafnodes`").slice(1, 3)).toEqual(["`leafnodes`", "leaf nodes"]);
    expect(document).toMatch(/\nThese have no effect: .*`store_dir`.*\.\n$/);
  });
});

describe("with --json", () => {
  test("it is one object with an entry for every option, in the order of the tables", async () => {
    const reference = JSON.parse(await printed("--json"));
    expect(reference).toMatchObject({ version, reloads: { restart: expect.any(String) } });
    expect(reference.options.map((one: { keys: string[] }) => one.keys)).toEqual(
      OPTION_NAMES.map((name) => [...optionRow(name).keys]),
    );
    expect(reference.options).toContainEqual({
      keys: ["max_sub_tokens", "max_subscription_tokens"],
      block: null,
      flags: ["--max_sub_tokens"],
      value: "number",
      default: 0,
      defaultText: "unlimited",
      group: "Limits",
      reload: "live",
      reloadableHere: true,
      secret: false,
      available: true,
      help: "Tokens in a subscribed subject",
    });
    expect(reference.addresses).toContainEqual({ key: "listen", sets: ["host", "port"] });
    expect(reference.unsupported).toContainEqual({ key: "jetstream", feature: "JetStream" });
    expect(reference.ignored).toContain("feature_flags");
  });
});

test("it takes no words", async () => {
  const { stdout, stderr, exitCode } = await runToEnd("options", "port");
  expect(stdout).toBe("");
  expect(stderr).toBe('midge options: unexpected argument: "port"\n');
  expect(exitCode).toBe(1);
});
