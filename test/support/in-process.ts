/**
 * Starts midge inside the test process. Used by `midge.ts`; the one place in the conversation tests
 * that knows how a server is made.
 */
import { parseArguments } from "../../src/cli/arguments.ts";
import { fileSource } from "../../src/config/file-source.ts";
import type { Options } from "../../src/config/options.ts";
import { resolveOptions } from "../../src/config/resolve.ts";
import { Server } from "../../src/server/server.ts";
import { Logger } from "../../src/util/logger.ts";
import { type RunningServer, TEST_HOST } from "./running-server.ts";

/** Starts a server with command line `args`; its log goes nowhere. */
export async function startInProcess(args: readonly string[]): Promise<RunningServer> {
  const options = await optionsOf(args);
  const logger = new Logger({ ...options, debug: false, trace: false }, { sink: NOWHERE });
  const server = new Server(options, logger);
  await server.start();
  return { host: TEST_HOST, port: server.clientPort, stop: () => server.shutdown() };
}

/** With those of the configuration file that `args` names, if they do; rejects what is wrong. */
async function optionsOf(args: readonly string[]): Promise<Options> {
  const invocation = parseArguments(args);
  if (invocation.kind !== "run") throw new Error(`no server: ${args.join(" ")}`);
  const { options, errors } = await resolveOptions(invocation.sources, fileSource);
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return options;
}

const NOWHERE = { write: () => {} };
