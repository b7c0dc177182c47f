/**
 * Why something is no value of an option. Thrown wherever values are read, caught where the place
 * of the value (a flag, a line of a file) is known.
 */

/** `message` is the reason alone, in Go's words where it has some. */
export class OptionValueError extends Error {
  override readonly name = "OptionValueError";
}
