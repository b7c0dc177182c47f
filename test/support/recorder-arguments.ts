/**
 * The command line of the programs that record what nats-server answers: `[--server <nats-server>]
 * [--check] [names]`. Ends the process with 2 where there is no server to ask.
 */
import { parseArgs } from "node:util";

export interface RecorderArguments {
  /** The executable to ask. */
  readonly server: string;
  /** Whether to compare and write nothing. */
  readonly isCheck: boolean;
  /** What to record; empty for everything. */
  readonly names: readonly string[];
}

export function recorderArguments(): RecorderArguments {
  const { values, positionals } = parseArgs({
    options: { server: { type: "string" }, check: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const server = values.server ?? Bun.which("nats-server");
  if (server === null) {
    console.error("No nats-server on PATH; name one with --server.");
    process.exit(2);
  }
  return { server, isCheck: values.check, names: positionals };
}
