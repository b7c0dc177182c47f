/**
 * The header of the PROXY protocol, versions 1 and 2, that a proxy sends ahead of the bytes of a
 * client. Reads it in pieces of any size and hands on what follows; what does not begin like a
 * header is none. Rules and texts are the reference's (its client_proxyproto.go).
 */
import { Ascii } from "../util/ascii.ts";
import { goQuoted } from "../util/go-quoted.ts";
import { IPV4_BYTES, IPV6_BYTES, ipText, parseIp } from "../util/ip-address.ts";
import { isUndecoded, readableText } from "../util/readable-text.ts";

/** What the first bytes are; `rest` is what is not of the header. */
export type ProxyHeader =
  | { readonly kind: "none"; readonly rest: Uint8Array }
  /** The proxy speaks for itself, or does not know: the address is the socket's. */
  | { readonly kind: "own"; readonly rest: Uint8Array }
  | { readonly kind: "address"; readonly source: ProxySource; readonly rest: Uint8Array }
  | { readonly kind: "error"; readonly reason: string };

/** Who has connected to the proxy. */
export interface ProxySource {
  readonly address: string;
  readonly port: number;
}

/** Why no more bytes follow. */
export type HeaderEnd = "end" | "reset" | "timeout";

/*
 * v1   PROXY SP protocol SP source SP destination SP source port SP destination port CRLF
 *      PROXY SP UNKNOWN anything CRLF
 * v2   signature (12), version and command (1), family and protocol (1), length (2), then as many
 *      bytes: addresses, ports and whatever
 */
const V1_START = "PROXY ";
/** With the CRLF. */
export const MAX_V1_BYTES = 107;
const V2_SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const V2_FIXED_BYTES = 16;
/** From here on the first bytes are those of a header. */
const START_BYTES = V1_START.length;

const VERSION_2 = 0x20;
const COMMAND_LOCAL = 0;
const COMMAND_PROXY = 1;
const FAMILY_UNSPECIFIED = 0;
const FAMILY_IPV4 = 0x10;
const FAMILY_IPV6 = 0x20;
const PROTOCOL_STREAM = 1;

const MAX_PORT = 0xffff;

const INVALID = "invalid PROXY protocol header";
const UNSUPPORTED = "unsupported PROXY protocol feature";

const NO_BYTES = new Uint8Array(0);

/** Go's white space, which is not quite JavaScript's. */
const BLANKS = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

/** The part that is being read, in the words of the errors about it. */
const enum Part {
  Start = "protocol version",
  V1Line = "v1 line",
  V2Signature = "v2 signature",
  V2Fixed = "v2 header",
  V2Body = "body",
}

/** What the fixed bytes of a header of version 2 announce. */
interface Announced {
  /** In the words of errors; `isDiscarded` for what is passed over. */
  readonly name: string;
  readonly isDiscarded: boolean;
  /** Of each of the two addresses; 0 where they do not matter. */
  readonly addressBytes: number;
}

export class ProxyHeaderReader {
  /** The beginning, as far as it matters. */
  readonly #held: Uint8Array;
  #heldBytes: number;
  #part: Part;
  #announced: Announced | undefined;
  /** Of the body of a header of version 2. */
  #bodyBytes: number;
  #bodyBytesLeft: number;

  constructor() {
    this.#held = new Uint8Array(MAX_V1_BYTES);
    this.#heldBytes = 0;
    this.#part = Part.Start;
    this.#announced = undefined;
    this.#bodyBytes = 0;
    this.#bodyBytesLeft = 0;
  }

  /** Whether nothing was received. */
  get isUntouched(): boolean {
    return this.#heldBytes === 0;
  }

  /** Whether what was received is a header, whatever it says. */
  get isHeader(): boolean {
    return this.#part !== Part.Start;
  }

