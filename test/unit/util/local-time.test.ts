/** Local time from zone files, with small files made here, and from `Date` where they end. */
import { describe, expect, test } from "bun:test";
import { LocalZone, parseZoneFile, systemZone } from "../../../src/util/local-time.ts";

const HOUR = 3600;
/** Summer time in 2026 between these two moments. */
const SPRING = Date.UTC(2026, 2, 29, 1) / 1000;
const AUTUMN = Date.UTC(2026, 9, 25, 1) / 1000;

/** A version 2 zone file: two types, the given [time, type] transitions and a footer. */
function zoneFile(transitions: readonly [number, number][], footer: string, leaps = 0): Buffer {
  const header = (times: number): Buffer => {
    const bytes = Buffer.alloc(44);
    bytes.write("TZif2");
    [0, 0, leaps, times, 2, 4].forEach((count, at) => bytes.writeUInt32BE(count, 20 + at * 4));
    return bytes;
  };
  const types = Buffer.alloc(12 + 4 + leaps * 12);
  types.writeInt32BE(1 * HOUR, 0);
  types.writeInt32BE(2 * HOUR, 6);
  const times = Buffer.alloc(transitions.length * 8);
  transitions.forEach(([time], at) => times.writeBigInt64BE(BigInt(time), at * 8));
  const indexes = Buffer.from(transitions.map(([, type]) => type));
  const first = Buffer.concat([header(0), types.subarray(0, 16 + leaps * 8)]);
  const second = [header(transitions.length), times, indexes, types, Buffer.from(`\n${footer}\n`)];
  return Buffer.concat([first, ...second]);
}

const TRANSITIONS: readonly [number, number][] = [
  [SPRING, 1],
  [AUTUMN, 0],
];

describe("a zone file", () => {
  test("gives the offset before, in and after summer time", () => {
    const zone = new LocalZone(parseZoneFile(zoneFile(TRANSITIONS, "CET-1")));
    expect(zone.offsetAt(SPRING - 1)).toBe(1 * HOUR);
    expect(zone.offsetAt(SPRING)).toBe(2 * HOUR);
    expect(zone.offsetAt(AUTUMN - 1)).toBe(2 * HOUR);
    expect(zone.offsetAt(AUTUMN)).toBe(1 * HOUR);
    expect(zone.offsetAt(SPRING)).toBe(2 * HOUR);
  });

  test("without transitions gives one offset for ever", () => {
    const zone = new LocalZone(parseZoneFile(zoneFile([], "CET-1")));
    expect(zone.offsetAt(0)).toBe(1 * HOUR);
    expect(zone.offsetAt(AUTUMN)).toBe(1 * HOUR);
  });

  test("with a rule for the time to come leaves that time to Date", () => {
    const spans = parseZoneFile(zoneFile(TRANSITIONS, "CET-1CEST,M3.5.0,M10.5.0/3"));
    expect(spans?.at(-1)?.untilS).toBe(AUTUMN);
    const later = AUTUMN + HOUR;
    const offset = new Date(later * 1000).getTimezoneOffset() * -60;
    expect(new LocalZone(spans).offsetAt(later)).toBe(offset);
  });

  test("is refused when it counts leap seconds, is of version 1 or no zone file at all", () => {
    expect(parseZoneFile(zoneFile(TRANSITIONS, "CET-1", 1))).toBeUndefined();
    const old = zoneFile([], "");
    old[4] = 0;
    expect(parseZoneFile(old)).toBeUndefined();
    expect(parseZoneFile(Buffer.from("root:x:0:0"))).toBeUndefined();
  });
});

describe("the system's zone", () => {
  test("agrees with Date in every hour of a year", () => {
    const zone = new LocalZone(systemZone(process.env["TZ"]));
    const start = Date.UTC(2026, 0, 1) / 1000;
    const hours = Array.from({ length: 366 * 24 }, (_, hour) => start + hour * HOUR);
    const offsetByDate = (unixS: number) => 0 - new Date(unixS * 1000).getTimezoneOffset() * 60;
    expect(hours.filter((unixS) => zone.offsetAt(unixS) !== offsetByDate(unixS))).toEqual([]);
  });

  test("named UTC or empty is UTC without a look at any file", () => {
    for (const name of ["", "UTC", "Etc/UTC"]) {
      expect(systemZone(name)).toEqual([{ offsetS: 0, fromS: -Infinity, untilS: Infinity }]);
    }
  });

  test("with a name that is no path below the zone folder is left to Date", () => {
    for (const name of ["../passwd", "/etc/passwd", "No/Such", "CET-1CEST"]) {
      expect(systemZone(name)).toBeUndefined();
    }
  });
});
