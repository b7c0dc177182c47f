/**
 * What a command beside the server is: its definition in citty's terms, and its work. Files in
 * `subcommands/` export one each; `run-subcommand.ts` reads the command line against the definition
 * and runs it. citty's own parser is not used: it takes flags that it does not know without a word.
 */
import type { ArgsDef } from "citty";
import { MisuseError, readFlags, valueProblem } from "./flag-reader.ts";

export interface Subcommand {
  readonly meta: { readonly name: string; readonly description: string };
  readonly args: ArgsDef;
  /** The exit code. Throws `SubcommandError` for what the operator has to put right. */
  run(given: SubcommandArguments): Promise<number>;
}

/** Ends a command with exit code 1 and the message as one line on stderr. */
export class SubcommandError extends Error {
  override readonly name = "SubcommandError";
}

/** Every command has this flag besides its own. */
export const HELP_FLAG: ArgsDef = {
  help: { type: "boolean", alias: ["h"], description: "Show this text" },
};

/** The arguments of one command line by their names in the definition. */
export class SubcommandArguments {
  readonly #values: ReadonlyMap<string, string>;

  private constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /**
   * Reads what follows the command's name; flags and words may be mixed, and the last value of a
   * flag counts. Throws `MisuseError`.
   */
  static read(definition: ArgsDef, argv: readonly string[]): SubcommandArguments {
    const args: ArgsDef = { ...definition, ...HELP_FLAG };
    const positions = Object.keys(args).filter((name) => args[name]?.type === "positional");
    const values = new Map<string, string>();
    const flags = {
      find: (name: string) => nameOfFlag(args, name),
      isSwitch: (flag: string) => args[flag]?.type === "boolean",
      take: (flag: string, name: string, written: string) => {
        if (args[flag]?.type === "boolean") checkSwitch(name, written);
        values.set(flag, written);
      },
    };
    let rest = readFlags(argv, flags);
    while (rest.length > 0) {
      const [word, ...others] = rest;
      const position = positions.shift();
      if (position === undefined) {
        throw new MisuseError(`unexpected argument: ${JSON.stringify(word)}`);
      }
      values.set(position, word!);
      rest = readFlags(others, flags);
    }
    return new SubcommandArguments(values);
  }

  /** The value of a flag, or the word in that place; undefined if it was not given. */
  text(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** Whether a switch is on. */
  isOn(name: string): boolean {
    return this.#values.get(name) === "true";
  }
}

function nameOfFlag(args: ArgsDef, written: string): string | undefined {
  const found = Object.entries(args).find(
    ([name, definition]) =>
      definition.type !== "positional" && [name, ...aliasesOf(args, name)].includes(written),
  );
  return found?.[0];
}

/** Other names of a flag, without dashes. */
export function aliasesOf(args: ArgsDef, name: string): readonly string[] {
  const definition = args[name];
  if (definition === undefined || !("alias" in definition)) return [];
  return [definition.alias ?? []].flat();
}

function checkSwitch(name: string, written: string): void {
  if (written === "true" || written === "false") return;
  throw new MisuseError(valueProblem(name, written, true, "parse error"));
}
