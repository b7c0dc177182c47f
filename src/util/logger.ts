/**
 * The server's log: statements go in with a level, lines go out to a sink (stderr, a file, syslog).
 * consola's core is the front; the reporter is ours. Everything from the server layer down that has
 * to tell the operator something gets a `Logger` handed in, of its own subsystem if it has one. A
 * log that cannot be written never disturbs the server.
 */
import { type ConsolaInstance, type LogObject, createConsola } from "consola/core";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import { LocalZone, systemZone } from "./local-time.ts";
import { type LayoutSettings, type LogFields, LogLayout } from "./log/layout.ts";
import { type LogLevel, type LogSubsystem, type LogSwitches, prints } from "./log/levels.ts";
import type { LogSink } from "./log/sink.ts";
import { StderrSink } from "./log/stderr-sink.ts";
import { messageOf } from "./system-error.ts";

export interface LoggerSettings extends LogSwitches, LayoutSettings {}

/** Where lines go and what they carry; each has the value a server needs. */
export interface LoggerSurroundings {
  readonly sink?: LogSink;
  /** In the place of what the sink says about itself. */
  readonly colours?: boolean;
  readonly clock?: Clock;
  readonly zone?: LocalZone;
  readonly pid?: number;
}

interface Statement {
  readonly level: LogLevel;
  readonly subsystem: LogSubsystem;
  readonly text: string;
  readonly fields: LogFields | undefined;
}

/** Passes every level on; which of them print is decided before. */
const EVERY_LEVEL = 5;
const SAME_TEXT_MS = 1000;
const REMEMBERED_TEXTS = 1024;

/** One subsystem's way into the log. Loggers made by `for` share settings, sink and all else. */
export class Logger {
  /** Whether `debug` prints; read it before building a text. Change it with `configure`. */
  debugEnabled: boolean;
  /** Whether `trace` prints; independent of `debugEnabled`. */
  traceEnabled: boolean;
  #infoEnabled: boolean;
  #warnEnabled: boolean;
  readonly #subsystem: LogSubsystem;
  readonly #output: LogOutput;

  /** The subsystem "server". Given another logger, shares everything with it instead. */
  constructor(
    settings: LoggerSettings,
    surroundings: LoggerSurroundings | Logger = {},
    subsystem: LogSubsystem = "server",
  ) {
    this.debugEnabled = prints("debug", subsystem, settings);
    this.traceEnabled = prints("trace", subsystem, settings);
    this.#infoEnabled = prints("info", subsystem, settings);
    this.#warnEnabled = prints("warn", subsystem, settings);
    this.#subsystem = subsystem;
    this.#output =
      surroundings instanceof Logger ? surroundings.#output : new LogOutput(settings, surroundings);
    this.#output.loggers.set(subsystem, this);
  }

  /** The logger of a subsystem; always the same one. */
  for(subsystem: LogSubsystem): Logger {
    const { loggers, settings } = this.#output;
    return loggers.get(subsystem) ?? new Logger(settings, this, subsystem);
  }

