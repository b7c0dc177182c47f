/**
 * Compression of what the server says, for those who ask for it with `Accept-Encoding`; the
 * message then names it. What cannot be done is said, too: `identity`.
 */
import { snappyFrames } from "../util/snappy.ts";

const ENCODER = new TextEncoder();

/** A message's headers and its payload. */
export interface EncodedContent {
  /** Empty where nothing was asked for. */
  readonly headers: Uint8Array;
  readonly payload: Uint8Array;
}

/** `accepted` is the header's value; "" or undefined without one. */
export function encodeContent(text: string, accepted: string | undefined): EncodedContent {
  const content = ENCODER.encode(text);
  if (accepted === undefined || accepted === "") {
    return { headers: new Uint8Array(0), payload: content };
  }
  const wanted = accepted.toLowerCase();
  if (wanted.includes("snappy") || wanted.includes("s2")) {
    return { headers: headersFor("snappy"), payload: snappyFrames(content) };
  }
  if (wanted.includes("gzip")) return { headers: headersFor("gzip"), payload: gzip(content) };
  return { headers: headersFor("identity"), payload: content };
}

function gzip(content: Uint8Array<ArrayBuffer>): Uint8Array {
  return Bun.gzipSync(content);
}

function headersFor(encoding: string): Uint8Array {
  return ENCODER.encode(`NATS/1.0\r\nContent-Encoding: ${encoding}\r\n\r\n`);
}
