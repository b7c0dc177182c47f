/** Reading and writing DER: elements, their lengths, object identifiers and times. */
import { describe, expect, test } from "bun:test";
import { derEncoded } from "../../../src/transport/der-writer.ts";
import {
  DerError,
  DerTag,
  derBits,
  derContent,
  derElements,
  derTimeMs,
  objectIdentifier,
  onlyDerElement,
} from "../../../src/transport/der.ts";

test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])("%d bytes come back", (length) => {
  const content = new Uint8Array(length).fill(7);
  const encoded = derEncoded(DerTag.OctetString, content);
  const element = onlyDerElement(encoded);
  expect(Buffer.from(derContent(element, DerTag.OctetString))).toEqual(Buffer.from(content));
  expect(Buffer.from(element.encoded)).toEqual(Buffer.from(encoded));
});

describe("refused is", () => {
  test.each([
    ["nothing", []],
    ["half an element", [4]],
    ["less than is promised", [4, 2, 1]],
    ["more than one element", [5, 0, 5, 0]],
    ["a length that is not said", [0x30, 0x80, 0, 0]],
    ["a length of very many bytes", [4, 0x85, 0, 0, 0, 0, 0]],
    ["a huge length", [4, 0x84, 0xff, 0xff, 0xff, 0xff, 0]],
  ])("%s", (_what, bytes) => {
    expect(() => onlyDerElement(Uint8Array.from(bytes))).toThrow(DerError);
  });

  test("another element than the one that is wanted, and single bits", () => {
    const [number] = derElements(Uint8Array.of(2, 1, 5));
    expect(() => derContent(number, DerTag.OctetString)).toThrow(DerError);
    expect(() => derContent(undefined, DerTag.OctetString)).toThrow(DerError);
    expect(() => derBits(onlyDerElement(Uint8Array.of(3, 2, 1, 2)))).toThrow(DerError);
    expect([...derBits(onlyDerElement(Uint8Array.of(3, 2, 0, 2)))]).toEqual([2]);
    expect(() => objectIdentifier(new Uint8Array())).toThrow(DerError);
  });
});

describe("a time", () => {
  const timeOf = (tag: number, text: string) =>
    derTimeMs(onlyDerElement(derEncoded(tag, Buffer.from(text))));

  test.each([
    ["20260203040506Z", "2026-02-03T04:05:06Z"],
    ["99991231235959Z", "9999-12-31T23:59:59Z"],
    ["00500101000000Z", "0050-01-01T00:00:00Z"],
  ])("%s is %s", (text, iso) => {
    expect(timeOf(DerTag.GeneralizedTime, text)).toBe(Date.parse(iso));
  });

  test.each([
    ["500101000000Z", "1950-01-01T00:00:00Z"],
    ["491231235959Z", "2049-12-31T23:59:59Z"],
  ])("of two digits a year, %s, is %s", (text, iso) => {
    expect(timeOf(DerTag.UtcTime, text)).toBe(Date.parse(iso));
  });

  test.each([
    "",
    "20260203040506",
    "20260203040506.5Z",
    "20260203040506+0100",
    "20260230040506Z",
    "20261303040506Z",
    "20260203250506Z",
    "260203040506Z",
    "-0260203040506Z",
  ])("%p is none", (text) => {
    expect(() => timeOf(DerTag.GeneralizedTime, text)).toThrow(DerError);
  });

  test("of the other form, or none, is refused", () => {
    expect(() => timeOf(DerTag.UtcTime, "20260203040506Z")).toThrow(DerError);
    expect(() => timeOf(DerTag.OctetString, "20260203040506Z")).toThrow(DerError);
  });
});
