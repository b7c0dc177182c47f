/** CONNECT's JSON: defaults, spelling of names, types, and what a second CONNECT keeps. */
import { describe, expect, test } from "bun:test";
import { ConnectDecoder, defaultConnectOptions } from "../../../src/nats/connect.ts";
import type { ConnectOptions } from "../../../src/nats/connect.ts";
import { ProtocolError, protocolErrors } from "../../../src/nats/errors.ts";

function decode(json: string, previous = defaultConnectOptions): ConnectOptions {
  const bytes = Buffer.from(`CONNECT ${json}\r\n`);
  return new ConnectDecoder().decode(bytes, 8, bytes.length - 2, previous);
}

function problemOf(json: string): unknown {
  try {
    decode(json);
  } catch (error) {
    return error instanceof ProtocolError ? error.row : error;
  }
  return undefined;
}

const TOGGLES = [
  "verbose",
  "pedantic",
  "tls_required",
  "echo",
  "headers",
  "no_responders",
  "new_account",
];
const TEXTS = [
  "user",
  "pass",
  "auth_token",
  "jwt",
  "nkey",
  "sig",
  "proxy_sig",
  "name",
  "lang",
  "version",
  "account",
];

describe("decoding", () => {
  test("starts with verbose, pedantic and echo on", () => {
    expect(decode("{}")).toMatchObject({
      verbose: true,
      pedantic: true,
      echo: true,
      headers: false,
    });
  });

  test("takes field names in any case", () => {
    expect(decode('{"VERBOSE":false,"Auth_Token":"t"}')).toMatchObject({
      verbose: false,
      auth_token: "t",
    });
  });

  test("ignores unknown fields, whatever they hold", () => {
    expect(decode('{"x":1,"__proto__":{"user":"a"},"toString":2}')).toEqual(defaultConnectOptions);
  });

  test("treats null as absent", () => {
    expect(decode('{"verbose":null,"user":null,"protocol":null}')).toEqual(defaultConnectOptions);
    expect(decode("null")).toEqual(defaultConnectOptions);
  });

  test("keeps what an earlier CONNECT said unless it is said anew", () => {
    const first = decode('{"verbose":false,"user":"a","pass":"b","protocol":1}');
    expect(decode('{"user":"c","echo":false}', first)).toEqual({
      ...first,
      user: "c",
      echo: false,
    });
    expect(first.echo).toBe(true);
  });

  test("reads texts as UTF-8", () => {
    expect(decode('{"name":"caf\u00e9 \u20ac"}').name).toBe("caf\u00e9 \u20ac");
  });

  test("ignores blanks around the object", () => {
    expect(decode(' \t{"user":"a"} \r').user).toBe("a");
  });
});

describe("refused without an error text", () => {
  for (const json of ["", "{", "{}x", "x", "[]", '"a"', "1", "true", "{'a':1}", '{"a":1,}']) {
    test(`${JSON.stringify(json)}, which is no JSON object`, () => {
      expect(problemOf(json)).toBe(protocolErrors.badArguments);
    });
  }

  for (const name of TOGGLES) {
    test(`${name} that is not true or false`, () => {
      for (const value of ['"true"', "1", "{}", "[]"]) {
        expect(problemOf(`{"${name}":${value}}`)).toBe(protocolErrors.badArguments);
      }
    });
  }

  for (const name of TEXTS) {
    test(`${name} that is not a text`, () => {
      for (const value of ["true", "1", "{}", "[]"]) {
        expect(problemOf(`{"${name}":${value}}`)).toBe(protocolErrors.badArguments);
      }
    });
  }

  test("protocol that is not a whole number", () => {
    for (const value of ['"1"', "true", "1.5", "1e400", "{}"]) {
      expect(problemOf(`{"protocol":${value}}`)).toBe(protocolErrors.badArguments);
    }
  });
});

test("the same CONNECT of two clients gives one object, another one its own", () => {
  const decoder = new ConnectDecoder();
  const decodeWith = (json: string, previous = defaultConnectOptions) => {
    const bytes = Buffer.from(json);
    return decoder.decode(bytes, 0, bytes.length, previous);
  };
  const first = decodeWith('{"name":"a"}');
  expect(decodeWith('{"name":"a"}')).toBe(first);
  expect(decodeWith('{"name":"b"}').name).toBe("b");
  expect(() => decodeWith("{")).toThrow(ProtocolError);
  expect(decodeWith('{"verbose":false}', first)).toEqual({ ...first, verbose: false });
  expect(decodeWith('{"name":"b"}').verbose).toBe(true);
});