  /** Applies new settings, for every subsystem, from the next line on. */
  configure(settings: LoggerSettings): void {
    this.#output.configure(settings);
    for (const logger of this.#output.loggers.values()) logger.#switch(settings);
  }

  #switch(settings: LoggerSettings): void {
    this.debugEnabled = prints("debug", this.#subsystem, settings);
    this.traceEnabled = prints("trace", this.#subsystem, settings);
    this.#infoEnabled = prints("info", this.#subsystem, settings);
    this.#warnEnabled = prints("warn", this.#subsystem, settings);
  }

  /** What the operator should know; also for nats-server's "notice" statements. */
  info(text: string, fields?: LogFields): void {
    if (this.#infoEnabled)
      this.#output.print({ level: "info", subsystem: this.#subsystem, text, fields });
  }

  warn(text: string, fields?: LogFields): void {
    if (this.#warnEnabled)
      this.#output.print({ level: "warn", subsystem: this.#subsystem, text, fields });
  }

  error(text: string, fields?: LogFields): void {
    this.#output.print({ level: "error", subsystem: this.#subsystem, text, fields });
  }

  debug(text: string, fields?: LogFields): void {
    if (this.debugEnabled)
      this.#output.print({ level: "debug", subsystem: this.#subsystem, text, fields });
  }

  trace(text: string, fields?: LogFields): void {
    if (this.traceEnabled)
      this.#output.print({ level: "trace", subsystem: this.#subsystem, text, fields });
  }

  /**
   * Why the server cannot go on; is out when this returns, unless nobody takes it. Ending the
   * process is the caller's business.
   */
  fatal(text: string, fields?: LogFields): void {
    this.#output.print({ level: "fatal", subsystem: this.#subsystem, text, fields });
    this.flush();
  }

  /**
   * Prints `text` unless the same was printed here within the last second. More than 1024 different
   * texts within a second are dropped as well.
   */
  rateLimited(level: LogLevel, text: string, fields?: LogFields): void {
    if (this.#output.isRepeated(text)) return;
    this[level](text, fields);
  }

  /** Has lines go to `sink` from now on. The one before gets rid of what it holds and is closed. */
  useSink(sink: LogSink): void {
    this.#output.useSink(sink);
  }

  /** Answers the operator's wish for a new log file, in the log. */
  reopen(): void {
    const { sink } = this.#output;
    if (sink.reopen === undefined) {
      this.info("File log re-open ignored, not a file logger");
      return;
    }
    try {
      sink.reopen();
    } catch (error) {
      this.error(messageOf(error));
      return;
    }
    this.info("File log re-opened");
  }

  /** Passes on what the sink holds, waiting for a second at the longest. */
  flush(): void {
    this.#output.sink.flush?.();
  }

  /** Flushes and closes the sink; nothing prints afterwards. */
  close(): void {
    this.#output.sink.close?.();
  }
}

/** What the loggers of all subsystems have in common. */
class LogOutput {
  readonly loggers: Map<LogSubsystem, Logger>;
  settings: LoggerSettings;
  sink: LogSink;
  readonly #front: ConsolaInstance;
  readonly #clock: Clock;
  readonly #colours: boolean | undefined;
  readonly #layout: LogLayout;
  /** Texts of the last second with the time they were printed, oldest first. */
  readonly #recent: Map<string, number>;

  constructor(settings: LoggerSettings, surroundings: LoggerSurroundings) {
    this.#front = createConsola({
      level: EVERY_LEVEL,
      // Repetitions are not consola's to drop, not even when the clock is set back.
      throttle: -Infinity,
      reporters: [{ log: (entry) => this.#report(entry) }],
    });
    this.loggers = new Map();
    this.settings = settings;
    this.sink = surroundings.sink ?? new StderrSink();
    this.#clock = surroundings.clock ?? systemClock;
    this.#colours = surroundings.colours;
    const zone = surroundings.zone ?? new LocalZone(systemZone(process.env["TZ"]));
    this.#layout = new LogLayout(this.#clock, zone, surroundings.pid ?? process.pid);
    this.#recent = new Map();
    this.#attach();
  }

  print(statement: Statement): void {
    this.#front[statement.level](statement.text, statement);
  }

  configure(settings: LoggerSettings): void {
    this.settings = settings;
    this.#layout.configure(settings, {
      isBare: this.sink.isBare ?? false,
      hasColours: this.#colours ?? this.sink.hasColours ?? false,
    });
  }

  useSink(sink: LogSink): void {
    const old = this.sink;
    this.sink = sink;
    this.#attach();
    if (old !== sink) old.close?.();
  }

  /** Whether `text` is not to be printed again yet; if it is, remembers it. */
  isRepeated(text: string): boolean {
    const now = this.#clock.nowMs();
    for (const [oldText, printedMs] of this.#recent) {
      if (now - printedMs < SAME_TEXT_MS) break;
      this.#recent.delete(oldText);
    }
    if (this.#recent.has(text) || this.#recent.size >= REMEMBERED_TEXTS) return true;
    this.#recent.set(text, now);
    return false;
  }

  #attach(): void {
    this.configure(this.settings);
    this.sink.attach?.((level, text) => this.#layout.line(level, "server", text));
  }

  #report(entry: LogObject): void {
    const { level, subsystem, text, fields }: Statement = entry.args[1];
    this.sink.write(this.#layout.line(level, subsystem, text, fields), level);
  }
}
