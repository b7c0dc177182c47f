/**
 * The offset of local time from UTC, for log lines.
 * Asking `Date` for it loads ICU's time zones, which costs a compiled midge 4 ms and 2 to 4 MB
 * before its first line; so the system's zone file (TZif, RFC 8536) is read here. Whatever this
 * file does not understand is asked of `Date` after all.
 */

import { bufferOver } from "./bytes.ts";

const ZONE_NAME = /^:?([A-Za-z0-9_+-]+(?:\/[A-Za-z0-9_+-]+)*)$/;
const UTC_NAMES: ReadonlySet<string> = new Set(["", "UTC", "UTC0", "Etc/UTC", "GMT"]);
/** Zones change on quarters of an hour, so an answer of `Date` holds until the next one. */
const QUARTER_HOUR_S = 900;

/** One offset and the time it holds for, in seconds since 1970; `fromS` included, `untilS` not. */
export interface OffsetSpan {
  readonly offsetS: number;
  readonly fromS: number;
  readonly untilS: number;
}

/** The local time zone, remembered as the span around the last question. */
export class LocalZone {
  readonly #transitions: readonly OffsetSpan[] | undefined;
  #span: OffsetSpan;

  /** `spans` as `systemZone` or `parseZoneFile` returns them; undefined asks `Date` each time. */
  constructor(spans: readonly OffsetSpan[] | undefined) {
    this.#transitions = spans;
    this.#span = { offsetS: 0, fromS: Infinity, untilS: -Infinity };
  }

  /** Seconds to add to UTC to get local time, at `unixS` seconds since 1970. */
  offsetAt(unixS: number): number {
    if (!covers(this.#span, unixS)) {
      this.#span = spanAround(this.#transitions, unixS) ?? spanByDate(unixS);
    }
    return this.#span.offsetS;
  }
}

/** Spans of the zone that `TZ` or else the system names; undefined if only `Date` can tell. */
export function systemZone(zoneName: string | undefined): readonly OffsetSpan[] | undefined {
  if (process.platform === "win32") return undefined;
  if (zoneName !== undefined && UTC_NAMES.has(zoneName)) return ALWAYS_UTC;
  const name = zoneName === undefined ? undefined : ZONE_NAME.exec(zoneName)?.[1];
  if (zoneName !== undefined && name === undefined) return undefined;
  const path = name === undefined ? "/etc/localtime" : `/usr/share/zoneinfo/${name}`;
  try {
    return parseZoneFile(bufferOver(Bun.mmap(path)));
  } catch {
    return name === undefined ? ALWAYS_UTC : undefined;
  }
}

/**
 * Reads the 64-bit part of a TZif file: a 44-byte header, transition times (8 bytes each), their
 * type indexes (1), types (4 bytes offset, 2 more), …, and a footer with the rule for later times.
 * The time after the last transition is left out when the footer has a rule for summer time.
 * Undefined for version 1 files, leap-second zones and anything that is not TZif.
 */
export function parseZoneFile(file: Buffer): readonly OffsetSpan[] | undefined {
  if (file.toString("latin1", 0, 4) !== "TZif" || file[4]! < 0x32) return undefined;
  const first = readCounts(file, 0);
  const start = 44 + blockLength(first, 4);
  const counts = readCounts(file, start);
  if (counts.leaps !== 0 || counts.types === 0) return undefined;
  const timesAt = start + 44;
  const indexesAt = timesAt + counts.times * 8;
  const typesAt = indexesAt + counts.times;
  const spans: OffsetSpan[] = [];
  let fromS = -Infinity;
  let offsetS = file.readInt32BE(typesAt);
  for (let i = 0; i < counts.times; i++) {
    const untilS = Number(file.readBigInt64BE(timesAt + i * 8));
    spans.push({ offsetS, fromS, untilS });
    fromS = untilS;
    offsetS = file.readInt32BE(typesAt + file[indexesAt + i]! * 6);
  }
  const footer = file.toString("latin1", timesAt + blockLength(counts, 8));
  if (!footer.includes(",")) spans.push({ offsetS, fromS, untilS: Infinity });
  return spans;
}

const ALWAYS_UTC: readonly OffsetSpan[] = [{ offsetS: 0, fromS: -Infinity, untilS: Infinity }];

interface ZoneCounts {
  readonly universalMarks: number;
  readonly standardMarks: number;
  readonly leaps: number;
  readonly times: number;
  readonly types: number;
  readonly nameBytes: number;
}

function readCounts(file: Buffer, header: number): ZoneCounts {
  return {
    universalMarks: file.readUInt32BE(header + 20),
    standardMarks: file.readUInt32BE(header + 24),
    leaps: file.readUInt32BE(header + 28),
    times: file.readUInt32BE(header + 32),
    types: file.readUInt32BE(header + 36),
    nameBytes: file.readUInt32BE(header + 40),
  };
}

function blockLength(counts: ZoneCounts, timeBytes: number): number {
  return (
    counts.times * (timeBytes + 1) +
    counts.types * 6 +
    counts.nameBytes +
    counts.leaps * (timeBytes + 4) +
    counts.standardMarks +
    counts.universalMarks
  );
}

function spanAround(
  spans: readonly OffsetSpan[] | undefined,
  unixS: number,
): OffsetSpan | undefined {
  for (const span of spans ?? []) if (covers(span, unixS)) return span;
  return undefined;
}

function covers(span: OffsetSpan, unixS: number): boolean {
  return unixS >= span.fromS && unixS < span.untilS;
}

function spanByDate(unixS: number): OffsetSpan {
  const fromS = Math.floor(unixS / QUARTER_HOUR_S) * QUARTER_HOUR_S;
  const offsetS = new Date(unixS * 1000).getTimezoneOffset() * -60;
  return { offsetS, fromS, untilS: fromS + QUARTER_HOUR_S };
}
