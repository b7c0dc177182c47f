/**
 * Syslog messages as Go's log/syslog writes them, which is what nats-server's operators have rules
 * for: for the local daemon and, with another time and a host name, for a remote one. Used by the
 * syslog sink.
 *
 * ```
 * <PRI>Mon _d HH:MM:SS tag[pid]: text
 * <PRI>YYYY-MM-DDTHH:MM:SS+hh:mm hostname tag[pid]: text
 * ```
 */
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import { LocalZone, systemZone } from "../local-time.ts";
import type { LogLevel } from "./levels.ts";
import { isoSecond, offsetText } from "./time-stamp.ts";

/** Who a message says it is from: the local daemon's are "daemon" (3), remote ones "kern" (0). */
export interface SyslogOrigin {
  readonly facility: 0 | 3;
  /** Undefined for receivers on this host, which do not want one. */
  readonly hostname: string | undefined;
  /** The name under which the program was started by default. */
  readonly tag?: string;
  readonly pid?: number;
}

const SEVERITIES: Readonly<Record<LogLevel, number>> = {
  fatal: 2,
  error: 3,
  warn: 4,
  info: 5,
  trace: 5,
  debug: 7,
};

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

export class SyslogFrames {
  readonly #facility: number;
  readonly #clock: Clock;
  readonly #zone: LocalZone;
  readonly #hostname: string | undefined;
  /** What stands between time and text, host name not included. */
  readonly #program: string;

  constructor(origin: SyslogOrigin, clock: Clock = systemClock, zone?: LocalZone) {
    this.#facility = origin.facility;
    this.#clock = clock;
    this.#zone = zone ?? new LocalZone(systemZone(process.env["TZ"]));
    this.#hostname = origin.hostname;
    this.#program = `${origin.tag ?? programName()}[${origin.pid ?? process.pid}]`;
  }

  /** `line` with what syslog wants before it; it ends as `line` does. */
  frame(line: string, level: LogLevel): string {
    const priority = this.#facility * 8 + SEVERITIES[level];
    const unixS = Math.floor(this.#clock.wallMs() / 1000);
    const offsetS = this.#zone.offsetAt(unixS);
    const iso = isoSecond(unixS, offsetS);
    const head =
      this.#hostname === undefined
        ? classicTime(iso)
        : `${iso}${offsetText(offsetS)} ${this.#hostname}`;
    return `<${priority}>${head} ${this.#program}: ${line}`;
  }
}

/** `Aug  1 14:50:11` for `2026-08-01T14:50:11`. */
function classicTime(iso: string): string {
  const month = (Number(iso.slice(5, 7)) - 1) * 3;
  const day = String(Number(iso.slice(8, 10))).padStart(2, " ");
  return `${MONTHS.slice(month, month + 3)} ${day} ${iso.slice(11)}`;
}

/** The last part of the path that the program was started by; a link's own name if it is one. */
export function programName(): string {
  const parts = process.argv0.split(/[/\\]/).filter((part) => part !== "");
  return parts.at(-1) ?? "midge";
}
