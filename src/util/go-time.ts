/**
 * Points in time as Go's JSON encoder writes them in UTC (RFC 3339): no more decimals of a second
 * than there are, and none for a whole one. Used by events and services.
 */

/** What Go writes for no time at all. */
export const NO_GO_TIME = "0001-01-01T00:00:00Z";

/** `2026-01-02T03:04:05.67Z`; takes fractions of a millisecond too. */
export function goTime(wallMs: number): string {
  const wholeMs = Math.floor(wallMs);
  const seconds = new Date(wholeMs).toISOString().slice(0, -"Z".length);
  const nanoseconds = Math.floor((wallMs - wholeMs) * 1_000_000);
  const digits = nanoseconds === 0 ? "" : String(nanoseconds).padStart(6, "0");
  return `${(seconds + digits).replace(/\.?0+$/, "")}Z`;
}
