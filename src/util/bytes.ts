/**
 * Moving and comparing bytes. [hot] Called for every delivered message, by the encoder and the
 * outbound buffers. Short runs go sixteen and four bytes a step through a DataView, long ones
 * through Buffer's copy: below about 100 bytes the call into native code costs more than the loop
 * (`test/bench/micro/publish.ts`, rows of 16 and 64 B).
 */
import { Ascii } from "./ascii.ts";

/** Copies of at most this many bytes run in the loop. */
const LOOP_COPY_BYTES = 96;

/**
 * Bytes that writers of whole words may put behind what they copy. Every block keeps them free.
 */
export const COPY_SLACK_BYTES = 4;

/** A run of bytes with the views that copying needs, made once and kept. */
export class ByteBlock {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly buffer: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.buffer = bufferOver(bytes);
  }
}

/** Copies `source[start, end)` to `target` at `at`; reads and writes nothing else. */
export function copyBytes(
  source: ByteBlock,
  start: number,
  end: number,
  target: ByteBlock,
  at: number,
): void {
  const length = end - start;
  if (length > LOOP_COPY_BYTES) {
    source.buffer.copy(target.buffer, at, start, end);
    return;
  }
  const from = source.view;
  const to = target.view;
  let index = start;
  let out = at;
  for (const rest = end - 15; index < rest; index += 16, out += 16) {
    to.setInt32(out, from.getInt32(index, true), true);
    to.setInt32(out + 4, from.getInt32(index + 4, true), true);
    to.setInt32(out + 8, from.getInt32(index + 8, true), true);
    to.setInt32(out + 12, from.getInt32(index + 12, true), true);
  }
  for (const rest = end - 3; index < rest; index += 4, out += 4) {
    to.setInt32(out, from.getInt32(index, true), true);
  }
  if (index === end) return;
  if (length >= 4) {
    // The last word once more, overlapping what is copied already.
    to.setInt32(at + length - 4, from.getInt32(end - 4, true), true);
    return;
  }
  for (; index < end; index++, out++) to.setUint8(out, from.getUint8(index));
}

/**
 * The same bytes as a Buffer. The constructor, out of fashion as it is, is native: `Buffer.from`
 * is parsed and compiled when it is called first, and costs a start 0.1 ms.
 */
export function bufferOver({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  if (byteLength === buffer.byteLength) return new Buffer(buffer);
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Whether both are the same, whatever their lengths. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/**
 * Whether `left` equals `right[start, start + left.length)`. The caller has compared the lengths.
 */
export function sameBytes(left: Uint8Array, right: Uint8Array, start: number): boolean {
  const length = left.length;
  for (let i = 0; i < length; i++) {
    if (left[i] !== right[start + i]) return false;
  }
  return true;
}

/**
 * Writes `value` (an integer >= 0) in decimal at `at`; returns the offset behind the last digit.
 */
export function writeDecimal(target: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  const end = at + digits;
  let rest = value;
  for (let i = end - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    target[i] = Ascii.Zero + (rest - next * 10);
    rest = next;
  }
  return end;
}

/**
 * Gives the memory of `bytes` back now; they are empty afterwards. Left to the garbage collector,
 * received chunks pile up to hundreds of megabytes and each new one faults in fresh pages: a third
 * of the cost of receiving.
 */
export function freeBytes(bytes: Uint8Array): void {
  if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}

/** One character per byte, so that the bytes can be had back exactly. */
export function binaryText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

/** A text in the form that `binaryText` gives its UTF-8 bytes. */
export function binaryTextOf(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length === text.length ? text : bytes.toString("latin1");
}
