/**
 * What a receiver makes once for a planned subject, so that each delivery costs less.
 * Plans keep it; only its maker reads it.
 */

/** The bytes that each delivery begins with. */
export interface Prepared {
  /** The bytes, four to a word, little endian; the last word is padded. */
  readonly words: Int32Array;
  readonly lengthBytes: number;
}
