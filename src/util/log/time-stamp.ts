/**
 * Times as log lines show them. `TimeStamp` is for the layouts, which need one per line; the
 * functions are for everything that names a second now and then (backups, syslog frames).
 */
import type { Clock } from "../clock.ts";
import type { LocalZone } from "../local-time.ts";

/** Microseconds of a second; with it in front, a number of them has all of its zeros. */
const MILLION = 1_000_000;

/** nats-server's `YYYY/MM/DD HH:MM:SS.uuuuuu`, or RFC 3339 with an offset. */
export type TimeStyle = "slashes" | "rfc3339";

/** Tells the time to the microsecond, with a clock that only knows whole wall milliseconds. */
export class TimeStamp {
  readonly #clock: Clock;
  readonly #zone: LocalZone | undefined;
  readonly #style: TimeStyle;
  /** Add to the monotonic clock to get wall time with its fraction. */
  #offsetMs: number;
  #second: number;
  #secondText: string;
  #zoneText: string;

  /** UTC without a `zone`. */
  constructor(clock: Clock, zone: LocalZone | undefined, style: TimeStyle) {
    this.#clock = clock;
    this.#zone = zone;
    this.#style = style;
    this.#offsetMs = clock.wallMs() - clock.nowMs();
    this.#second = NaN;
    this.#secondText = "";
    this.#zoneText = "";
  }

  now(): string {
    const wallMs = this.#clock.wallMs();
    let preciseMs = this.#offsetMs + this.#clock.nowMs();
    if (preciseMs < wallMs || preciseMs >= wallMs + 1) {
      this.#offsetMs += wallMs - preciseMs;
      preciseMs = wallMs;
    }
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#second) this.#turnTo(second);
    const micros = Math.min(Math.round((preciseMs - second * 1000) * 1000), 999_999);
    return `${this.#secondText}.${String(MILLION + micros).slice(1)}${this.#zoneText}`;
  }

  #turnTo(second: number): void {
    this.#second = second;
    const offsetS = this.#zone === undefined ? 0 : this.#zone.offsetAt(second);
    const iso = isoSecond(second, offsetS);
    const isPlain = this.#style === "slashes";
    this.#secondText = isPlain ? withSlashes(iso) : iso;
    this.#zoneText = isPlain ? "" : offsetText(offsetS);
  }
}

/** `YYYY/MM/DD HH:MM:SS` of `YYYY-MM-DDTHH:MM:SS`. */
function withSlashes(iso: string): string {
  return `${iso.slice(0, 4)}/${iso.slice(5, 7)}/${iso.slice(8, 10)} ${iso.slice(11)}`;
}

/** `YYYY-MM-DDTHH:MM:SS` of the second `unixS` since 1970, `offsetS` seconds east of UTC. */
export function isoSecond(unixS: number, offsetS: number): string {
  return new Date((unixS + offsetS) * 1000).toISOString().slice(0, 19);
}

/** The end of an RFC 3339 time: `Z` or `+05:30`. */
export function offsetText(offsetS: number): string {
  if (offsetS === 0) return "Z";
  const minutes = Math.round(Math.abs(offsetS) / 60);
  const hourText = String(Math.floor(minutes / 60)).padStart(2, "0");
  return `${offsetS < 0 ? "-" : "+"}${hourText}:${String(minutes % 60).padStart(2, "0")}`;
}
