/**
 * Runs one command beside the server. Loaded by `run.ts` when the command line names one. A
 * command that cannot do its work, or whose arguments cannot be read, says so in one line on stderr
 * and ends with 1; 2 is left out since container health checks reserve it.
 */
import { COMMAND_NAME } from "./command.ts";
import { MisuseError } from "./flag-reader.ts";
import { SubcommandArguments, SubcommandError } from "./subcommand.ts";
import { subcommandUsage } from "./subcommand-usage.ts";
import { subcommandNamed } from "./subcommands.ts";

const EXIT_OK = 0;
const EXIT_FAILURE = 1;

/** The exit code; `name` is one of the table. */
export async function runSubcommand(name: string, argv: readonly string[]): Promise<number> {
  const row = subcommandNamed(name);
  if (row === undefined) throw new Error(`no command is called ${name}`);
  const subcommand = await row.load();
  try {
    const given = SubcommandArguments.read(subcommand.args, argv);
    if (given.isOn("help")) {
      console.log(subcommandUsage(subcommand));
      return EXIT_OK;
    }
    return await subcommand.run(given);
  } catch (error) {
    if (!(error instanceof MisuseError || error instanceof SubcommandError)) throw error;
    console.error(`${COMMAND_NAME} ${name}: ${error.message}`);
    return EXIT_FAILURE;
  }
}