  /** Takes what was received; undefined while more has to follow. Not to be called afterwards. */
  read(chunk: Uint8Array): ProxyHeader | undefined {
    let at = 0;
    while (at < chunk.length && this.#bodyBytesLeft === 0) {
      this.#held[this.#heldBytes++] = chunk[at++]!;
      const header = this.#take();
      if (header === undefined) continue;
      if (header.kind === "none") return { kind: "none", rest: this.#all(chunk, at) };
      return "rest" in header ? { ...header, rest: chunk.subarray(at) } : header;
    }
    if (this.#bodyBytesLeft === 0) return undefined;
    return this.#readBody(chunk, at);
  }

  /** Why it is no header if no more bytes follow, in the reference's words. */
  unfinished(end: HeaderEnd): string {
    if (end === "timeout") return `${this.#task}: i/o timeout`;
    if (end === "reset") return `${this.#task}: connection reset by peer`;
    return `${this.#task}: ${this.#hasBegunPart ? "unexpected EOF" : "EOF"}`;
  }

  get #task(): string {
    const name = this.#announced?.name ?? this.#part;
    return `failed to ${this.#announced?.isDiscarded === true ? "discard" : "read"} ${name}`;
  }

  /** Whether Go, which asks for parts as a whole where they have a length, has got some of one. */
  get #hasBegunPart(): boolean {
    switch (this.#part) {
      case Part.Start:
        return this.#heldBytes > 0;
      case Part.V1Line:
        return false;
      case Part.V2Signature:
        return this.#heldBytes > START_BYTES;
      case Part.V2Fixed:
        return this.#heldBytes > V2_SIGNATURE.length;
      case Part.V2Body:
        return this.#announced?.isDiscarded === false && this.#bodyBytesLeft < this.#bodyBytes;
    }
  }

