/**
 * Handing a received chunk to whom it is for. [hot] Chunks from a certain size on are freed at once
 * instead of waiting for the garbage collector, unless they are kept.
 */
import { freeBytes } from "../util/bytes.ts";
import type { TransportListener } from "./transport.ts";

/** Chunks from this size on are freed when they have been used. */
export const FREED_CHUNK_BYTES = 4096;

export function passOn(chunk: Uint8Array, listener: TransportListener | undefined): void {
  const isKept = listener !== undefined && listener.onBytes(chunk);
  if (!isKept && chunk.length >= FREED_CHUNK_BYTES) freeBytes(chunk);
}
