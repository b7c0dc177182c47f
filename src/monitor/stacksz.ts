/**
 * `/stacksz`: what the process is doing. nats-server lists its goroutines; here one event loop does
 * all the work, so that its stack is that of the answer itself, and the threads beside it are the
 * runtime's: their names, what state they are in and the processor time they have had.
 */
import type { MonitorSubject } from "./endpoint.ts";

const TASKS = "/proc/self/task";
/** Of the times that the system tells of threads (USER_HZ, the same on every Linux). */
const TICKS_PER_SECOND = 100;
/** Positions in /proc/<pid>/stat behind the name (proc(5)): state, utime, stime. */
const STATE_FIELD = 0;
const USER_TIME_FIELD = 11;
const SYSTEM_TIME_FIELD = 12;

export function stacksText({ broker }: MonitorSubject): string {
  const { stack = "" } = new Error("event loop [running]");
  const work = `${broker.connections.size} connections, ${broker.subscriptionCount} subscriptions`;
  return `${stack.replace(/^Error: /, "")}\n\n${work}\n\n${threads().join("\n")}\n`;
}

/** One line a thread; only Linux tells of them. */
function threads(): string[] {
  const { readFileSync, readdirSync } = process.getBuiltinModule("node:fs");
  try {
    return readdirSync(TASKS).map((id) => {
      const text = readFileSync(`${TASKS}/${id}/stat`, "latin1");
      const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      const ticks = Number(fields[USER_TIME_FIELD]) + Number(fields[SYSTEM_TIME_FIELD]);
      const seconds = (ticks / TICKS_PER_SECOND).toFixed(2);
      return `thread ${id} [${name}]: state ${fields[STATE_FIELD]}, ${seconds}s of processor time`;
    });
  } catch {
    return ["threads: this system does not tell of them"];
  }
}
