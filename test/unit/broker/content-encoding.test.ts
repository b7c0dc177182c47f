/** What the server says is compressed in the way that is asked for, if it knows how. */
import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { encodeContent } from "../../../src/broker/content-encoding.ts";
import { textOf } from "../../support/messages.ts";

function encodingOf(accepted: string | undefined): string {
  return textOf(encodeContent("text", accepted).headers);
}

test("nothing is done unless it is asked for", () => {
  for (const accepted of [undefined, ""]) {
    const { headers, payload } = encodeContent("text", accepted);
    expect([textOf(headers), textOf(payload)]).toEqual(["", "text"]);
  }
});

test("what is asked for is found in any case and among others, snappy first", () => {
  const block = (encoding: string) => `NATS/1.0\r\nContent-Encoding: ${encoding}\r\n\r\n`;
  for (const accepted of ["gzip", "br, GZIP;q=1"]) {
    const { headers, payload } = encodeContent("text", accepted);
    expect(textOf(headers)).toBe(block("gzip"));
    expect(gunzipSync(payload).toString()).toBe("text");
  }
  for (const accepted of ["s2", "gzip, Snappy"]) {
    expect(encodingOf(accepted)).toBe(block("snappy"));
    expect(textOf(encodeContent("text", accepted).payload)).toContain("sNaPpY");
  }
});

test("what cannot be done is not done, which is said", () => {
  const { headers, payload } = encodeContent("text", "br");
  expect(textOf(headers)).toBe("NATS/1.0\r\nContent-Encoding: identity\r\n\r\n");
  expect(textOf(payload)).toBe("text");
});
