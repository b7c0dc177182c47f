/**
 * The flags at the front of a command line, as Go's flag package reads them: `-port 4222`,
 * `--port=4222`, `-DV`. Used by `arguments.ts` for the server and by `subcommand.ts` for the
 * commands; each brings its own flags.
 */

/** A command line that cannot be read; the message is Go's sentence about it. */
export class MisuseError extends Error {
  override readonly name = "MisuseError";
}

/** The flags of one command line. */
export interface FlagSet<Flag> {
  /** The flag of that name, written without dashes; undefined if there is none. */
  find(name: string): Flag | undefined;
  /** Whether the flag stands without a value; then its value comes with "=" or is "true". */
  isSwitch(flag: Flag): boolean;
  /** Called for each flag in order, with the name and the value as they were written. */
  take(flag: Flag, name: string, written: string): void;
}

/**
 * Takes flags and their values off the front of `argv` and returns the rest. They end at the first
 * argument without a dash, at "-" and at "--", which is dropped. Throws `MisuseError`.
 */
export function readFlags<Flag>(argv: readonly string[], flags: FlagSet<Flag>): readonly string[] {
  let at = 0;
  while (at < argv.length) {
    const argument = argv[at]!;
    if (!argument.startsWith("-") || argument === "-") break;
    at++;
    if (argument === "--") break;
    const { name, attached } = splitFlag(argument);
    const flag = flags.find(name);
    if (flag === undefined) throw new MisuseError(`flag provided but not defined: -${name}`);
    let written = attached;
    if (written === undefined) {
      written = flags.isSwitch(flag) ? "true" : argv[at++];
      if (written === undefined) throw new MisuseError(`flag needs an argument: -${name}`);
    }
    flags.take(flag, name, written);
  }
  return argv.slice(at);
}

/** `-name`, `--name`, `-name=value` or `--name=value`. */
function splitFlag(argument: string): { name: string; attached: string | undefined } {
  const body = argument.slice(argument.startsWith("--") ? 2 : 1);
  if (body.startsWith("-") || body.startsWith("=")) {
    throw new MisuseError(`bad flag syntax: ${argument}`);
  }
  const equals = body.indexOf("=");
  if (equals < 0) return { name: body, attached: undefined };
  return { name: body.slice(0, equals), attached: body.slice(equals + 1) };
}

/** What to say about a value that `-name` does not take, and why. */
export function valueProblem(
  name: string,
  written: string,
  isSwitch: boolean,
  why: string,
): string {
  const quoted = JSON.stringify(written);
  const place = isSwitch
    ? `invalid boolean value ${quoted} for -${name}`
    : `invalid value ${quoted} for flag -${name}`;
  return `${place}: ${why}`;
}
