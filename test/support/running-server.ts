/**
 * A server that tests talk to, whatever it is: midge in this process, its executable, or nats-
 * server for recordings and comparison. Executables are watched through their log on stderr.
 */

export interface RunningServer {
  readonly host: string;
  /** Of the listener for clients. */
  readonly port: number;
  /** Resolves when the server has ended. */
  stop(): Promise<void>;
}

export const TEST_HOST = "127.0.0.1";

const START_TIMEOUT_MS = 10_000;
const LISTENING = /Listening for client connections on 127\.0\.0\.1:(\d+)/;
const READY = "Server is ready";

/**
 * Starts an executable that listens on 127.0.0.1; rejects with its log if it does not get ready.
 */
export async function startExecutable(
  executable: string,
  args: readonly string[],
): Promise<RunningServer> {
  const child = Bun.spawn([executable, ...args], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const kill = (): void => child.kill("SIGKILL");
  process.once("exit", kill);
  const timer = setTimeout(kill, START_TIMEOUT_MS);
  const { promise: ready, resolve, reject } = Promise.withResolvers<number>();
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await child.exited;
    process.off("exit", kill);
  };
  void watchLog(child.stderr, resolve).then((log) => {
    reject(new Error(`${executable} did not get ready:\n${log}`));
  });
  try {
    return { host: TEST_HOST, port: await ready, stop };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads the log to its end, so that the server never blocks on it; keeps what came before ready.
 */
async function watchLog(
  stderr: ReadableStream<Uint8Array>,
  onReady: (port: number) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let log = "";
  let isReady = false;
  for await (const chunk of stderr) {
    if (isReady) continue;
    log += decoder.decode(chunk, { stream: true });
    const port = LISTENING.exec(log)?.[1];
    if (port === undefined || !log.includes(READY)) continue;
    isReady = true;
    onReady(Number(port));
  }
  return log;
}
