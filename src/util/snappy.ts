/**
 * Compression in the framing format of Snappy, as those ask for it who send `Accept-Encoding:
 * snappy`. For reports of the server, which are rare and small: written for reading.
 *
 * ```
 * stream: ff 06 00 00 sNaPpY, then frames: type length(3) checksum(4) data
 * block:  length, then literals: (length - 1) << 2, bytes
 *                 and copies:    (length - 1) << 2 | 2, offset(2)
 * ```
 */

const STREAM_START = [0xff, 6, 0, 0, ...Buffer.from("sNaPpY")];
const COMPRESSED_FRAME = 0;
const FRAME_HEAD_BYTES = 4;
const CHECKSUM_BYTES = 4;
/** Of uncompressed data in a frame; so two bytes hold every offset. */
const MAX_BLOCK_BYTES = 65_536;

const LITERAL = 0;
const COPY = 2;
const MIN_COPY_BYTES = 4;
const MAX_COPY_BYTES = 64;
/** The longest literal whose length is part of its first byte. */
const SHORT_LITERAL_BYTES = 60;

export function snappyFrames(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.from(STREAM_START)];
  for (let start = 0; start < data.length; start += MAX_BLOCK_BYTES) {
    parts.push(frameOf(data.subarray(start, start + MAX_BLOCK_BYTES)));
  }
  return Buffer.concat(parts);
}

function frameOf(data: Uint8Array): Uint8Array {
  const block = snappyBlock(data);
  const head = Buffer.alloc(FRAME_HEAD_BYTES + CHECKSUM_BYTES);
  head[0] = COMPRESSED_FRAME;
  head.writeUIntLE(CHECKSUM_BYTES + block.length, 1, 3);
  head.writeUInt32LE(maskedChecksum(data), FRAME_HEAD_BYTES);
  return Buffer.concat([head, block]);
}

/** What has come before is named by its place: four bytes that repeat begin a copy. */
function snappyBlock(data: Uint8Array): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const out: number[] = [];
  writeVarint(data.length, out);
  /** Where four bytes have stood last. */
  const places = new Map<number, number>();
  let literalStart = 0;
  let at = 0;
  while (at + MIN_COPY_BYTES <= data.length) {
    const word = view.getInt32(at, true);
    const earlier = places.get(word);
    places.set(word, at);
    if (earlier === undefined) {
      at++;
      continue;
    }
    const length = commonLength(data, earlier, at);
    writeLiteral(data.subarray(literalStart, at), out);
    writeCopy(at - earlier, length, out);
    at += length;
    literalStart = at;
  }
  writeLiteral(data.subarray(literalStart), out);
  return Uint8Array.from(out);
}

/** Of the bytes from `earlier` and from `at` on, as far as a copy may go. */
function commonLength(data: Uint8Array, earlier: number, at: number): number {
  const end = Math.min(data.length, at + MAX_COPY_BYTES);
  let next = at + MIN_COPY_BYTES;
  while (next < end && data[next] === data[earlier + next - at]) next++;
  return next - at;
}

function writeLiteral(bytes: Uint8Array, out: number[]): void {
  if (bytes.length === 0) return;
  const length = bytes.length - 1;
  if (length < SHORT_LITERAL_BYTES) out.push((length << 2) | LITERAL);
  else if (length < 256) out.push((SHORT_LITERAL_BYTES << 2) | LITERAL, length);
  else out.push(((SHORT_LITERAL_BYTES + 1) << 2) | LITERAL, length & 0xff, length >> 8);
  for (const byte of bytes) out.push(byte);
}

function writeCopy(offset: number, length: number, out: number[]): void {
  out.push(((length - 1) << 2) | COPY, offset & 0xff, offset >> 8);
}

function writeVarint(value: number, out: number[]): void {
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
  out.push(rest);
}

/** CRC-32C, turned and shifted as the format wants it. */
export function maskedChecksum(data: Uint8Array): number {
  let crc = ~0;
  for (const byte of data) crc = (crc >>> 8) ^ crcOfByte((crc ^ byte) & 0xff);
  const checksum = ~crc >>> 0;
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

function crcOfByte(byte: number): number {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0x82f63b78);
  return crc;
}
