/**
 * The server's log: one line per statement in nats-server's layout,
 * `[pid] YYYY/MM/DD HH:MM:SS.uuuuuu [INF] text`, to stderr or any other sink.
 * consola's core is the front; the reporter is ours. Everything from the server layer down that has
 * to tell the operator something gets the `Logger` handed in. A log that cannot be written never
 * disturbs the server.
 */
import { type ConsolaInstance, type LogObject, type LogType, createConsola } from "consola/core";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import { LocalZone, systemZone } from "./local-time.ts";

const LEVELS = ["info", "warn", "error", "debug", "trace", "fatal"] as const;

export type LogLevel = (typeof LEVELS)[number];

/** Takes whole lines, each ending in a newline. */
export interface LogSink {
  write(line: string): void;
}

export interface LoggerSettings {
  readonly debug: boolean;
  readonly trace: boolean;
  /** Put date and time in front of each line. */
  readonly logtime: boolean;
  /** In UTC instead of local time. */
  readonly logtimeUtc: boolean;
}

/** Where lines go and what they carry; each has the value a server needs. */
export interface LoggerSurroundings {
  readonly sink?: LogSink;
  readonly colours?: boolean;
  readonly clock?: Clock;
  readonly zone?: LocalZone;
  readonly pid?: number;
}

const STDERR = 2;
/** Passes debug and trace, which the two booleans decide on. */
const EVERY_LEVEL = 5;
const SAME_TEXT_MS = 1000;
const REMEMBERED_TEXTS = 1024;

const LABELS: Readonly<Record<LogLevel, { text: string; colour: string }>> = {
  info: { text: "INF", colour: "32" },
  debug: { text: "DBG", colour: "36" },
  warn: { text: "WRN", colour: "0;93" },
  error: { text: "ERR", colour: "31" },
  fatal: { text: "FTL", colour: "31" },
  trace: { text: "TRC", colour: "33" },
};

/** Keyed by consola's types, of which the levels are some. */
type LabelTexts = Partial<Record<LogType, string>>;

export class Logger {
  /** Whether `debug` prints; read it before building a text. Change it with `configure`. */
  debugEnabled: boolean;
  /** Whether `trace` prints; independent of `debugEnabled`. */
  traceEnabled: boolean;
  readonly #front: ConsolaInstance;
  readonly #sink: LogSink;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #labels: LabelTexts;
  #stamp: TimeStamp | undefined;
  readonly #zone: LocalZone;
  /** Texts of the last second with the time they were printed, oldest first. */
  readonly #recent: Map<string, number>;

  constructor(settings: LoggerSettings, surroundings: LoggerSurroundings = {}) {
    this.debugEnabled = settings.debug;
    this.traceEnabled = settings.trace;
    this.#front = createConsola({
      level: EVERY_LEVEL,
      throttle: 0,
      reporters: [{ log: (entry) => this.#report(entry) }],
    });
    this.#sink = surroundings.sink ?? stderrSink;
    this.#clock = surroundings.clock ?? systemClock;
    this.#prefix = `[${surroundings.pid ?? process.pid}] `;
    this.#labels = labels(
      surroundings.colours ?? (this.#sink === stderrSink && isTerminal(STDERR)),
    );
    this.#zone = surroundings.zone ?? new LocalZone(systemZone(process.env["TZ"]));
    this.#recent = new Map();
    this.configure(settings);
  }

  /** Applies new settings from the next line on. */
  configure(settings: LoggerSettings): void {
    this.debugEnabled = settings.debug;
    this.traceEnabled = settings.trace;
    const zone = settings.logtimeUtc ? undefined : this.#zone;
    this.#stamp = settings.logtime ? new TimeStamp(this.#clock, zone) : undefined;
  }

  /** What the operator should know; also for nats-server's "notice" statements. */
  info(text: string): void {
    this.#front.info(text);
  }

  warn(text: string): void {
    this.#front.warn(text);
  }

  error(text: string): void {
    this.#front.error(text);
  }

  debug(text: string): void {
    if (this.debugEnabled) this.#front.debug(text);
  }

  trace(text: string): void {
    if (this.traceEnabled) this.#front.trace(text);
  }

  /** Why the server cannot go on. Only prints; ending the process is the caller's business. */
  fatal(text: string): void {
    this.#front.fatal(text);
  }

  /**
   * Prints `text` unless the same was printed here within the last second. More than 1024 different
   * texts within a second are dropped as well.
   */
  rateLimited(level: LogLevel, text: string): void {
    const now = this.#clock.nowMs();
    for (const [oldText, printedMs] of this.#recent) {
      if (now - printedMs < SAME_TEXT_MS) break;
      this.#recent.delete(oldText);
    }
    if (this.#recent.has(text) || this.#recent.size >= REMEMBERED_TEXTS) return;
    this.#recent.set(text, now);
    this[level](text);
  }

  #report(entry: LogObject): void {
    const stamp = this.#stamp === undefined ? "" : this.#stamp.now();
    const label = this.#labels[entry.type] ?? "";
    this.#sink.write(`${this.#prefix}${stamp}${label} ${String(entry.args[0])}\n`);
  }
}

/** Makes `YYYY/MM/DD HH:MM:SS.uuuuuu `, with a clock that only knows whole wall milliseconds. */
class TimeStamp {
  readonly #clock: Clock;
  readonly #zone: LocalZone | undefined;
  /** Add to the monotonic clock to get wall time with its fraction. */
  #offsetMs: number;
  #second: number;
  #secondText: string;

  /** UTC without a `zone`. */
  constructor(clock: Clock, zone: LocalZone | undefined) {
    this.#clock = clock;
    this.#zone = zone;
    this.#offsetMs = clock.wallMs() - clock.nowMs();
    this.#second = NaN;
    this.#secondText = "";
  }

  now(): string {
    const wallMs = this.#clock.wallMs();
    let preciseMs = this.#offsetMs + this.#clock.nowMs();
    if (preciseMs < wallMs || preciseMs >= wallMs + 1) {
      this.#offsetMs += wallMs - preciseMs;
      preciseMs = wallMs;
    }
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = this.#textOf(second);
    }
    const micros = Math.min(Math.round((preciseMs - second * 1000) * 1000), 999_999);
    return `${this.#secondText}.${String(micros).padStart(6, "0")} `;
  }

  #textOf(second: number): string {
    const offsetS = this.#zone === undefined ? 0 : this.#zone.offsetAt(second);
    const iso = new Date((second + offsetS) * 1000).toISOString();
    return `${iso.slice(0, 10).replaceAll("-", "/")} ${iso.slice(11, 19)}`;
  }
}

function labels(colours: boolean): LabelTexts {
  const texts: LabelTexts = {};
  for (const level of LEVELS) {
    const { text, colour } = LABELS[level];
    texts[level] = colours ? `[\x1b[${colour}m${text}\x1b[0m]` : `[${text}]`;
  }
  return texts;
}

/**
 * Writes at once, as a line before a crash is worth most; lines nobody takes are lost. The console
 * is part of the runtime's core, where node:fs would cost 5 MB before the first line.
 */
const stderrSink: LogSink = {
  write(line) {
    console.error(line.slice(0, -1));
  },
};

/** nats-server's test: a character device gets colours. Without any terminal there is no look. */
function isTerminal(fd: number): boolean {
  if (!Bun.enableANSIColors) return false;
  try {
    return process.getBuiltinModule("node:fs").fstatSync(fd).isCharacterDevice();
  } catch {
    return false;
  }
}
