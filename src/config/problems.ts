/**
 * What is wrong with a configuration: collected while it is read, so that the operator sees all of
 * it at once, each with its place. Filled by the kinds of options and the loader; `load.ts` turns
 * it into lines.
 */
import type { MapEntry, Position } from "./config-node.ts";

/** `file:line:column: reason`, as nats-server reports a problem. */
export function placedLine(position: Position, reason: string): string {
  return `${position.file}:${position.line}:${position.column}: ${reason}`;
}

export class ProblemList {
  readonly errors: string[] = [];
  readonly warnings: string[] = [];

  error(position: Position, reason: string): void {
    this.errors.push(placedLine(position, reason));
  }

  /** Something that works but should be written differently; `-t` does not accept it. */
  warn(position: Position, field: string, reason: string): void {
    this.warnings.push(placedLine(position, `invalid use of field "${field}": ${reason}`));
  }

  /** A key that nobody reads, with the known one that looks most like it. */
  unknownField(entry: MapEntry, known: Iterable<string>): void {
    const nearest = nearestName(entry.key.toLowerCase(), known);
    const hint = nearest === undefined ? "" : `, did you mean "${nearest}"?`;
    this.error(entry.position, `unknown field "${entry.key}"${hint}`);
  }
}

/** Names that differ by more than a third of their letters are no typing mistakes. */
const SIMILAR_SHARE = 1 / 3;

/** The name that takes the fewest edits to become `name`; undefined if none is similar. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let fewest = Math.floor(Math.max(name.length, 3) * SIMILAR_SHARE) + 1;
  for (const candidate of known) {
    const edits = editDistance(name, candidate);
    if (edits >= fewest) continue;
    fewest = edits;
    nearest = candidate;
  }
  return nearest;
}

/** Letters to insert, drop, replace, or swap with the next to get from one word to the other. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      let edits = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        edits = Math.min(edits, beforePrevious[j - 2]! + 1);
      }
      row.push(edits);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[to.length]!;
}
