/**
 * How the page writes figures: short enough to compare at a glance, with the exact value as the
 * title. All have few and about equally many characters, so that nothing moves at a poll.
 */
import { type Shown, shown } from "./element.ts";

const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });

/** Above this, counts are written with a suffix. */
const LONG_COUNT = 100_000;
const COUNT_SUFFIXES = ["", "k", "M", "G", "T", "P"];
const BYTE_SUFFIXES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function count(value: number): Shown {
  const full = exact.format(value);
  return value < LONG_COUNT ? shown(full) : shown(scaled(value, 1000, COUNT_SUFFIXES, ""), full);
}

export function bytes(value: number): Shown {
  return shown(scaled(value, 1024, BYTE_SUFFIXES, " "), `${exact.format(value)} bytes`);
}

/** So many a second. */
export function messageRate(perSecond: number): Shown {
  const full = `${exact.format(perSecond)} messages per second`;
  if (perSecond >= LONG_COUNT) return shown(scaled(perSecond, 1000, COUNT_SUFFIXES, ""), full);
  return shown(
    exact.format(perSecond < 10 ? Number(perSecond.toFixed(1)) : Math.round(perSecond)),
    full,
  );
}

export function byteRate(perSecond: number): Shown {
  const full = `${exact.format(perSecond)} bytes per second`;
  return shown(scaled(perSecond, 1024, BYTE_SUFFIXES, " "), full);
}

/** Three significant digits and the suffix of the power. */
function scaled(value: number, base: number, suffixes: readonly string[], gap: string): string {
  let rest = value;
  let power = 0;
  while (rest >= 999.5 && power < suffixes.length - 1) {
    rest /= base;
    power++;
  }
  const isWhole = power === 0 && Number.isInteger(rest);
  const digits = isWhole || rest >= 100 ? 0 : rest >= 10 ? 1 : 2;
  return `${rest.toFixed(digits)}${gap}${suffixes[power] ?? ""}`;
}

const NS_PER_SECOND = 1e9;

/** A duration in nanoseconds. */
export function nanoseconds(value: number): Shown {
  const seconds = value / NS_PER_SECOND;
  const text = seconds < 1 ? `${seconds * 1000} ms` : seconds < 120 ? `${seconds} s` : minutes();
  return shown(text, `${exact.format(value)} ns`);

  function minutes(): string {
    return `${exact.format(seconds / 60)} min`;
  }
}

/** A round-trip time as Go writes it: two decimals are enough to compare. */
export function roundTrip(rtt: string): Shown {
  const match = /^([\d.]+)(ns|µs|ms|s)$/.exec(rtt);
  if (match === null) return shown(rtt);
  if (match[1] === "0") return shown("–", "not measured yet");
  return shown(`${Number(Number(match[1]).toFixed(2))} ${match[2]}`, rtt);
}

/** Milliseconds of a time as the server writes it, which has nanoseconds. */
export function millisecondsOf(time: string): number {
  return Date.parse(time.replace(/(\.\d{3})\d+/, "$1"));
}

/** The time here, without a date if it is of today. */
export function timeOfDay(time: string | undefined): Shown {
  if (time === undefined) return shown("–");
  const date = new Date(millisecondsOf(time));
  if (Number.isNaN(date.getTime())) return shown(time);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  const isToday = date.toDateString() === new Date().toDateString();
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join("-");
  return shown(isToday ? clock : `${day} ${clock}`, time);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

export function percent(value: number): Shown {
  return shown(`${value.toFixed(1)} %`);
}
