/** `tls` blocks: what their fields mean and what is said about mistakes in them. */
import { describe, expect, test } from "bun:test";
import type { TlsSettings } from "../../../../src/config/blocks/tls-settings.ts";
import { checkTls, tlsKind } from "../../../../src/config/blocks/tls.ts";
import { readKind } from "./read-kind.ts";
import type { Refusal } from "./user-blocks.ts";

const EMPTY: TlsSettings = {
  certFile: undefined,
  keyFile: undefined,
  caFile: undefined,
  certificates: [],
  verify: false,
  verifyAndMap: false,
  insecure: false,
  timeoutMs: undefined,
  cipherSuites: undefined,
  curvePreferences: undefined,
  minVersion: undefined,
  pinnedCertificates: undefined,
  connectionRateLimit: 0,
  handshakeFirst: false,
  handshakeFirstFallbackMs: undefined,
  ocspPeer: undefined,
  watch: false,
};

const PIN = "0123456789ABCDEF".repeat(4);

function settingsOf(fields: string): TlsSettings | undefined {
  const { value, errors, warnings } = readKind(tlsKind, `tls {\n${fields}\n}`);
  expect([...errors, ...warnings]).toEqual([]);
  return value;
}

/** Fields, one a line, and what they change in the settings of an empty block. */
const MEANINGS: readonly (readonly [string, Partial<TlsSettings>])[] = [
  ["", {}],
  ["watch: true", { watch: true }],
  ["cert_file: a, key_file: b", { certFile: "a", keyFile: "b" }],
  ["CERT_FILE: a, Key_File: b", { certFile: "a", keyFile: "b" }],
  ['cert_file: "", key_file: "", ca_file: ""', {}],
  ["ca_file: c", { caFile: "c" }],
  ["verify: true", { verify: true }],
  ["verify_and_map: true", { verify: true, verifyAndMap: true }],
  ["verify_and_map: true, verify: false", { verify: true, verifyAndMap: true }],
  ["verify_and_map: false, verify: true", { verify: true }],
  ["verify_cert_and_check_known_urls: false", {}],
  ["insecure: true", { insecure: true }],
  ["timeout: 3", { timeoutMs: 3000 }],
  ["timeout: 0.5", { timeoutMs: 500 }],
  ['timeout: "1m30s"', { timeoutMs: 90_000 }],
  ["connection_rate_limit: 10", { connectionRateLimit: 10 }],
  ["connection_rate_limit: -1", { connectionRateLimit: 0 }],
  ['min_version: "1.2"', { minVersion: "1.2" }],
  ['min_version: "1.3"', { minVersion: "1.3" }],
  [
    "curve_preferences: [ CurveP521, X25519MLKEM768 ]",
    { curvePreferences: ["CurveP521", "X25519MLKEM768"] },
  ],
  [
    "cipher_suites: [ TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 ]",
    { cipherSuites: ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] },
  ],
  [
    "cipher_suites: [ TLS_RSA_WITH_RC4_128_SHA ], allow_insecure_cipher_suites: true",
    { cipherSuites: ["TLS_RSA_WITH_RC4_128_SHA"] },
  ],
  [`pinned_certs: [ "${PIN}", "${PIN}" ]`, { pinnedCertificates: [PIN.toLowerCase()] }],
  ["pinned_certs: []", {}],
  ["handshake_first: true", { handshakeFirst: true }],
  ["first: On", { handshakeFirst: true }],
  ["immediate: off", {}],
  ["first: auto", { handshakeFirst: true, handshakeFirstFallbackMs: 50 }],
  ["first: AUTO_FALLBACK", { handshakeFirst: true, handshakeFirstFallbackMs: 50 }],
  ['first: "300ms"', { handshakeFirst: true, handshakeFirstFallbackMs: 300 }],
  ['first: "-5s"', { handshakeFirst: true }],
  [
    "certs: [ { cert_file: a, key_file: b }, { cert_file: c, key_file: d } ]",
    {
      certificates: [
        { certFile: "a", keyFile: "b" },
        { certFile: "c", keyFile: "d" },
      ],
    },
  ],
  [
    "certificates: [ { cert_file: a, key_file: b } ]",
    { certificates: [{ certFile: "a", keyFile: "b" }] },
  ],
  ["certs: []", {}],
];

const NOT_A_FILE = "to be filename";
const NOT_A_FLAG = "to be a boolean";

