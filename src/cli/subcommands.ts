/**
 * The commands beside the server, such as `midge passwd`: one row each. `arguments.ts` finds the
 * words here, `usage.ts` lists them and `run-subcommand.ts` loads the one that was asked for; until
 * then nothing of them is evaluated. To add a command, add a row and its file.
 */
import type { Subcommand } from "./subcommand.ts";

interface SubcommandRow {
  /** As it is typed, in lower case. */
  readonly name: string;
  /** What it does, for the list in `midge --help`. */
  readonly help: string;
  readonly load: () => Promise<Subcommand>;
}

export const SUBCOMMANDS: readonly SubcommandRow[] = [
  {
    name: "passwd",
    help: "Print the bcrypt hash of a password",
    load: async () => (await import("./subcommands/passwd.ts")).passwd,
  },
  {
    name: "nkey",
    help: "Make an nkey, or show the public key of a seed",
    load: async () => (await import("./subcommands/nkey.ts")).nkey,
  },
  {
    name: "health",
    help: "Ask a server whether it is healthy",
    load: async () => (await import("./subcommands/health.ts")).health,
  },
  {
    name: "options",
    help: "Print all options, with what a reload does about each",
    load: async () => (await import("./subcommands/options.ts")).options,
  },
];

export function subcommandNamed(name: string): SubcommandRow | undefined {
  return SUBCOMMANDS.find((row) => row.name === name);
}
