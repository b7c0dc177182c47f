/**
 * A port that is bound anew while the server runs, since what it was bound with has changed:
 * somebody else may have taken it in that moment. Then it is tried again until it can be had.
 */
import type { Clock } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";
import { messageOf } from "../util/system-error.ts";
import type { Pausable } from "./descriptor-guard.ts";

const RETRY_MS = 1000;

/** `what` is said of it in the log. */
export function listenAgain(
  port: Pausable,
  what: string,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): void {
  try {
    port.restartListening();
  } catch (error) {
    logger.error(`Unable to listen for ${what} again: ${messageOf(error)}`);
    clock.after(RETRY_MS, () => listenAgain(port, what, { clock, logger }));
  }
}