/** Fields that take one type only, with how their refusal goes on. */
const TYPED_FIELDS: readonly (readonly [string, string])[] = [
  ["cert_file", NOT_A_FILE],
  ["key_file", NOT_A_FILE],
  ["ca_file", NOT_A_FILE],
  ["verify", NOT_A_FLAG],
  ["verify_and_map", NOT_A_FLAG],
  ["verify_cert_and_check_known_urls", NOT_A_FLAG],
  ["insecure", NOT_A_FLAG],
  ["allow_insecure_cipher_suites", NOT_A_FLAG],
];

const SPKI = "hex-encoded sha256 of DER encoded SubjectPublicKeyInfo";
const PAIRS = "error parsing certificates config";

const REFUSALS: readonly Refusal[] = [
  {
    what: "a block that is no map",
    text: "tls: true",
    errors: ["1:0: interface conversion: interface {} is bool, not map[string]interface {}"],
  },
  {
    what: "unknown fields, with a known one that is similar",
    text: "tls {\n  keyfile: a\n  colour: b\n}",
    errors: [
      '2:3: error parsing tls config, unknown field "keyfile", did you mean "key_file"?',
      '3:3: error parsing tls config, unknown field "colour"',
    ],
  },
  {
    what: "a certificate without a key",
    text: "tls { cert_file: a }",
    errors: ["1:0: missing 'key_file' in TLS configuration"],
  },
  {
    what: "a key without a certificate",
    text: 'tls { key_file: a, cert_file: "" }',
    errors: ["1:0: missing 'cert_file' in TLS configuration"],
  },
  {
    what: "known URLs, which only links between servers have",
    text: "tls {\n  verify_cert_and_check_known_urls: true\n}",
    errors: ["2:3: verify_cert_and_check_known_urls not supported in this context"],
  },
  {
    what: "time-outs that are no time",
    text: "tls {\n  timeout: true\n}",
    errors: ["2:3: error parsing tls config, 'timeout' wrong type"],
  },
  {
    what: "time-outs that are no duration",
    text: "tls {\n  timeout: soon\n}",
    errors: ["2:3: error parsing tls config, 'timeout' time: invalid duration \"soon\""],
  },
  {
    what: "time-outs below zero",
    text: "tls {\n  timeout: -1\n}",
    errors: ["2:3: error parsing tls config, 'timeout' can not be negative"],
  },
  {
    what: "a rate that is no number",
    text: 'tls {\n  connection_rate_limit: "10"\n}',
    errors: ["2:3: error parsing tls config, 'connection_rate_limit' wrong type"],
  },
  {
    what: "cipher suites that are no list",
    text: "tls {\n  cipher_suites: TLS_AES_128_GCM_SHA256\n}",
    errors: ["2:3: interface conversion: interface {} is string, not []interface {}"],
  },
  {
    what: "an empty list of cipher suites",
    text: "tls {\n  cipher_suites: []\n}",
    errors: ["2:3: error parsing tls config, 'cipher_suites' cannot be empty"],
  },
  {
    what: "each unknown cipher suite where it stands",
    text: "tls {\n  cipher_suites: [ TLS_AES_128_GCM_SHA256\n a\n 5\n b ]\n}",
    errors: [
      "3:2: unrecognized cipher a",
      "4:2: interface conversion: interface {} is int64, not string",
      "5:2: unrecognized cipher b",
    ],
  },
  {
    what: "insecure cipher suites that are not allowed",
    text:
      "tls {\n  cipher_suites: [ TLS_RSA_WITH_RC4_128_SHA, TLS_AES_128_GCM_SHA256, " +
      "TLS_RSA_WITH_AES_128_CBC_SHA ]\n}",
    errors: [
      "1:0: insecure cipher suites configured without 'allow_insecure_cipher_suites' option set: " +
        "TLS_RSA_WITH_RC4_128_SHA, TLS_RSA_WITH_AES_128_CBC_SHA",
    ],
  },
  {
    what: "an empty list of curves",
    text: "tls {\n  curve_preferences: []\n}",
    errors: ["2:3: error parsing tls config, 'curve_preferences' cannot be empty"],
  },
  {
    what: "unknown curves",
    text: "tls {\n  curve_preferences: [ CurveP256, P256 ]\n}",
    errors: ["2:35: unrecognized curve preference P256"],
  },
  {
    what: "versions that are too old",
    text: 'tls {\n  min_version: "1.1"\n}',
    errors: ["2:3: error parsing tls config: unsupported TLS version: TLS 1.1"],
  },
  {
    what: "unknown versions",
    text: 'tls {\n  min_version: "1.4"\n}',
    errors: ["2:3: error parsing tls config: unknown version: 1.4"],
  },
  {
    what: "versions without quotes, which are numbers",
    text: "tls {\n  min_version: 1.2\n}",
    errors: ["2:3: error parsing tls config: 'min_version' wrong type: 1.2"],
  },
  {
    what: "pins that are no list",
    text: `tls {\n  pinned_certs: "${PIN}"\n}`,
    errors: [`2:3: error parsing tls config, expected 'pinned_certs' to be a list of ${SPKI}`],
  },
  {
    what: "each pin that is none",
    text: `tls {\n  pinned_certs: [ "ABC", "${PIN}", 5\n "${PIN}0" ]\n}`,
    errors: [
      `2:20: error parsing tls config, 'pinned_certs' key abc does not look like ${SPKI}`,
      "2:94: interface conversion: interface {} is int64, not string",
      "3:3: error parsing tls config, 'pinned_certs' key " +
        `${PIN.toLowerCase()}0 does not look like ${SPKI}`,
    ],
  },
  {
    what: "an order of INFO and handshake that is no word",
    text: 'tls {\n  First: "later"\n}',
    errors: ['2:3: field "First"\'s value "later" is invalid'],
  },
  {
    what: "an order of INFO and handshake of another type",
    text: "tls {\n  immediate: 5\n}",
    errors: ['2:3: field "immediate" should be a boolean or a string, got int64'],
  },
  {
    what: "certificates in both forms",
    text: "tls {\n  cert_file: a, key_file: b\n  certs: [ { cert_file: c, key_file: d } ]\n}",
    errors: [
      "1:0: error parsing tls config, cannot combine 'cert_file' option with 'certs' option",
    ],
  },
  {
    what: "certificates that are no list",
    text: "tls {\n  certs: { cert_file: a }\n}",
    errors: [`2:3: ${PAIRS}: unsupported type map[string]interface {}`],
  },
  {
    what: "each certificate of a list that is none",
    text:
      "tls {\n  certs: [\n    5\n    { cert_file: a }\n    {}\n" +
      "    { cert_file: 5, key_file: b }\n    { cert: a, key_file: b, cert_file: c }\n  ]\n}",
    errors: [
      `3:5: ${PAIRS}: unsupported type int64`,
      `4:7: ${PAIRS}: both 'cert_file' and 'cert_key' options are required`,
      `5:7: ${PAIRS}: both 'cert_file' and 'cert_key' options are required`,
      `6:7: ${PAIRS}: unsupported type int64`,
      '7:7: error parsing tls certs config, unknown field "cert"',
    ],
  },
  {
    what: "all that is wrong at once",
    text: "tls {\n  cert_file: 3\n  key_file: a\n  verify: 4\n  timeout: []\n  foo: 1\n}",
    errors: [
      "2:3: error parsing tls config, expected 'cert_file' to be filename",
      "4:3: error parsing tls config, expected 'verify' to be a boolean",
      "5:3: error parsing tls config, 'timeout' wrong type",
      '6:3: error parsing tls config, unknown field "foo"',
    ],
  },
];

