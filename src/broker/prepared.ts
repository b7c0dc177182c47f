/**
 * What a receiver makes once for a planned subject, so that each delivery costs less.
 * Plans keep it; only its maker reads it.
 */

import type { ByteBlock } from "../util/bytes.ts";

/** The bytes that each delivery begins with. */
export interface Prepared {
  /** The bytes, four to a word, little endian; the last word is padded. */
  readonly words: Int32Array;
  readonly lengthBytes: number;
  /** The receiver's subject where it is another than the publisher's, with four bytes to spare. */
  readonly subject?: ByteBlock;
}

/** Of receivers that make each delivery anew. */
export const NOTHING_PREPARED: Prepared = { words: new Int32Array(0), lengthBytes: 0 };
