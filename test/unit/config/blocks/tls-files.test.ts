/** The files that `tls` blocks name. */
import { describe, expect, test } from "bun:test";
import { mqttKind } from "../../../../src/config/blocks/mqtt.ts";
import type { FileNamingKind } from "../../../../src/config/blocks/named-files.ts";
import { certificatesOf, tlsFiles } from "../../../../src/config/blocks/tls-files.ts";
import { tlsKind } from "../../../../src/config/blocks/tls.ts";
import { websocketKind } from "../../../../src/config/blocks/websocket.ts";
import { readKind } from "./read-kind.ts";

const FILES = { "a.pem": "", "b.pem": "", "ca.pem": "" };
const LISTENERS: readonly (readonly [string, FileNamingKind<unknown>])[] = [
  ["websocket", websocketKind],
  ["mqtt", mqttKind],
];

const PAIR = "error parsing X509 certificate/key pair";
const MISSING = "no such file or directory";

function settingsOf(fields: string) {
  const { value } = readKind(tlsKind, `tls { ${fields} }`);
  if (value === undefined) throw new Error("no settings");
  return value;
}

describe("the files of a tls block", () => {
  test("are its certificates, their keys and the CA", () => {
    const settings = settingsOf("cert_file: a, key_file: b, ca_file: c");
    expect(tlsFiles(settings)).toEqual(["a", "b", "c"]);
    expect(certificatesOf(settings)).toEqual([{ certFile: "a", keyFile: "b" }]);
  });

  test("are those of each certificate in a list", () => {
    const settings = settingsOf(
      "certs: [ {cert_file: a, key_file: b}, {cert_file: c, key_file: d} ]",
    );
    expect(tlsFiles(settings)).toEqual(["a", "b", "c", "d"]);
  });

  test("are none if it names none", () => expect(tlsFiles(settingsOf(""))).toEqual([]));

  test("are fine if they can be read", () => {
    const text = "tls { cert_file: a.pem, key_file: b.pem, ca_file: ca.pem }";
    expect(readKind(tlsKind, text, FILES).errors).toEqual([]);
  });

  test("are all reported that cannot be read, at the block", () => {
    const text = "tls { cert_file: x.pem, key_file: y.pem, ca_file: z.pem }";
    expect(readKind(tlsKind, text, { "y.pem": true }).errors).toEqual([
      `1:0: ${PAIR}: open x.pem: ${MISSING}`,
      `1:0: ${PAIR}: open y.pem: is a directory`,
      `1:0: open z.pem: ${MISSING}`,
    ]);
  });

  test("are reported with the number of their certificate in a list", () => {
    const text =
      "tls { certs: [ {cert_file: a.pem, key_file: b.pem}, {cert_file: a.pem, key_file: x.pem} ] }";
    expect(readKind(tlsKind, text, FILES).errors).toEqual([
      `1:0: ${PAIR} 2/2: open x.pem: ${MISSING}`,
    ]);
  });

  test("are not shown if a key stands in the place of its path", () => {
    const text = "tls { cert_file: a.pem, key_file: '-----BEGIN PRIVATE KEY-----\nhunter2' }";
    expect(readKind(tlsKind, text, FILES).errors).toEqual([
      `1:0: ${PAIR}: the path of a file is wanted, not what is in it`,
    ]);
  });

  test("are not looked for while the block itself is wrong", () => {
    const text = "tls { cert_file: x.pem }";
    expect(readKind(tlsKind, text, FILES).errors).toEqual([
      "1:0: missing 'key_file' in TLS configuration",
    ]);
  });

  for (const [name, kind] of LISTENERS) {
    test(`are reported where the block stands inside ${name}`, () => {
      const text = `${name} {\n  port: -1\n  TLS { cert_file: x.pem, key_file: b.pem }\n}`;
      expect(readKind(kind, text, FILES).errors).toEqual([`3:3: ${PAIR}: open x.pem: ${MISSING}`]);
      expect(readKind(kind, `${name} { port: -1 }`, FILES).errors).toEqual([]);
    });
  }
});
