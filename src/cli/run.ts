/**
 * One run of the program: arguments to options to a running server, or a text and an exit code.
 * Called by `main.ts`; the exit codes are nats-server's, except that a flag that cannot be read
 * ends with 2 (nats-server: 0). What a server does not need (commands, sending signals) is loaded
 * only when it is asked for.
 */
import { fileSource } from "../config/file-source.ts";
import type { Options } from "../config/options.ts";
import { type OptionSources, resolveOptions } from "../config/resolve.ts";
import { Server } from "../server/server.ts";
import type { LogSink } from "../util/log/sink.ts";
import { systemClock } from "../util/clock.ts";
import { Logger } from "../util/logger.ts";
import { parseArguments } from "./arguments.ts";
import { COMMAND_NAME } from "./command.ts";
import { trapSignals } from "./signal.ts";
import { messageOf } from "../util/system-error.ts";

const EXIT_OK = 0;
const EXIT_FAILURE = 1;
const EXIT_MISUSE = 2;

/** Resolves once the server is up; ends the process in every other case. */
export async function run(argv: readonly string[]): Promise<void> {
  const invocation = parseArguments(argv);
  switch (invocation.kind) {
    case "help":
      console.log((await import("./usage.ts")).usageText());
      return process.exit(EXIT_OK);
    case "version":
      console.log((await import("./usage.ts")).versionText());
      return process.exit(EXIT_OK);
    case "misuse":
      console.error(invocation.reason);
      console.log((await import("./usage.ts")).usageText());
      return process.exit(EXIT_MISUSE);
    case "unknown-command":
      return refuse([invocation.reason]);
    case "signal": {
      const { sendSignal } = await import("./send-signal.ts");
      const problem = sendSignal(invocation.request);
      return problem === "" ? process.exit(EXIT_OK) : refuse([problem]);
    }
    case "subcommand": {
      const { runSubcommand } = await import("./run-subcommand.ts");
      return process.exit(await runSubcommand(invocation.name, invocation.argv));
    }
    case "test":
      return testConfiguration(invocation.sources);
    case "run":
      return serve(invocation.sources);
  }
}

/** `-t`: says whether a server could run with the configuration, and all that is wrong with it. */
async function testConfiguration(sources: OptionSources): Promise<never> {
  const { configPath } = sources;
  if (configPath === undefined) {
    return refuse(["must specify [-c, --config] option to check configuration file syntax"]);
  }
  const { options, origin, errors, warnings, notices } = await resolveOptions(sources, fileSource);
  const problems = [...warnings, ...errors, ...(await tlsProblems(options, errors))];
  if (problems.length > 0) return refuse(problems);
  complain(notices);
  complain([`configuration file ${configPath} is valid (${origin?.digest})`]);
  return process.exit(EXIT_OK);
}

/** What is wrong with certificates; those that cannot be read are among the errors already. */
async function tlsProblems(options: Options, errors: readonly string[]): Promise<string[]> {
  if (options.tls === undefined || errors.length > 0) return [];
  const { setUpTls } = await import("../server/set-up-tls.ts");
  try {
    const nobody = () => undefined;
    await setUpTls(options.tls, options, {
      clock: systemClock,
      logger: new Logger(options),
      onBadCertificate: nobody,
      ocspCheck: nobody,
    });
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

async function serve(sources: OptionSources): Promise<void> {
  const { options, origin, errors, warnings, notices } = await resolveOptions(sources, fileSource);
  complain(warnings);
  if (errors.length > 0) return refuse(errors);
  const logger = new Logger(options);
  try {
    if (hasOwnSink(options)) logger.useSink(await openLog(options));
  } catch (error) {
    return refuse([messageOf(error)]);
  }
  const server = new Server(options, logger, {
    origin,
    notices,
    openLog,
    ...(origin === undefined ? {} : { resolve: () => resolveOptions(sources, fileSource) }),
    onEnded: () => process.exit(EXIT_OK),
  });
  trapSignals(server, logger);
  try {
    await server.start();
  } catch (error) {
    logger.fatal(messageOf(error));
    process.exit(EXIT_FAILURE);
  }
}

/** Whether lines go elsewhere than to stderr. */
function hasOwnSink({ logFile, remoteSyslog, syslog }: Options): boolean {
  return logFile !== "" || remoteSyslog !== "" || syslog;
}

/** Opens the log that the options ask for. A server that logs to stderr does without the rest. */
async function openLog(options: Options): Promise<LogSink> {
  const { makeSink } = await import("../util/log/make-sink.ts");
  return makeSink(options);
}

/** One line on stderr for each reason why there will be no server. */
function refuse(reasons: readonly string[]): never {
  complain(reasons);
  process.exit(EXIT_FAILURE);
}

function complain(lines: readonly string[]): void {
  for (const line of lines) console.error(`${COMMAND_NAME}: ${line}`);
}