  /** Looks at the byte that was held last; `rest` is not the right one yet. */
  #take(): ProxyHeader | undefined {
    const count = this.#heldBytes;
    const last = this.#held[count - 1]!;
    switch (this.#part) {
      case Part.Start: {
        const start = this.#held[0] === Ascii.UpperP ? V1_START : V2_SIGNATURE;
        if (last !== start.charCodeAt(count - 1)) return { kind: "none", rest: NO_BYTES };
        if (count < START_BYTES) return undefined;
        this.#part = start === V1_START ? Part.V1Line : Part.V2Signature;
        return undefined;
      }
      case Part.V1Line:
        if (last === Ascii.LineFeed && this.#held[count - 2] === Ascii.CarriageReturn) {
          return readLine(readableText(this.#held.subarray(START_BYTES, count - 2)));
        }
        return count < MAX_V1_BYTES ? undefined : failed(INVALID, "v1 line too long");
      case Part.V2Signature:
        if (last !== V2_SIGNATURE.charCodeAt(count - 1))
          return failed(INVALID, "invalid signature");
        if (count === V2_SIGNATURE.length) this.#part = Part.V2Fixed;
        return undefined;
      case Part.V2Fixed:
        return count === V2_FIXED_BYTES ? this.#takeFixed() : undefined;
      case Part.V2Body:
        return undefined;
    }
  }

  /** The first 16 bytes of a header of version 2 are here. */
  #takeFixed(): ProxyHeader | undefined {
    const length = (this.#held[14]! << 8) | this.#held[15]!;
    const announced = announcedBy(this.#held[12]!, this.#held[13]!);
    if ("kind" in announced) return announced;
    const { name, addressBytes } = announced;
    if (length < 2 * addressBytes + (addressBytes > 0 ? 4 : 0)) {
      return { kind: "error", reason: `${name} too short: ${length} bytes` };
    }
    this.#part = Part.V2Body;
    this.#announced = announced;
    this.#bodyBytes = length;
    this.#bodyBytesLeft = length;
    return length === 0 ? { kind: "own", rest: NO_BYTES } : undefined;
  }

  /** What it says beyond the addresses is passed over, and not kept. */
  #readBody(chunk: Uint8Array, from: number): ProxyHeader | undefined {
    const end = Math.min(from + this.#bodyBytesLeft, chunk.length);
    const room = this.#held.length - this.#heldBytes;
    const kept = chunk.subarray(from, Math.min(end, from + room));
    this.#held.set(kept, this.#heldBytes);
    this.#heldBytes += kept.length;
    this.#bodyBytesLeft -= end - from;
    if (this.#bodyBytesLeft > 0) return undefined;
    const rest = chunk.subarray(end);
    const addressBytes = this.#announced?.addressBytes ?? 0;
    if (addressBytes === 0) return { kind: "own", rest };
    const body = this.#held.subarray(V2_FIXED_BYTES);
    const portAt = 2 * addressBytes;
    const address = ipText(body.subarray(0, addressBytes));
    return {
      kind: "address",
      source: { address, port: (body[portAt]! << 8) | body[portAt + 1]! },
      rest,
    };
  }

  /** All bytes received, those of `chunk` up to `at` being the last that are held. */
  #all(chunk: Uint8Array, at: number): Uint8Array {
    const before = this.#heldBytes - at;
    if (before === 0) return chunk;
    const all = new Uint8Array(before + chunk.length);
    all.set(this.#held.subarray(0, before));
    all.set(chunk, before);
    return all;
  }
}

function failed(kind: string, reason: string): ProxyHeader {
  return { kind: "error", reason: `${kind}: ${reason}` };
}

/** What follows the fixed bytes, or why nothing may. */
function announcedBy(
  versionAndCommand: number,
  familyAndProtocol: number,
): Announced | ProxyHeader {
  const [version, command] = [versionAndCommand & 0xf0, versionAndCommand & 0x0f];
  const [family, protocol] = [familyAndProtocol & 0xf0, familyAndProtocol & 0x0f];
  if (version !== VERSION_2) return failed(INVALID, `invalid version 0x${hexByte(version)}`);
  if (command === COMMAND_LOCAL) return discarded("LOCAL command address data");
  if (command !== COMMAND_PROXY) {
    return { kind: "error", reason: `unknown PROXY protocol command: 0x${hexByte(command)}` };
  }
  if (protocol !== PROTOCOL_STREAM) return failed(UNSUPPORTED, "only STREAM protocol supported");
  switch (family) {
    case FAMILY_IPV4:
      return { name: "IPv4 address data", isDiscarded: false, addressBytes: IPV4_BYTES };
    case FAMILY_IPV6:
      return { name: "IPv6 address data", isDiscarded: false, addressBytes: IPV6_BYTES };
    case FAMILY_UNSPECIFIED:
      // The word is twice in the reference's text.
      return discarded("UNSPEC address address data");
    default:
      return failed(UNSUPPORTED, `unsupported address family 0x${hexByte(family)}`);
  }
}

function discarded(name: string): Announced {
  return { name, isDiscarded: true, addressBytes: 0 };
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

/** What the line of a header of version 1 says behind its first word. */
function readLine(line: string): ProxyHeader {
  const [protocol, source = "", destination = "", sourcePort = "", destinationPort = "", ...more] =
    line.split(BLANKS).filter((word) => word !== "");
  if (protocol === "UNKNOWN") return { kind: "own", rest: NO_BYTES };
  if (protocol === undefined || destinationPort === "" || more.length > 0) {
    return failed(INVALID, "invalid v1 format");
  }
  const address = parseIp(source);
  if (address === undefined || parseIp(destination) === undefined) {
    return failed(INVALID, "invalid address");
  }
  const port = readPort(sourcePort);
  if (typeof port === "string") return failed("invalid source port", port);
  const otherPort = readPort(destinationPort);
  if (typeof otherPort === "string") return failed("invalid dest port", otherPort);
  const reason = familyProblem(protocol, source.includes(":"), destination.includes(":"));
  if (reason !== undefined) return failed(INVALID, reason);
  return { kind: "address", source: { address: ipText(address), port }, rest: NO_BYTES };
}

/** What is written decides: an IPv4 address that is mapped into IPv6 is one of IPv6. */
function familyProblem(
  protocol: string,
  isSourceV6: boolean,
  isDestinationV6: boolean,
): string | undefined {
  switch (protocol) {
    case "TCP4":
      return isSourceV6 || isDestinationV6 ? "TCP4 with IPv6 address" : undefined;
    case "TCP6":
      return isSourceV6 && isDestinationV6 ? undefined : "TCP6 with IPv4 address";
    default:
      // Without quotes as in the reference; what could confuse a terminal is escaped.
      return `invalid protocol ${goQuoted(protocol, isUndecoded).slice(1, -1)}`;
  }
}

/** The port, or Go's words for why it is none. */
function readPort(text: string): number | string {
  let port = 0;
  for (const digit of text) {
    if (digit < "0" || digit > "9") return portProblem(text, "invalid syntax");
    port = 10 * port + Number(digit);
    if (port > MAX_PORT) return portProblem(text, "value out of range");
  }
  return port;
}

function portProblem(text: string, problem: string): string {
  return `strconv.ParseUint: parsing ${goQuoted(text, isUndecoded)}: ${problem}`;
}
