/**
 * Checks of our own invariants. A failed assertion is a bug in midge, never a mistake of a peer:
 * the connection whose turn it was is closed with the stack in the log, the server goes on.
 */

/** Thrown by `assert`; told apart from protocol errors by the one catch in `connection.ts`. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws an `AssertionError` with `claim` unless `condition` holds. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new AssertionError(claim);
}
