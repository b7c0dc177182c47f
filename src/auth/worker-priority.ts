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

/** Looking through the threads takes as long as refusing a client: not for each check for ever. */
const CHECKS_WATCHED_CLOSELY = 16;
const CHECKS_BETWEEN_LOOKS = 16;

/** Threads that give way already. */
const lowered = new Set<string>();
let checks = 0;

/** Called when work has been handed to the workers, which are started as they are needed. */
export function lowerWorkerPriority(): void {
  checks++;
  if (checks > CHECKS_WATCHED_CLOSELY && checks % CHECKS_BETWEEN_LOOKS !== 0) return;
  if (process.platform !== "linux") return;
  const { readFileSync, readdirSync } = process.getBuiltinModule("node:fs");
  const { setPriority } = process.getBuiltinModule("node:os");
  try {
    for (const task of readdirSync(TASKS)) {
      if (lowered.has(task)) continue;
      const name = readFileSync(`${TASKS}/${task}/comm`, "latin1");
      // One that has just begun may not have its name yet: it is looked at again.
      if (!name.startsWith(WORKER_NAME)) continue;
      setPriority(Number(task), LOWEST_PRIORITY);
      lowered.add(task);
    }
  } catch {
    // A thread that has ended meanwhile, or a system that has none of this.
  }
}
