/** The table of options: what holds for every row, and the rules for values and defaults. */
import { describe, expect, test } from "bun:test";
import { OptionValueError } from "../../../src/config/option-value-error.ts";
import { OPTION_GROUPS } from "../../../src/config/option-row.ts";
import {
  OPTION_NAMES,
  defaultOptions,
  flagsOf,
  optionRow,
  optionRows,
  parseOptionValue,
  withValues,
} from "../../../src/config/options.ts";

describe.each([...OPTION_NAMES])("the row %s", (name) => {
  const row = optionRow(name);

  test("has a default that its kind can write and read back", () => {
    if (row.kind.isFileOnly === true) return expect(row.kind.format(row.default)).toBe("");
    const shown = row.kind.format(row.default);
    const isWord = typeof row.default === "number" && /^(?:off|none|unlimited)$/.test(shown);
    const written = isWord ? "0" : shown;
    // An empty text is no value of these: it could be an oversight.
    const isUnwritten = name === "logLevels" || name === "proxyProtocolNetworks";
    if (isUnwritten) expect(shown).toBe("");
    else if (row.default !== false) expect(parseOptionValue(row, written)).toEqual(row.default);
    else expect(shown).toBe("");
  });

  test("has keys and flags in nats-server's spelling", () => {
    for (const key of row.keys) expect(key).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
    const isFlag = row.block === undefined || row.flags !== undefined;
    expect(flagsOf(row).length > 0).toBe(isFlag && row.kind.isFileOnly !== true);
    for (const flag of flagsOf(row)) expect(flag).toMatch(/^(?:[A-Za-z]|[a-z]+(?:[_-][a-z]+)*)$/);
  });

  test("is a flag named like its first key unless it stands in a block", () => {
    const isFlag = row.block === undefined && row.kind.isFileOnly !== true;
    expect(flagsOf(row).includes(row.keys[0])).toBe(isFlag || name === "username");
  });

  test("says what it is for, in a group that usage shows", () => {
    expect(row.help).toMatch(/^[A-Z].*[^.]$/);
    expect(OPTION_GROUPS).toContain(row.group);
  });

  test("reads 0 as its default where 0 means not set", () => {
    if (row.zeroIsDefault !== true) return;
    expect(parseOptionValue(row, "0")).toEqual(row.default);
  });
});

describe("names", () => {
  test("are not shared by two rows", () => {
    const flags = OPTION_NAMES.flatMap((name) => flagsOf(optionRow(name)));
    const keys = OPTION_NAMES.flatMap((name) => {
      const { block = "", keys } = optionRow(name);
      return keys.map((key) => `${block}.${key}`);
    });
    expect(flags.length).toBe(new Set(flags).size);
    expect(keys.length).toBe(new Set(keys).size);
  });

  test("of secrets are exactly those of what can hold credentials", () => {
    const secrets = OPTION_NAMES.filter((name) => optionRow(name).secret === true);
    const blocks = ["users", "accounts", "operators", "resolver", "resolverTls", "resolverPreload"];
    const listeners = ["tls", "websocket", "mqtt", "monitorAuth"];
    const texts = ["username", "password", "authorizationToken", "defaultSentinel"];
    expect(new Set<string>(secrets)).toEqual(new Set([...texts, ...blocks, ...listeners]));
  });
});

describe("defaults", () => {
  test("are nats-server's", () => {
    expect(defaultOptions()).toMatchObject({
      host: "0.0.0.0",
      port: 4222,
      httpPort: 0,
      logtime: true,
      maxPayloadBytes: 1_048_576,
      maxControlLineBytes: 4096,
      maxConnections: 65_536,
      maxPendingBytes: 67_108_864,
      pingIntervalMs: 120_000,
      pingMax: 2,
      authTimeoutMs: 2000,
      writeDeadlineMs: 10_000,
      writeTimeout: "default",
      maxClosedClients: 10_000,
    });
  });

  test("are not changed by what is set in one server", () => {
    withValues(defaultOptions(), new Map([["port", 1]]));
    expect(defaultOptions().port).toBe(4222);
  });
});

describe("values", () => {
  test("of trace_verbose switch trace on as well", () => {
    const options = withValues(defaultOptions(), new Map([["traceVerbose", true]]));
    expect(options.trace).toBe(true);
  });

  test("of max_connections may be 0, which refuses everybody", () => {
    expect(parseOptionValue(optionRows.maxConnections, "0")).toBe(0);
  });

  test("of write_timeout are told in nats-server's words", () => {
    expect(() => parseOptionValue(optionRows.writeTimeout, "later")).toThrow(
      new OptionValueError("write_timeout must be 'default', 'close' or 'retry'"),
    );
  });
});
