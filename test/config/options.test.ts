/**
 * Every row of the table of options on its way through a server's life: as a flag, in a file, with
 * a bad value in both, in a reload, and in the log. The samples are in
 * `test/support/option-samples.ts`.
 */
import { describe, expect, test } from "bun:test";
import { parseArguments } from "../../src/cli/arguments.ts";
import {
  OPTION_NAMES,
  type OptionName,
  type Options,
  defaultOptions,
  flagsOf,
  optionRow,
} from "../../src/config/options.ts";
import { type ResolvedOptions, resolveOptions } from "../../src/config/resolve.ts";
import { Server } from "../../src/server/server.ts";
import { Logger } from "../../src/util/logger.ts";
import { ANYTHING, sampleOf, companionOf } from "../support/option-samples.ts";

const FILE = "edge.conf";

/** Options from a file with `text`, overruled by the flags. */
function resolved(text: string, ...flags: string[]): Promise<ResolvedOptions> {
  const invocation = parseArguments(["-c", FILE, ...flags]);
  if (invocation.kind !== "run") throw new Error(JSON.stringify(invocation));
  return resolveOptions(invocation.sources, {
    read: (path) => {
      if (path !== FILE && !path.endsWith(".pem")) throw new Error(`open ${path}: no such file`);
      return text;
    },
    environment: () => undefined,
    isUsableDirectory: () => true,
  });
}

/** The option in a file, spelled with `key`. */
function fileText(name: OptionName, key: string, value: string): string {
  const { block } = optionRow(name);
  return block === undefined ? `${key}: ${value}\n` : `${block} {\n  ${key}: ${value}\n}\n`;
}

describe.each([...OPTION_NAMES])("the option %s", (name) => {
  const row = optionRow(name);
  const sample = sampleOf(name);
  const beside = companionOf(name);

  test.each([...row.keys])("is read from a file as %s, in any case of letters", async (key) => {
    for (const spelled of [key, key.toUpperCase()]) {
      const { options, errors } = await resolved(beside + fileText(name, spelled, sample.file));
      expect(errors.filter(isPlaced)).toEqual([]);
      expect(errors.some(isUnavailable)).toBe(row.unavailable === true);
      if (sample.value !== ANYTHING) expect<unknown>(options[name]).toEqual(sample.value);
      else expect<unknown>(options[name]).not.toEqual(defaultOptions()[name]);
    }
  });

  test("is refused with a bad value, at its place in the file", async () => {
    if (sample.bad === undefined) return expect(row.kind.valueName).not.toBe("");
    const text = fileText(name, row.keys[0], sample.bad.file);
    const { errors, options } = await resolved(`# comment\n${text}`);
    expect(errors.filter(isPlaced)).toHaveLength(1);
    const place = row.block === undefined ? `${FILE}:2:1: ` : `${FILE}:3:3: `;
    expect(errors[0]).toStartWith(place);
    if (sample.value === ANYTHING) return;
    expect<unknown>(options[name]).toEqual(defaultOptions()[name]);
  });

  test("is refused with a bad value as a flag", () => {
    const [flag] = flagsOf(row);
    const bad = sample.bad?.flag;
    if (flag === undefined || bad === undefined) return expect(sample.value).toBeDefined();
    expect(parseArguments([`-${flag}=${bad}`])).toMatchObject({ kind: "misuse" });
  });

  test("is overruled by its flag, also when the file is read again", async () => {
    const [flag] = flagsOf(row);
    if (flag === undefined)
      return expect(row.kind.isFileOnly === true || row.block !== undefined).toBe(true);
    for (const text of ["port: 4333\n", beside + fileText(name, row.keys[0], sample.file)]) {
      const given = beside === "" ? [] : ["--max_payload=1"];
      const { options } = await resolved(text, `-${flag}=${sample.flag}`, ...given);
      expect<unknown>(options[name]).toEqual(sample.value);
    }
  });

  test("is applied by a reload, or refused as needing a restart", async () => {
    const text = beside + fileText(name, row.keys[0], sample.file);
    const { lines, before, after } = await reloadFromNothing(text);
    if (row.unavailable === true) {
      expect(lines.some((line) => line.startsWith("[ERR]") && isUnavailable(line))).toBe(true);
      expect(after).toEqual(before);
    } else if (row.reload === "restart") {
      expect(lines.filter((line) => line.startsWith("[ERR]"))).toHaveLength(1);
      expect(lines.join("\n")).toContain(`config reload not supported for ${row.field}`);
      expect(after).toEqual(before);
    } else {
      expect(lines.filter((line) => line.startsWith("[ERR]"))).toEqual([]);
      expect(lines.at(-1)).toStartWith("[INF] Reloaded server configuration (sha256:");
      expect(lines.length).toBeGreaterThan(1);
    }
  });

  test("shows in no log line if it is secret", async () => {
    const text = beside + fileText(name, row.keys[0], sample.file);
    const { lines } = await reloadFromNothing(text);
    const secret = sample.value === ANYTHING ? sample.file : String(sample.value);
    if (row.secret === true) expect(lines.join("\n")).not.toContain(secret);
    else expect(lines.join("\n")).not.toContain("[object Object]");
  });
});

/** About a line of the file, and not about what midge does not have. */
function isPlaced(line: string): boolean {
  return line.startsWith(`${FILE}:`) && !isUnavailable(line);
}

function isUnavailable(line: string): boolean {
  return line.endsWith("is not available in this version of midge");
}

/** Has a server with an empty file read one with `text`; log lines as `[INF] text`. */
async function reloadFromNothing(text: string): Promise<{
  readonly lines: readonly string[];
  readonly before: Options;
  readonly after: Options;
}> {
  const { options } = await resolved("# empty\n");
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(plain(line)) };
  const server = new Server(options, new Logger(options, { sink, pid: 1 }), {
    resolve: () => resolved(text),
    openLog: async () => sink,
  });
  const { connections } = server.natsContext;
  const before = connections.options;
  await server.reload();
  return { lines, before, after: connections.options };
}

/** A line of the log as `[INF] text`, in whatever form it came. */
function plain(line: string): string {
  if (line.startsWith("{")) return `[INF] ${(JSON.parse(line) as { message: string }).message}`;
  return line.replace(/^\[1\] (?:[\d/]+ [\d:.]+ )?|\n$/g, "");
}