describe("a tls block", () => {
  for (const [fields, changes] of MEANINGS) {
    test(`reads ${fields === "" ? "no fields" : fields}`, () => {
      expect(settingsOf(fields)).toEqual({ ...EMPTY, ...changes });
    });
  }

  test("may hold a variable for use further down", () => {
    expect(settingsOf("wait: 5\ntimeout: $wait")?.timeoutMs).toBe(5000);
  });
});

describe("a tls block: the reader reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => expect(readKind(tlsKind, text).errors).toEqual([...errors]));
  }

  for (const [key, wanted] of TYPED_FIELDS) {
    test(`${key} of a wrong type`, () => {
      const { errors } = readKind(tlsKind, `tls {\n  ${key}: 5\n}`);
      expect(errors).toEqual([`2:3: error parsing tls config, expected '${key}' ${wanted}`]);
    });
  }
});

describe("checkTls", () => {
  test("wants client certificates if OCSP is asked about them", () => {
    const reason =
      "OCSP peer verification for client connections requires TLS verify (mTLS) to be enabled";
    const problemsOf = (fields: string) => checkTls(settingsOf(fields) ?? EMPTY);
    expect(problemsOf("ocsp_peer: true")).toEqual([reason]);
    expect(problemsOf("ocsp_peer: true, verify: true")).toEqual([]);
    expect(problemsOf("ocsp_peer: true, verify_and_map: true")).toEqual([]);
    expect(problemsOf("ocsp_peer: false")).toEqual([]);
    expect(problemsOf("")).toEqual([]);
  });
});
