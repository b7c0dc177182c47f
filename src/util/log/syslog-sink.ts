/**
 * The log sent to a syslog daemon, one message per statement, over whatever link reaches it. What
 * the link cannot take at the moment waits, within a limit. Made by `make-sink.ts`.
 */
import { LineQueue } from "./line-queue.ts";
import type { LogLevel } from "./levels.ts";
import { type LogSink, type OwnLine, lostText } from "./sink.ts";
import type { SyslogFrames } from "./syslog-frame.ts";

/** A connection to a daemon that is restored by itself when it breaks. */
export interface SyslogLink {
  /** What longer messages are cut to. */
  readonly maxMessageBytes: number;
  /** Takes a whole message; false if it cannot right now, and then `onReady` is called later. */
  send(message: string): boolean;
  onReady: () => void;
  /** Makes one more attempt to pass on what the link itself holds; true if it holds nothing. */
  push(): boolean;
  close(): void;
}

/** What may wait for the daemon. */
const MAX_QUEUED_BYTES = 1024 * 1024;
const FLUSH_ATTEMPTS = 50;
const FLUSH_PAUSE_MS = 5;
const CUT_MARK = "...\n";

export class SyslogSink implements LogSink {
  readonly isBare = true;
  readonly #link: SyslogLink;
  readonly #frames: SyslogFrames;
  readonly #queue: LineQueue;
  readonly #flushAtExit: () => void;
  #ownLine: OwnLine;
  #isClosed: boolean;

  constructor(link: SyslogLink, frames: SyslogFrames) {
    this.#link = link;
    this.#frames = frames;
    this.#queue = new LineQueue(MAX_QUEUED_BYTES, (count) =>
      this.#message(this.#ownLine("warn", lostText(count)), "warn"),
    );
    this.#flushAtExit = () => this.flush();
    this.#ownLine = (_level, text) => `${text}\n`;
    this.#isClosed = false;
    link.onReady = () => this.#send();
    process.on("exit", this.#flushAtExit);
  }

  attach(ownLine: OwnLine): void {
    this.#ownLine = ownLine;
  }

  write(line: string, level: LogLevel): void {
    if (this.#isClosed) return;
    const isFirst = this.#queue.isEmpty;
    this.#queue.push(this.#message(line, level));
    if (isFirst) this.#send();
  }

  flush(): void {
    if (this.#isClosed) return;
    for (let i = 0; !this.#isDone() && i < FLUSH_ATTEMPTS; i++) Bun.sleepSync(FLUSH_PAUSE_MS);
  }

  close(): void {
    this.flush();
    this.#isClosed = true;
    process.off("exit", this.#flushAtExit);
    this.#link.close();
  }

  /** Makes one more attempt to pass on everything; true if it has been. */
  #isDone(): boolean {
    this.#link.push();
    this.#send();
    return this.#queue.isEmpty && this.#link.push();
  }

  /** Passes on what waits until the link takes no more. */
  #send(): void {
    for (let message = this.#queue.peek(); message !== undefined; message = this.#queue.peek()) {
      if (!this.#link.send(message)) return;
      this.#queue.shift();
    }
  }

  #message(line: string, level: LogLevel): string {
    const message = this.#frames.frame(line, level);
    const { maxMessageBytes } = this.#link;
    if (Buffer.byteLength(message) <= maxMessageBytes) return message;
    const cut = Buffer.from(message).subarray(0, maxMessageBytes - CUT_MARK.length);
    return cut.toString().replace(/\uFFFD+$/, "") + CUT_MARK;
  }
}
