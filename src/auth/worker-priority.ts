/**
 * Makes the runtime's worker threads give way to the event loop: a check of a bcrypt hash takes a
 * core for a tenth of a second, and on a host with few of them a flood of log-ins would delay every
 * message by a time slice. Linux only, where threads have priorities of their own; elsewhere, and
 * where the system does not allow it, they keep the one they have.
 */

const TASKS = "/proc/self/task";
/** As the runtime names them. */
const WORKER_NAME = "Bun Pool";
/** The least that a thread can have. */
const LOWEST_PRIORITY = 19;

/** Threads that give way already. */
const lowered = new Set<string>();

/** Called when work has been handed to the workers, which are started as they are needed. */
export function lowerWorkerPriority(): void {
  if (process.platform !== "linux") return;
  const { readFileSync, readdirSync } = process.getBuiltinModule("node:fs");
  const { setPriority } = process.getBuiltinModule("node:os");
  try {
    for (const task of readdirSync(TASKS)) {
      if (lowered.has(task)) continue;
      const name = readFileSync(`${TASKS}/${task}/comm`, "latin1");
      if (name.startsWith(WORKER_NAME)) setPriority(Number(task), LOWEST_PRIORITY);
      lowered.add(task);
    }
  } catch {
    // A thread that has ended meanwhile, or a system that has none of this.
  }
}
