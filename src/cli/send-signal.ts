/**
 * `midge --signal reload=/run/midge.pid`: sends a signal to other midge processes, with the words,
 * the choice of processes and the error texts of nats-server. Loaded by `run.ts` when the flag is
 * given.
 */
import { existsSync, readFileSync } from "node:fs";
import { COMMAND_NAME } from "./command.ts";
import { processesNamed } from "./process-list.ts";

const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  stop: "SIGKILL",
  quit: "SIGINT",
  term: "SIGTERM",
  reopen: "SIGUSR1",
  ldm: "SIGUSR2",
  reload: "SIGHUP",
};

/** How Go words what kill(2) answers. */
const ERROR_TEXTS: Readonly<Record<string, string>> = {
  ESRCH: "no such process",
  EPERM: "operation not permitted",
};

const UNRESOLVED = "unable to resolve pid, try providing one";

/** A request that cannot be carried out; the message is nats-server's. */
class SignalError extends Error {}

/**
 * Does what `word[=X]` asks, where X is a process id, the start of one and `*`, `*` for all, or a
 * file that holds one of these; without X, the only other midge. Returns what went wrong, or "".
 */
export function sendSignal(request: string): string {
  if (process.platform === "win32") return "signals cannot be sent on Windows";
  const [word = "", target = "", ...more] = request.split("=");
  if (more.length > 0) return `invalid signal parameters: [${more.join(" ")}]`;
  try {
    const pids = chosenPids(contentOrSelf(target), runningServers);
    const signal = Object.hasOwn(SIGNALS, word) ? SIGNALS[word] : undefined;
    if (signal === undefined) return `unknown signal ${JSON.stringify(word)}`;
    return pids.map((pid) => failure(word, signal, pid)).join("");
  } catch (error) {
    if (error instanceof SignalError) return error.message;
    throw error;
  }
}

/** The content of the file of that name, else the name. */
function contentOrSelf(target: string): string {
  if (target === "" || !existsSync(target)) return target;
  let content: string;
  try {
    content = readFileSync(target, "utf8").trim();
  } catch {
    return target;
  }
  // Without an id the signal would go to a process that nobody named.
  if (content === "") throw new SignalError(`invalid pid: ${target} is empty`);
  return content;
}

/**
 * The processes that an expression stands for; `running` is asked only if it names none by itself.
 * Throws with nats-server's message if the choice is not clear.
 */
export function chosenPids(
  expression: string,
  running: () => readonly number[],
): readonly number[] {
  const isGlob = expression.endsWith("*");
  const start = isGlob ? expression.slice(0, -1) : expression;
  // 0 and negative numbers would reach whole groups of processes.
  if (start !== "" && !(/^\d+$/.test(start) && Number(start) > 0)) {
    throw new SignalError(`invalid pid: ${start}`);
  }
  if (start !== "" && !isGlob) return [Number(start)];
  const pids = running();
  if (pids.length === 0) throw new SignalError(`no ${COMMAND_NAME} processes running`);
  if (pids.length > 1 && !isGlob) {
    const list = pids.map((pid) => `\n${pid}`).join("");
    throw new SignalError(`multiple ${COMMAND_NAME} processes running:${list}`);
  }
  return pids.filter((pid) => String(pid).startsWith(start));
}

function runningServers(): readonly number[] {
  const pids = processesNamed(COMMAND_NAME);
  if (pids === undefined) throw new SignalError(UNRESOLVED);
  return pids.filter((pid) => pid !== process.pid);
}

/** Signals one process; a line that starts with its break if that fails, else "". */
function failure(word: string, signal: NodeJS.Signals, pid: number): string {
  try {
    process.kill(pid, signal);
    return "";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return `\nsignal ${JSON.stringify(word)} ${pid}: ${ERROR_TEXTS[code] ?? code}`;
  }
}
