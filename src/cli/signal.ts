/**
 * Signals to the process, answered as nats-server answers them. Set up by `run.ts` before the
 * server starts, so a signal right after the ready line is not lost.
 */
import type { Logger } from "../util/logger.ts";

/** What signals can ask of a server. */
export interface SignalledServer {
  /** Logs, closes everything and resolves; also when called during the start. */
  shutdown(): Promise<void>;
  reload(): Promise<unknown>;
  enterLameDuck(): void;
  readonly isLameDuck: boolean;
}

/** How the log names a signal. */
const SIGNAL_NAMES = {
  SIGINT: "interrupt",
  SIGTERM: "terminated",
  SIGHUP: "hangup",
  SIGUSR1: "user defined signal 1",
  SIGUSR2: "user defined signal 2",
} as const;

/**
 * SIGINT and SIGTERM shut the server down and end the process with 0; SIGTERM does nothing in lame
 * duck mode, which ends by itself. SIGHUP reads the configuration again, SIGUSR1 opens the log file
 * again, SIGUSR2 begins lame duck mode.
 */
export function trapSignals(server: SignalledServer, logger: Logger): void {
  const trap = (signal: keyof typeof SIGNAL_NAMES, act: () => void): void => {
    process.on(signal, () => {
      logger.info(`Trapped "${SIGNAL_NAMES[signal]}" signal`, { event: "signal", signal });
      act();
    });
  };
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    void server.shutdown().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error(`Shutdown failed: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  trap("SIGINT", stop);
  trap("SIGTERM", () => {
    if (!server.isLameDuck) stop();
  });
  trap("SIGHUP", () => void server.reload());
  trap("SIGUSR1", () => logger.reopen());
  trap("SIGUSR2", () => server.enterLameDuck());
}
