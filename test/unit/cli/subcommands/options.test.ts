/** What `midge options` says of each row of the option table. */
import { describe, expect, test } from "bun:test";
import { type OptionEntry, optionReference } from "../../../../src/cli/subcommands/options.ts";
import { dashed } from "../../../../src/cli/usage.ts";
import {
  OPTION_NAMES,
  flagsOf,
  optionRow,
  parseOptionValue,
} from "../../../../src/config/options.ts";

const { options } = optionReference();

function entryFor(key: string, block: string | null = null): OptionEntry {
  const entry = options.find((one) => one.block === block && one.keys.includes(key));
  if (entry === undefined) throw new Error(`no entry for ${key}`);
  return entry;
}

describe.each(OPTION_NAMES.map((name, index) => [name, index] as const))("%s", (name, index) => {
  const row = optionRow(name);
  const entry = options[index]!;

  test("is described under its keys, with its flags as they are typed", () => {
    expect(entry).toMatchObject({ keys: row.keys, block: row.block ?? null, help: row.help });
    expect(entry.flags).toEqual(flagsOf(row).map(dashed));
    expect(entry.value).not.toBe("");
    expect(entry.secret).toBe(row.secret === true);
    expect(entry.available).toBe(row.unavailable !== true);
  });

  test("has its default in a form that JSON can hold and the option can read", () => {
    const copy: unknown = JSON.parse(JSON.stringify(entry.default));
    expect(copy).toEqual(entry.default);
    if (row.kind.isFileOnly === true) return expect(copy).toBeNull();
    const isWritten = typeof copy !== "object";
    expect<unknown>(isWritten ? parseOptionValue(row, String(copy)) : copy).toEqual(row.default);
  });
});

test("what only midge takes over without a restart is what nats-server refuses to", () => {
  const keys = options.filter((one) => one.reloadableHere).map((one) => one.keys[0]!);
  expect(keys).toEqual(
    expect.arrayContaining([
      ...["logfile_size_limit", "logfile_max_num", "max_subscriptions", "max_sub_tokens"],
      ...["max_pending", "lame_duck_duration", "lame_duck_grace_period", "write_timeout"],
    ]),
  );
  for (const key of ["port", "debug", "max_payload", "ping_interval", "no_header_support"]) {
    expect(keys).not.toContain(key);
  }
});

test("every reload effect in use is explained", () => {
  const { reloads } = optionReference();
  for (const { reload } of options) expect(reloads[reload]).toMatch(/^[A-Z]/);
});

test("defaults are shown as in a file and as in help texts", () => {
  expect(entryFor("max_payload")).toMatchObject({ default: 1_048_576, defaultText: "1MiB" });
  expect(entryFor("ping_interval")).toMatchObject({ default: "2m0s", defaultText: "2m0s" });
  expect(entryFor("max_subs")).toMatchObject({ default: 0, defaultText: "unlimited" });
  expect(entryFor("debug")).toMatchObject({ default: false, defaultText: "false" });
  expect(entryFor("token", "authorization")).toMatchObject({ default: "", secret: true });
});
