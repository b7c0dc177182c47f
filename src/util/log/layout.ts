/**
 * The layouts of a log line: nats-server's text, `[pid] YYYY/MM/DD HH:MM:SS.uuuuuu [INF] text`, or
 * one JSON object per line, whose fields keep their names and order. Used by the logger only.
 */
import type { Clock } from "../clock.ts";
import type { LocalZone } from "../local-time.ts";
import { LOG_LEVELS, type LogLevel, type LogSubsystem } from "./levels.ts";
import { TimeStamp } from "./time-stamp.ts";

export const LOG_FORMATS = ["text", "json"] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

/** What JSON lines tell besides the text: a stable name of the event, and facts about it. */
export interface LogFields {
  readonly event?: string;
  readonly [fact: string]: string | number | boolean | undefined;
}

export interface LayoutSettings {
  /** Put date and time in front of each line. */
  readonly logtime: boolean;
  /** In UTC instead of local time. */
  readonly logtimeUtc: boolean;
  /** Text by default. */
  readonly logFormat?: LogFormat;
}

/** What depends on the sink. */
export interface LayoutTarget {
  /** Text lines without process id, time and label. */
  readonly isBare: boolean;
  readonly hasColours: boolean;
}

const LABELS: Readonly<Record<LogLevel, { text: string; colour: string }>> = {
  info: { text: "INF", colour: "32" },
  debug: { text: "DBG", colour: "36" },
  warn: { text: "WRN", colour: "0;93" },
  error: { text: "ERR", colour: "31" },
  fatal: { text: "FTL", colour: "31" },
  trace: { text: "TRC", colour: "33" },
};

export class LogLayout {
  readonly #clock: Clock;
  readonly #zone: LocalZone;
  readonly #pid: number;
  #isJson: boolean;
  #isBare: boolean;
  #labels: Readonly<Record<LogLevel, string>>;
  #stamp: TimeStamp | undefined;

  constructor(clock: Clock, zone: LocalZone, pid: number) {
    this.#clock = clock;
    this.#zone = zone;
    this.#pid = pid;
    this.#isJson = false;
    this.#isBare = false;
    this.#labels = labels(false);
    this.#stamp = undefined;
  }

  /** Holds from the next line on. */
  configure(settings: LayoutSettings, target: LayoutTarget): void {
    this.#isJson = settings.logFormat === "json";
    this.#isBare = target.isBare && !this.#isJson;
    this.#labels = labels(target.hasColours);
    const zone = settings.logtimeUtc ? undefined : this.#zone;
    const style = this.#isJson ? "rfc3339" : "slashes";
    this.#stamp = settings.logtime ? new TimeStamp(this.#clock, zone, style) : undefined;
  }

  /** The whole line with its newline. */
  line(level: LogLevel, subsystem: LogSubsystem, text: string, fields?: LogFields): string {
    if (this.#isJson) return this.#jsonLine(level, subsystem, text, fields);
    if (this.#isBare) return `${text}\n`;
    const time = this.#stamp === undefined ? "" : `${this.#stamp.now()} `;
    return `[${this.#pid}] ${time}${this.#labels[level]} ${text}\n`;
  }

  /** Facts come last and cannot take the place of what every line has. */
  #jsonLine(level: LogLevel, subsystem: LogSubsystem, message: string, fields?: LogFields): string {
    const every = {
      time: this.#stamp?.now(),
      level,
      pid: this.#pid,
      subsystem,
      event: fields?.event,
      message,
    };
    return `${JSON.stringify(fields === undefined ? every : { ...every, ...fields, ...every })}\n`;
  }
}

function labels(hasColours: boolean): Readonly<Record<LogLevel, string>> {
  const texts: Record<LogLevel, string> = {
    info: "",
    warn: "",
    error: "",
    debug: "",
    trace: "",
    fatal: "",
  };
  for (const level of LOG_LEVELS) {
    const { text, colour } = LABELS[level];
    texts[level] = hasColours ? `[\x1b[${colour}m${text}\x1b[0m]` : `[${text}]`;
  }
  return texts;
}
