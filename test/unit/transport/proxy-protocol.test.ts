/** Headers of the PROXY protocol: what each says, and that it says so however it is cut. */
import { describe, expect, test } from "bun:test";
import { MAX_V1_BYTES, ProxyHeaderReader } from "../../../src/transport/proxy-protocol.ts";
import { Random } from "../../../src/util/random.ts";
import { atRandom, byteByByte, whole } from "../../support/chunking.ts";
import { IPV4_BODY, IPV6_BODY, SIGNATURE, version2 } from "./proxy-headers.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const RANDOM_CUTS = 20;
const ROUNDS = 3000;
const REST = "CONNECT {}\r\nPING\r\n";
const INVALID = "invalid PROXY protocol header";
const UNSUPPORTED = "unsupported PROXY protocol feature";
const MAX_V2_BYTES = 16 + 65_535;

/** What the pieces amount to, in words; `rest` is all that follows the header. */
function outcomeOf(pieces: readonly string[]): { readonly says: string; readonly rest: string } {
  const reader = new ProxyHeaderReader();
  for (const [i, piece] of pieces.entries()) {
    const header = reader.read(Buffer.from(piece, "latin1"));
    if (header === undefined) continue;
    if (header.kind === "error") return { says: `error: ${header.reason}`, rest: "" };
    const rest = Buffer.from(header.rest).toString("latin1") + pieces.slice(i + 1).join("");
    if (header.kind !== "address") return { says: header.kind, rest };
    return { says: `${header.source.address} ${header.source.port}`, rest };
  }
  return { says: `incomplete: ${reader.unfinished("end")}`, rest: "" };
}

/** The same in every chunking. */
function outcome(bytes: string): { readonly says: string; readonly rest: string } {
  const expected = outcomeOf(whole.cut(bytes));
  const seeds = Array.from({ length: RANDOM_CUTS }, (_, i) => SEED + i);
  for (const chunking of [byteByByte, ...seeds.map(atRandom)]) {
    const other = { chunking: chunking.name, ...outcomeOf(chunking.cut(bytes)) };
    expect(other).toEqual({ chunking: chunking.name, ...expected });
  }
  return expected;
}

