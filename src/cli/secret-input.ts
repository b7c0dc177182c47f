/**
 * Secrets typed on a terminal, without echo, or piped in. Used by `midge passwd`. Prompts go to
 * stderr, so stdout can be redirected. However the input ends, the terminal echoes again.
 */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** More than any secret has; what comes after it is not read. */
const MAX_LINE_BYTES = 4096;
/** What a shell reports for a program ended by that signal. */
const EXIT_ON_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type EndingSignal = keyof typeof EXIT_ON_SIGNAL;
const ENDING_SIGNALS: readonly EndingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * One line typed for each prompt; fewer if the input ends before (ctrl-D). ctrl-C and signals end
 * the process.
 */
export async function readSecret(prompts: readonly string[]): Promise<string[]> {
  // Edits the line and keeps the terminal in raw mode; what it would draw goes nowhere.
  const editor = createInterface({
    input: process.stdin,
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    terminal: true,
    historySize: 0,
  });
  const end = (signal: EndingSignal): never => {
    editor.close();
    process.stderr.write("\n");
    return process.exit(EXIT_ON_SIGNAL[signal]);
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, end);
  editor.on("SIGINT", () => end("SIGINT"));

  const lines: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const ask = (): void => {
    const prompt = prompts[lines.length];
    if (prompt === undefined) editor.close();
    else process.stderr.write(prompt);
  };
  editor.on("line", (line) => {
    lines.push(line);
    process.stderr.write("\n");
    ask();
  });
  editor.on("close", resolve);
  ask();
  await promise;
  for (const signal of ENDING_SIGNALS) process.off(signal, end);
  if (lines.length < prompts.length) process.stderr.write("\n");
  return lines;
}

/** The first line of standard input, without its end; "" if there is none. */
export async function readSecretLine(): Promise<string> {
  const decoder = new TextDecoder();
  let read = "";
  let byteCount = 0;
  for await (const chunk of Bun.stdin.stream()) {
    read += decoder.decode(chunk, { stream: true });
    byteCount += chunk.length;
    if (read.includes("\n") || byteCount > MAX_LINE_BYTES) break;
  }
  return read.split("\n", 1)[0]!.replace(/\r$/, "");
}
