/**
 * The program. Reads the arguments, starts the server and leaves the rest to signals;
 * what happens in between is in `cli/run.ts`.
 */
import { run } from "./cli/run.ts";

process.title = "midge";
void run(process.argv.slice(2));