describe(`a header (seed ${SEED})`, () => {
  test.each([
    ["PROXY TCP4 192.0.2.7 10.0.0.1 5000 4222\r\n", "192.0.2.7 5000"],
    ["PROXY TCP4 192.0.2.7 10.0.0.1 0 65535\r\n", "192.0.2.7 0"],
    ["PROXY TCP6 2001:DB8:0:0::1 ::1 5000 4222\r\n", "2001:db8::1 5000"],
    ["PROXY TCP6 ::ffff:192.0.2.1 ::1 00080 4222\r\n", "192.0.2.1 80"],
    ["PROXY   TCP4\t1.1.1.1  2.2.2.2 3 4 \r\n", "1.1.1.1 3"],
    ["PROXY TCP4\xc2\xa01.1.1.1 2.2.2.2 3 4\r\n", "1.1.1.1 3"],
    ["PROXY UNKNOWN\r\n", "own"],
    ["PROXY UNKNOWN whatever it is 1 2 3 4\r\n", "own"],
    [`PROXY UNKNOWN ${"x".repeat(MAX_V1_BYTES - 16)}\r\n`, "own"],
    [version2(0x21, 0x11, IPV4_BODY), "192.0.2.7 5000"],
    [version2(0x21, 0x21, IPV6_BODY), "2001:db8::1 5000"],
    [version2(0x21, 0x11, `${IPV4_BODY}\x03\0\x04abcd`), "192.0.2.7 5000"],
    [
      version2(0x21, 0x21, `${"\0".repeat(10)}\xff\xff\xc0\0\x02\x01${"\0".repeat(20)}`),
      "192.0.2.1 0",
    ],
    [version2(0x21, 0x11, IPV4_BODY + "z".repeat(65_535 - 12)), "192.0.2.7 5000"],
    [version2(0x20, 0, ""), "own"],
    [version2(0x20, 0xff, "xyz"), "own"],
    [version2(0x21, 0x01, ""), "own"],
    [version2(0x21, 0x01, "z".repeat(65_535)), "own"],
  ])("%j", (bytes, says) => {
    expect(outcome(bytes + REST)).toEqual({ says, rest: REST });
    expect(outcome(bytes)).toEqual({ says, rest: "" });
  });

  test.each([
    ["PROXY \r\n", `${INVALID}: invalid v1 format`],
    ["PROXY TCP4\r\n", `${INVALID}: invalid v1 format`],
    ["PROXY unknown\r\n", `${INVALID}: invalid v1 format`],
    ["PROXY TCP4 1.1.1.1 2.2.2.2 3\r\n", `${INVALID}: invalid v1 format`],
    ["PROXY TCP4 1.1.1.1 2.2.2.2 3 4 5\r\n", `${INVALID}: invalid v1 format`],
    ["PROXY TCP4 1.1.1.1 2.2.2.2 3 4\nPING\r\n", `${INVALID}: invalid v1 format`],
    ["PROXY TCP4 1.1.1 2.2.2.2 3 4\r\n", `${INVALID}: invalid address`],
    ["PROXY TCP4 1.1.1.1 2.2.2.02 3 4\r\n", `${INVALID}: invalid address`],
    ["PROXY TCP6 fe80::1%eth0 ::1 3 4\r\n", `${INVALID}: invalid address`],
    [
      "PROXY TCP4 1.1.1.1 2.2.2.2 x 4\r\n",
      'invalid source port: strconv.ParseUint: parsing "x": invalid syntax',
    ],
    [
      "PROXY TCP4 1.1.1.1 2.2.2.2 65536 4\r\n",
      'invalid source port: strconv.ParseUint: parsing "65536": value out of range',
    ],
    [
      "PROXY TCP4 1.1.1.1 2.2.2.2 3 -4\r\n",
      'invalid dest port: strconv.ParseUint: parsing "-4": invalid syntax',
    ],
    [
      "PROXY TCP4 1.1.1.1 2.2.2.2 3 70000x\r\n",
      'invalid dest port: strconv.ParseUint: parsing "70000x": value out of range',
    ],
    [
      'PROXY TCP4 1.1.1.1 2.2.2.2 3 "\x01\xff\r\n',
      'invalid dest port: strconv.ParseUint: parsing "\\"\\x01\\xff": invalid syntax',
    ],
    ["PROXY TCP4 ::1 2.2.2.2 3 4\r\n", `${INVALID}: TCP4 with IPv6 address`],
    ["PROXY TCP4 1.1.1.1 ::1 3 4\r\n", `${INVALID}: TCP4 with IPv6 address`],
    ["PROXY TCP6 ::1 2.2.2.2 3 4\r\n", `${INVALID}: TCP6 with IPv4 address`],
    ["PROXY TCP6 1.1.1.1 ::1 3 4\r\n", `${INVALID}: TCP6 with IPv4 address`],
    ["PROXY UDP4 1.1.1.1 2.2.2.2 3 4\r\n", `${INVALID}: invalid protocol UDP4`],
    ["PROXY \x1b[1m 1.1.1.1 2.2.2.2 3 4\r\n", `${INVALID}: invalid protocol \\x1b[1m`],
    [`PROXY UNKNOWN ${"x".repeat(MAX_V1_BYTES - 15)}\r\n`, `${INVALID}: v1 line too long`],
    [`PROXY ${"x".repeat(1000)}`, `${INVALID}: v1 line too long`],
    [`${SIGNATURE.slice(0, 6)}XXXXXXXXXX`, `${INVALID}: invalid signature`],
    [`${SIGNATURE.slice(0, 11)}X`, `${INVALID}: invalid signature`],
    [version2(0x11, 0x11, IPV4_BODY), `${INVALID}: invalid version 0x10`],
    [version2(0x01, 0x11, IPV4_BODY), `${INVALID}: invalid version 0x00`],
    [version2(0x22, 0x11, IPV4_BODY), "unknown PROXY protocol command: 0x02"],
    [version2(0x21, 0x12, IPV4_BODY), `${UNSUPPORTED}: only STREAM protocol supported`],
    [version2(0x21, 0x00, ""), `${UNSUPPORTED}: only STREAM protocol supported`],
    [version2(0x21, 0x31, "x".repeat(216)), `${UNSUPPORTED}: unsupported address family 0x30`],
    [version2(0x21, 0xf1, ""), `${UNSUPPORTED}: unsupported address family 0xf0`],
    [version2(0x21, 0x11, "x".repeat(11)), "IPv4 address data too short: 11 bytes"],
    [version2(0x21, 0x21, "x".repeat(35)), "IPv6 address data too short: 35 bytes"],
  ])("%j is refused", (bytes, reason) => {
    expect(outcome(bytes + REST)).toEqual({ says: `error: ${reason}`, rest: "" });
  });

  test.each([
    "CONNECT {}\r\n",
    "PING\r\n",
    "PROXY\r\n",
    "PROXZ TCP4",
    "proxy TCP4",
    "\r\nPING\r\n",
    "\r\n\r\n\0\nPING",
    "\x16\x03\x01",
    "\0",
  ])("is not what begins %j", (bytes) => {
    expect(outcome(bytes)).toEqual({ says: "none", rest: bytes });
  });
});

