/**
 * Starts the server under test: midge in this process, or the executable that the environment
 * variable MIDGE_EXECUTABLE names. If that is nats-server, the tests check their own recordings.
 * Used by everything that talks to a server as a client does.
 */
import { basename } from "node:path";
import { type OptionName, OPTION_NAMES, flagsOf, optionRow } from "../../src/config/options.ts";
import { startWithFile } from "./config-file.ts";
import { startInProcess } from "./in-process.ts";
import { startNatsServer } from "./nats-server.ts";
import { type RunningServer, TEST_HOST, startExecutable } from "./running-server.ts";

const NO_OPTIONS: ReadonlyMap<string, string> = new Map();

/**
 * Starts a server on a free port; `options` are by configuration key, `block.key` inside a block,
 * `config` is text of a configuration file.
 */
export async function startMidge(options = NO_OPTIONS, config = ""): Promise<RunningServer> {
  const executable = executableUnderTest();
  if (executable !== undefined && isReference()) {
    return startNatsServer(executable, options, config);
  }
  const flags = ["-a", TEST_HOST, "-p", "-1", ...flagsFor(options)];
  const start = (args: readonly string[]): Promise<RunningServer> =>
    executable === undefined ? startInProcess(args) : startExecutable(executable, args);
  if (config === "") return start(flags);
  return startWithFile(`${config}\n`, (path) => start([...flags, "-c", path]));
}

/** Whether nats-server is under test, to check recordings. */
export function isReference(): boolean {
  return basename(executableUnderTest() ?? "").startsWith("nats-server");
}

function executableUnderTest(): string | undefined {
  return process.env["MIDGE_EXECUTABLE"];
}

function flagsFor(options: ReadonlyMap<string, string>): string[] {
  return [...options].map(([path, value]) => `--${flagOf(path)}=${value}`);
}

function flagOf(path: string): string {
  const [first, key] = path.split(".");
  const name = OPTION_NAMES.find((candidate) => {
    const { block, keys } = optionRow(candidate);
    return key === undefined
      ? block === undefined && keys.includes(first!)
      : block === first && keys.includes(key);
  });
  return name === undefined ? path : longFlag(name);
}

/** Of several flags the longest is the one that says most. */
function longFlag(name: OptionName): string {
  return flagsOf(optionRow(name)).reduce((left, right) =>
    right.length > left.length ? right : left,
  );
}
