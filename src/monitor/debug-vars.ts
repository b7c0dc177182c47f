/**
 * `/debug/vars`: the command line and the memory in use, in the shape of Go's expvar package.
 * `memstats` has the fields of Go's that mean something here, in bytes; there is no history of
 * allocations and collections to be had from the engine.
 */
import { OPTION_NAMES, flagsOf, optionRow } from "../config/options.ts";

const REDACTED = "[REDACTED]";

export interface DebugVars {
  readonly cmdline: readonly string[];
  readonly memstats: Readonly<Record<string, number>>;
}

export function debugVars(): DebugVars {
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  const memstats = { Alloc: heapUsed, Sys: rss, HeapAlloc: heapUsed, HeapSys: heapTotal };
  return { cmdline: commandLine(), memstats };
}

/** In Go's layout: a line for each variable. */
export function varsPage(): Response {
  const lines = Object.entries(debugVars()).map(
    ([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  return new Response(`{\n${lines.join(",\n")}\n}\n`, {
    headers: { "Content-Type": "application/json; charset=utf-8" },
  });
}

/** The program and its arguments, without secrets. */
export function commandLine(): readonly string[] {
  return [process.execPath, ...redacted(process.argv.slice(2))];
}

/**
 * Arguments with `[REDACTED]` for the values of flags that hold secrets, and for what stands before
 * the `@` of URLs.
 */
export function redacted(argv: readonly string[]): readonly string[] {
  const secrets = new Set(
    OPTION_NAMES.map(optionRow)
      .filter((row) => row.secret === true)
      .flatMap(flagsOf),
  );
  const isSecret = (flag: string | undefined) => flag !== undefined && secrets.has(flag);
  return argv.map((argument, index) => {
    const [, dashedName = "", name] = /^(--?([^=]+))=/.exec(argument) ?? [];
    if (isSecret(name)) return `${dashedName}=${REDACTED}`;
    if (isSecret(/^--?(.+)$/.exec(argv[index - 1] ?? "")?.[1])) return REDACTED;
    return argument.replace(/([a-z][a-z\d+.-]*:\/\/)[^/\s]*@/gi, `$1${REDACTED}@`);
  });
}
