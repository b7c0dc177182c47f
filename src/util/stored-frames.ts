/**
 * Bytes in the framing format of Snappy and of S2 (nats-server's), without compression: what
 * it leaves of small texts that do not get any shorter. Frames that are compressed are not read.
 *
 * ```
 * stream: ff 06 00 00 sNaPpY or S2sTwO, then frames: 01 length(3) checksum(4) data
 * ```
 */
import { maskedChecksum } from "./snappy.ts";

const START = [0xff, 6, 0, 0];
const NAMES = ["sNaPpY", "S2sTwO"];
const START_BYTES = 10;
const STORED_FRAME = 1;
const FRAME_HEAD_BYTES = 4;
const CHECKSUM_BYTES = 4;
const MAX_FRAME_BYTES = 65_536;
/** Frames that readers have to pass over. */
const FIRST_PADDING = 0x80;
const LAST_PADDING = 0xfe;

export function storedFrames(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.from(START), Buffer.from(NAMES[0]!)];
  for (let at = 0; at < data.length; at += MAX_FRAME_BYTES) {
    const piece = data.subarray(at, at + MAX_FRAME_BYTES);
    const head = Buffer.alloc(FRAME_HEAD_BYTES + CHECKSUM_BYTES);
    head[0] = STORED_FRAME;
    head.writeUIntLE(CHECKSUM_BYTES + piece.length, 1, 3);
    head.writeUInt32LE(maskedChecksum(piece), FRAME_HEAD_BYTES);
    parts.push(head, piece);
  }
  return Buffer.concat(parts);
}

/** Undefined for anything else than such frames, or if one has been changed. */
export function readStoredFrames(frames: Uint8Array): Uint8Array | undefined {
  const all = Buffer.from(frames.buffer, frames.byteOffset, frames.length);
  const isStarted = START.every((byte, i) => all[i] === byte);
  if (!isStarted || !NAMES.includes(all.toString("latin1", START.length, START_BYTES)))
    return undefined;
  const pieces: Uint8Array[] = [];
  for (let at = START_BYTES; at < all.length;) {
    if (at + FRAME_HEAD_BYTES > all.length) return undefined;
    const type = all[at]!;
    const start = at + FRAME_HEAD_BYTES;
    at = start + all.readUIntLE(at + 1, 3);
    if (at > all.length) return undefined;
    if (type >= FIRST_PADDING && type <= LAST_PADDING) continue;
    const piece = all.subarray(start + CHECKSUM_BYTES, at);
    if (type !== STORED_FRAME || at - start < CHECKSUM_BYTES) return undefined;
    if (all.readUInt32LE(start) !== maskedChecksum(piece)) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
