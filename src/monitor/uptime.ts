/**
 * How long something has lasted, in the notation of monitoring: `1y2d3h4m5s`.
 * Used for the server and for connections.
 */

const UNITS: readonly (readonly [string, number])[] = [
  ["y", 365 * 86_400],
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
];

/** From the largest unit that is not zero down to whole seconds. */
export function uptimeText(elapsedMs: number): string {
  let seconds = Math.max(0, Math.floor(elapsedMs / 1000));
  let text = "";
  for (const [unit, size] of UNITS) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0 || text !== "") text += `${count}${unit}`;
  }
  return `${text}${seconds}s`;
}
