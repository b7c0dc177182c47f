/**
 * Signals to the process, answered as nats-server answers them. Set up by `run.ts` before the
 * server starts, so a signal right after the ready line is not lost.
 */
import type { Logger } from "../util/logger.ts";

/** What signals can ask of a server. */
export interface SignalledServer {
  /** Logs, closes everything and resolves; also when called during the start. */
  shutdown(): Promise<void>;
}

/** How the log names a signal. */
const SIGNAL_NAMES = {
  SIGINT: "interrupt",
  SIGTERM: "terminated",
  SIGHUP: "hangup",
  SIGUSR1: "user defined signal 1",
} as const;

/**
 * SIGINT and SIGTERM shut the server down and end the process with 0. SIGHUP (reload) and SIGUSR1
 * (reopen the log file) have nothing to work on in a server without those files, and say so.
 */
export function trapSignals(server: SignalledServer, logger: Logger): void {
  const trap = (signal: keyof typeof SIGNAL_NAMES, act: () => void): void => {
    process.on(signal, () => {
      logger.info(`Trapped "${SIGNAL_NAMES[signal]}" signal`);
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
  trap("SIGTERM", stop);
  trap("SIGHUP", () =>
    logger.error(
      "Failed to reload server configuration: " +
        "can only reload config when a file is provided using -c or --config",
    ),
  );
  trap("SIGUSR1", () => logger.info("File log re-open ignored, not a file logger"));
}
