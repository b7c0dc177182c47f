/**
 * Starts midge inside the test process. Used by `midge.ts`; the one place in the conversation tests
 * that knows how a server is made.
 */
import { Server } from "../../src/server/server.ts";
import { Logger } from "../../src/util/logger.ts";
import { optionsFor } from "./options-for.ts";
import { type RunningServer, TEST_HOST } from "./running-server.ts";

/** Starts a server with command line `args`; its log goes nowhere. */
export async function startInProcess(args: readonly string[]): Promise<RunningServer> {
  const options = optionsFor(args);
  const logger = new Logger({ ...options, debug: false, trace: false }, { sink: NOWHERE });
  const server = new Server(options, logger);
  await server.start();
  return { host: TEST_HOST, port: server.clientPort, stop: () => server.shutdown() };
}

const NOWHERE = { write: () => {} };
