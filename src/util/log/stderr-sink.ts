/**
 * The log on stderr. The first line of a turn of the event loop is written at once, more of them
 * together when it ends; in nonblocking calls if stderr is a pipe or a socket, so that a reader
 * that does not read holds nobody up. The runtime's own stream does that at a fraction of what
 * node's costs at start, which is 6 ms and 2 MB.
 */
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import { LineQueue } from "./line-queue.ts";
import { type LogSink, type OwnLine, lostText } from "./sink.ts";

/** What may wait for a reader that does not read. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** Handed to the stream at a time; it holds them until the reader reads. */
const CHUNK_BYTES = 64 * 1024;
/**
 * The first lines go through the console, which the runtime has at hand: the stream would cost a
 * server that has little to say 0.7 MB. No pipe is so short that they would have to wait.
 */
const FIRST_BYTES = 2048;
/** How often, and with what pause, the end of the process tries to get rid of what is left. */
const LAST_ATTEMPTS = 100;
const LAST_PAUSE_MS = 5;
/** As many of them when the stream has everything. */
const LAST_PAUSES = 10;

const STDERR = 2;

export class StderrSink implements LogSink {
  readonly hasColours: boolean;
  readonly #clock: Clock;
  readonly #queue: LineQueue;
  readonly #flushAtExit: () => void;
  #ownLine: OwnLine;
  #stream: Bun.FileSink | undefined;
  /** What may still go through the console. */
  #firstBytes: number;
  /** Between the first line of a turn and its end. */
  #isGathering: boolean;
  /** Pending while the reader has to read first. */
  #blocked: Promise<unknown> | undefined;

  constructor(clock: Clock = systemClock) {
    this.hasColours = isTerminal(STDERR);
    this.#clock = clock;
    this.#queue = new LineQueue(MAX_QUEUED_BYTES, (count) =>
      this.#ownLine("warn", lostText(count)),
    );
    this.#ownLine = (_level, text) => `${text}\n`;
    this.#stream = undefined;
    this.#firstBytes = FIRST_BYTES;
    this.#isGathering = false;
    this.#blocked = undefined;
    this.#flushAtExit = () => this.flush();
    process.on("exit", this.#flushAtExit);
  }

  attach(ownLine: OwnLine): void {
    this.#ownLine = ownLine;
  }

  write(line: string): void {
    this.#queue.push(line);
    if (this.#isGathering) {
      if (this.#queue.bytes >= CHUNK_BYTES) this.#send();
      return;
    }
    this.#isGathering = true;
    this.#clock.afterEvents(() => {
      this.#isGathering = false;
      this.#send();
    });
    this.#send();
  }

  /** The stream tries again only when it is given more; the runtime does once more at the end. */
  flush(): void {
    this.#send();
    let attempts = LAST_ATTEMPTS;
    while (this.#blocked !== undefined && attempts-- > 0) {
      Bun.sleepSync(LAST_PAUSE_MS);
      if (this.#queue.isEmpty) attempts = Math.min(attempts, LAST_PAUSES);
      else {
        this.#blocked = undefined;
        this.#hand(this.#queue.take(1));
        this.#send();
      }
    }
  }

  /** Stderr itself stays open: it belongs to the process. */
  close(): void {
    this.flush();
    process.off("exit", this.#flushAtExit);
  }

  /** Writes until nothing is left or the reader has to read first. */
  #send(): void {
    while (this.#blocked === undefined && !this.#queue.isEmpty) {
      this.#hand(this.#queue.take(CHUNK_BYTES));
    }
  }

  /** Lines that cannot be written at all (closed pipe, full disk) are lost. */
  #hand(text: string): void {
    this.#firstBytes -= text.length;
    if (this.#firstBytes >= 0) {
      console.error(text.slice(0, -1));
      return;
    }
    try {
      this.#stream ??= Bun.stderr.writer();
      const written: unknown = this.#stream.write(text);
      if (written instanceof Promise) written.catch(ignore);
      // A stream that has failed takes no more: `true` in the place of a number.
      else if (typeof written !== "number") this.#stream = undefined;
      const flushed: unknown = this.#stream?.flush();
      if (!(flushed instanceof Promise)) return;
      this.#blocked = flushed;
      const goOn = () => {
        if (this.#blocked !== flushed) return;
        this.#blocked = undefined;
        this.#send();
      };
      flushed.then(goOn, goOn);
    } catch {
      return;
    }
  }
}

function ignore(): void {}

/** nats-server's test: a character device gets colours. Without any terminal there is no look. */
function isTerminal(fd: number): boolean {
  if (!Bun.enableANSIColors) return false;
  try {
    return process.getBuiltinModule("node:fs").fstatSync(fd).isCharacterDevice();
  } catch {
    return false;
  }
}
