/**
 * One run of the program: arguments to options to a running server, or a text and an exit code.
 * Called by `main.ts`; the exit codes are nats-server's, except that a flag that cannot be read
 * ends with 2 (nats-server: 0).
 */
import { checkOptions } from "../config/check.ts";
import type { Options } from "../config/options.ts";
import { Server } from "../server/server.ts";
import { Logger } from "../util/logger.ts";
import { parseArguments } from "./arguments.ts";
import { COMMAND_NAME } from "./command.ts";
import { trapSignals } from "./signal.ts";
import { usageText, versionText } from "./usage.ts";

const EXIT_OK = 0;
const EXIT_FAILURE = 1;
const EXIT_MISUSE = 2;

/** Resolves once the server is up; ends the process in every other case. */
export async function run(argv: readonly string[]): Promise<void> {
  const invocation = parseArguments(argv);
  switch (invocation.kind) {
    case "help":
      console.log(usageText());
      return process.exit(EXIT_OK);
    case "version":
      console.log(versionText());
      return process.exit(EXIT_OK);
    case "misuse":
      console.error(invocation.reason);
      console.log(usageText());
      return process.exit(EXIT_MISUSE);
    case "unknown-command":
      return refuse([invocation.reason]);
    case "run":
      return serve(invocation.options);
  }
}

async function serve(options: Options): Promise<void> {
  const problems = checkOptions(options);
  if (problems.length > 0) return refuse(problems);
  const logger = new Logger(options);
  const server = new Server(options, logger);
  trapSignals(server, logger);
  try {
    await server.start();
  } catch (error) {
    logger.fatal(error instanceof Error ? error.message : String(error));
    process.exit(EXIT_FAILURE);
  }
}

/** One line on stderr for each reason why there will be no server. */
function refuse(reasons: readonly string[]): never {
  for (const reason of reasons) console.error(`${COMMAND_NAME}: ${reason}`);
  process.exit(EXIT_FAILURE);
}