describe("a header that does not end", () => {
  test.each([
    ["", "failed to read protocol version: EOF"],
    ["PROXY", "failed to read protocol version: unexpected EOF"],
    ["\r\n", "failed to read protocol version: unexpected EOF"],
    ["PROXY ", "failed to read v1 line: EOF"],
    ["PROXY TCP4 1.1.1.1 2.2.2.2 3 4\r", "failed to read v1 line: EOF"],
    [SIGNATURE.slice(0, 6), "failed to read v2 signature: EOF"],
    [SIGNATURE.slice(0, 11), "failed to read v2 signature: unexpected EOF"],
    [SIGNATURE, "failed to read v2 header: EOF"],
    [`${SIGNATURE}\x21`, "failed to read v2 header: unexpected EOF"],
    [version2(0x21, 0x11, "", 12), "failed to read IPv4 address data: EOF"],
    [version2(0x21, 0x11, "abc", 12), "failed to read IPv4 address data: unexpected EOF"],
    [version2(0x21, 0x11, IPV4_BODY, 13), "failed to read IPv4 address data: unexpected EOF"],
    [version2(0x21, 0x21, "abc", 36), "failed to read IPv6 address data: unexpected EOF"],
    [version2(0x20, 0x11, "abc", 12), "failed to discard LOCAL command address data: EOF"],
    [version2(0x21, 0x01, "abc", 12), "failed to discard UNSPEC address address data: EOF"],
  ])("%j", (bytes, reason) => {
    expect(outcome(bytes)).toEqual({ says: `incomplete: ${reason}`, rest: "" });
  });

  test("has other ends too", () => {
    const reader = new ProxyHeaderReader();
    expect([reader.isUntouched, reader.isHeader]).toEqual([true, false]);
    reader.read(Buffer.from("PROXY"));
    expect([reader.isUntouched, reader.isHeader]).toEqual([false, false]);
    reader.read(Buffer.from(" TCP4"));
    expect([reader.isUntouched, reader.isHeader]).toEqual([false, true]);
    expect(reader.unfinished("timeout")).toBe("failed to read v1 line: i/o timeout");
    expect(reader.unfinished("reset")).toBe("failed to read v1 line: connection reset by peer");
  });
});

test("random headers say the same however they are cut, and leave what is not theirs", () => {
  const random = new Random(SEED);
  const bodies = [IPV4_BODY, IPV6_BODY, "", "PROXY"];
  const words = ["TCP4", "TCP6", "UNKNOWN", "1.2.3.4", "::1", "77", "70000", "", "\xff", "\r"];
  const pick = <One>(list: readonly One[]) => list[random.below(list.length)]!;
  for (let round = 0; round < ROUNDS; round++) {
    const line = Array.from({ length: random.below(8) }, () => pick(words)).join(" ");
    const length = random.below(3) === 0 ? random.below(65_536) : undefined;
    const header =
      random.below(2) === 0
        ? `PROXY ${line}\r\n`
        : version2(
            pick([0x20, 0x21, random.below(256)]),
            pick([0x11, 0x21, 1]),
            pick(bodies),
            length,
          );
    const bytes = [...(header + pick([REST, ""]))];
    if (random.below(2) === 0) {
      const at = random.below(bytes.length);
      bytes[at] = String.fromCharCode(random.below(256));
    }
    const text = bytes.join("");
    const found = outcomeOf([text]);
    const context = `SEED=${SEED}, round ${round}, ${JSON.stringify(text)}`;
    expect(outcomeOf(atRandom(SEED + round).cut(text)), context).toEqual(found);
    expect(outcomeOf([...text]), context).toEqual(found);
    expect(text.endsWith(found.rest), context).toBe(true);
    const begins = text.startsWith("PROXY ") || text.startsWith(SIGNATURE.slice(0, 6));
    if (found.says === "none") expect([begins, found.rest], context).toEqual([false, text]);
    expect(text.length - found.rest.length, context).toBeLessThanOrEqual(MAX_V2_BYTES);
  }
});
