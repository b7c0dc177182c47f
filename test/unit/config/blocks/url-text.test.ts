/** URLs in configuration files: origins of pages, and what messages show. */
import { describe, expect, test } from "bun:test";
import { type Origin, parseOrigin, shownUrl } from "../../../../src/config/blocks/url-text.ts";

const ORIGINS: readonly (readonly [string, Origin])[] = [
  ["http://example.com", { scheme: "http", host: "example.com", port: 80 }],
  ["HTTPS://Example.COM", { scheme: "https", host: "example.com", port: 443 }],
  ["http://example.com:8080", { scheme: "http", host: "example.com", port: 8080 }],
  ["http://example.com:", { scheme: "http", host: "example.com", port: 80 }],
  ["http://example.com:8080/a?b#c", { scheme: "http", host: "example.com", port: 8080 }],
  ["https://[::1]:8443", { scheme: "https", host: "::1", port: 8443 }],
  ["https://[FE80::1]", { scheme: "https", host: "fe80::1", port: 443 }],
  ["http://me:secret@example.com", { scheme: "http", host: "example.com", port: 80 }],
];

const UNPARSABLE: readonly (readonly [string, string])[] = [
  ["", "empty url"],
  ["example.com", "invalid URI for request"],
  ["null", "invalid URI for request"],
  ["1http://x", "invalid URI for request"],
  [":foo", "missing protocol scheme"],
  ["http://foo:bar", 'invalid port ":bar" after host'],
  ["http://a:b:c", 'invalid port ":c" after host'],
  ["http://x:-1", 'invalid port ":-1" after host'],
  ["http://[::1", "missing ']' in host"],
  ["http://[::1]x", 'invalid port "x" after host'],
  ["http://a b", 'invalid character " " in host name'],
  ["http://a%zzb", 'invalid URL escape "%zz"'],
  ["http://a\tb", "net/url: invalid control character in URL"],
];

const NOT_ABSOLUTE: readonly string[] = ["*", "/x", "//x", "ftp://x", "foo.com:8080"];

describe("an allowed origin", () => {
  for (const [text, origin] of ORIGINS) {
    test(`reads ${text}`, () => expect(parseOrigin(text)).toEqual(origin));
  }

  for (const [text, reason] of UNPARSABLE) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      const parse = `parse ${JSON.stringify(text)}`;
      expect(() => parseOrigin(text)).toThrow(
        `unable to parse allowed origin: ${parse}: ${reason}`,
      );
    });
  }

  for (const text of NOT_ABSOLUTE) {
    test(`is no absolute URL: ${text}`, () => {
      expect(() => parseOrigin(text)).toThrow(
        `unable to parse allowed origin "${text}": ` +
          "allowed origins must be absolute URLs with http or https scheme",
      );
    });
  }

  for (const text of ["http://", "http:x", "http:///x"]) {
    test(`needs a host: ${text}`, () => {
      expect(() => parseOrigin(text)).toThrow(
        `unable to parse allowed origin "${text}": host is required`,
      );
    });
  }

  test("has colons in its host only between brackets", () => {
    expect(() => parseOrigin("http://::1")).toThrow(
      'unable to parse allowed origin "http://::1": too many colons in address',
    );
  });

  test("is not shown with a password that stands in it", () => {
    expect(() => parseOrigin("http://me:se cret@x")).toThrow(
      'parse "http://[REDACTED]@x": net/url: invalid userinfo',
    );
    expect(() => parseOrigin("http://me:secret@x:y")).toThrow(
      'parse "http://[REDACTED]@x:y": invalid port after host',
    );
    expect(() => parseOrigin("http://me:sec/ret@x")).toThrow(
      'parse "http://[REDACTED]@x": invalid port after host',
    );
  });
});

describe("a URL in a message", () => {
  test("is in quotes", () => expect(shownUrl("http://a/b")).toBe('"http://a/b"'));

  test("is without user and password", () => {
    expect(shownUrl("https://me:pa@ss@host/x")).toBe('"https://[REDACTED]@host/x"');
    expect(shownUrl("me:secret@host")).toBe('"[REDACTED]@host"');
  });
});
