/**
 * Where log lines go: the one interface of stderr, files and syslog, which the logger writes to.
 * A sink never makes its caller wait and never throws from `write`; what it cannot pass on it keeps
 * up to a limit, then drops, and says later how much was lost.
 */
import type { LogLevel } from "./levels.ts";

/** What a sink has to say itself. */
export interface OwnStatement {
  readonly level: LogLevel;
  readonly text: string;
}

/** Makes a whole line, newline included, of a statement that is the sink's own. */
export type OwnLine = (level: LogLevel, text: string) => string;

/** One that keeps nothing back needs `write` only. */
export interface LogSink {
  /** Whether the receiver adds process id, time and level; text lines then come without. */
  readonly isBare?: boolean;
  /** Whether labels of text lines are coloured. */
  readonly hasColours?: boolean;
  /** Takes one statement, which ends in a newline. */
  write(line: string, level: LogLevel): void;
  /** Called once, by the logger whose lines the sink gets from now on. */
  attach?(ownLine: OwnLine): void;
  /**
   * Goes on in a new file under the same name. Sinks without files have no such method. Throws an
   * `Error` with a one-line reason, and goes on in the old file, if there can be no new one.
   */
  reopen?(): void;
  /** Passes on what is kept, waiting for a second at the longest; for the end of the process. */
  flush?(): void;
  /** Flushes and lets go of everything; nothing is written afterwards. */
  close?(): void;
}

/** What a sink says in the place of lines it had to drop. */
export function lostText(count: number): string {
  return count === 1 ? "1 log line was lost" : `${count} log lines were lost`;
}
