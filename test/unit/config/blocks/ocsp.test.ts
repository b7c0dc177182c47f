/** The blocks `ocsp` and `ocsp_cache`, and `ocsp_peer` of `tls` blocks. */
import { describe, expect, test } from "bun:test";
import {
  type OcspCacheSettings,
  type OcspSettings,
  ocspCacheKind,
  ocspKind,
} from "../../../../src/config/blocks/ocsp.ts";
import type { OcspPeerSettings } from "../../../../src/config/blocks/ocsp-peer.ts";
import { tlsKind } from "../../../../src/config/blocks/tls.ts";
import { readKind } from "./read-kind.ts";

const STAPLING: readonly (readonly [string, Partial<OcspSettings>])[] = [
  ["true", { mode: "auto", urls: [] }],
  ["false", { mode: "never", urls: [] }],
  ["{}", { mode: "auto", urls: [] }],
  ["{ mode: auto }", { mode: "auto", urls: [] }],
  ["{ mode: ALWAYS }", { mode: "always", urls: [] }],
  ["{ mode: Must }", { mode: "must", urls: [] }],
  ["{ mode: never }", { mode: "never", urls: [] }],
  ['{ url: "http://a" }', { mode: "auto", urls: ["http://a"] }],
  ['{ urls: [ "http://a", "http://b" ] }', { mode: "auto", urls: ["http://a", "http://b"] }],
  ['{ urls: "http://a" }', { mode: "auto", urls: ["http://a"] }],
  ['{ urls: [ "http://b" ], url: "http://a" }', { mode: "auto", urls: ["http://a", "http://b"] }],
  ["{ library: system }", { mode: "auto", library: "system" }],
  ['{ mode: must, library: "/a/libssl.so" }', { mode: "must", library: "/a/libssl.so" }],
  ["true", { library: undefined }],
];

const LIBRARIES = `'library' has to be "system" or the path of a libssl`;

const STAPLING_REFUSALS: readonly (readonly [string, string])[] = [
  ["5", "1:0: error parsing ocsp config: unsupported type int64"],
  ["[ a ]", "1:0: error parsing ocsp config: unsupported type []interface {}"],
  ["{\n mode: maybe\n}", '2:2: error parsing ocsp config: unsupported ocsp mode "maybe"'],
  ["{\n mode: 5\n}", "2:2: interface conversion: interface {} is int64, not string"],
  ["{\n url: 5\n}", "2:2: interface conversion: interface {} is int64, not string"],
  ["{\n urls: 5\n}", "2:2: error parsing urls: unsupported type int64"],
  ["{\n urls: [ a, 5 ]\n}", "2:13: error parsing urls: unsupported type in array int64"],
  ["{\n colour: 5\n}", '2:2: error parsing ocsp config: unsupported field "colour"'],
  ["{\n library: libssl.so\n}", `2:2: error parsing ocsp config: ${LIBRARIES}`],
  ["{\n library: true\n}", "2:2: interface conversion: interface {} is bool, not string"],
];

const CACHE: OcspCacheSettings = {
  type: "local",
  localStore: "_rc_",
  preserveRevoked: false,
  saveIntervalMs: 300_000,
};

const CACHES: readonly (readonly [string, Partial<OcspCacheSettings>])[] = [
  ["true", {}],
  ["false", { type: "none" }],
  ["{}", {}],
  ["{ Type: LOCAL }", {}],
  ["{ type: none }", { type: "none" }],
  ["{ local_store: dir }", { localStore: "dir" }],
  ["{ preserve_revoked: true }", { preserveRevoked: true }],
  ["{ save_interval: 3.9 }", { saveIntervalMs: 3000 }],
  ["{ save_interval: 0 }", { saveIntervalMs: 1000 }],
  ["{ save_interval: -4 }", { saveIntervalMs: 1000 }],
  ['{ save_interval: "2m" }', { saveIntervalMs: 120_000 }],
];

const CACHE_ERROR = "error parsing OCSP peer cache config";

const CACHE_REFUSALS: readonly (readonly [string, string])[] = [
  ["5", "1:0: error parsing ocsp_cache: unsupported type int64"],
  ["{\n type: disk\n}", `2:2: ${CACHE_ERROR}, unknown type [disk]`],
  ["{\n type: 5\n}", `2:2: ${CACHE_ERROR}, expected 'type' to be a string`],
  ["{\n local_store: 5\n}", `2:2: ${CACHE_ERROR}, expected 'local_store' to be a string`],
  [
    "{\n preserve_revoked: 5\n}",
    `2:2: ${CACHE_ERROR}, expected 'preserve_revoked' to be a boolean`,
  ],
  ["{\n save_interval: []\n}", `2:2: ${CACHE_ERROR}, conversion error: unexpected type`],
  [
    "{\n save_interval: soon\n}",
    `2:2: ${CACHE_ERROR}, conversion error: time: invalid duration "soon"`,
  ],
  ["{\n colour: 5\n}", `2:2: ${CACHE_ERROR}, unknown field ["colour"]`],
];

const PEER: OcspPeerSettings = {
  verify: false,
  caTimeoutMs: 2000,
  allowedClockSkewMs: 30_000,
  warnOnly: false,
  unknownIsGood: false,
  allowWhenCaUnreachable: false,
  cacheTtlWhenNextUpdateUnsetMs: 3_600_000,
};

const PEERS: readonly (readonly [string, Partial<OcspPeerSettings>])[] = [
  ["true", { verify: true }],
  ["false", {}],
  ["{}", {}],
  ["{ Verify: true }", { verify: true }],
  ["{ ca_timeout: 0.5 }", { caTimeoutMs: 500 }],
  ["{ ca_timeout: -1 }", {}],
  ['{ allowed_clockskew: "1m" }', { allowedClockSkewMs: 60_000 }],
  ["{ warn_only: true }", { warnOnly: true }],
  ["{ unknown_is_good: true }", { unknownIsGood: true }],
  ["{ allow_when_ca_unreachable: true }", { allowWhenCaUnreachable: true }],
  ["{ cache_ttl_when_next_update_unset: 60 }", { cacheTtlWhenNextUpdateUnsetMs: 60_000 }],
];

const PEER_ERROR = "error parsing tls peer config";

const PEER_REFUSALS: readonly (readonly [string, string])[] = [
  ["5", "2:2: error parsing ocsp peer config: unsupported type int64"],
  ["{\n verify: 5\n}", `3:2: ${PEER_ERROR}, expected 'verify' to be a boolean`],
  ["{\n warn_only: 5\n}", `3:2: ${PEER_ERROR}, expected 'warn_only' to be a boolean`],
  ["{\n ca_timeout: []\n}", `3:2: ${PEER_ERROR}, conversion error: unexpected type`],
  [
    "{\n allowed_clockskew: soon\n}",
    `3:2: ${PEER_ERROR}, conversion error: time: invalid duration "soon"`,
  ],
  ["{\n colour: 5\n}", `3:2: ${PEER_ERROR}, unknown field ["colour"]`],
];

describe("ocsp", () => {
  for (const [written, settings] of STAPLING) {
    test(`reads ${written}`, () => {
      expect(readKind(ocspKind, `ocsp: ${written}`)).toMatchObject({ value: settings, errors: [] });
    });
  }
  for (const [written, line] of STAPLING_REFUSALS) {
    test(`refuses ${JSON.stringify(written)}`, () => {
      expect(readKind(ocspKind, `ocsp: ${written}`).errors).toEqual([line]);
    });
  }
});

describe("ocsp_cache", () => {
  for (const [written, changes] of CACHES) {
    test(`reads ${written}`, () => {
      const { value, errors } = readKind(ocspCacheKind, `ocsp_cache: ${written}`);
      expect(errors).toEqual([]);
      expect(value).toEqual({ ...CACHE, ...changes });
    });
  }
  for (const [written, line] of CACHE_REFUSALS) {
    test(`refuses ${JSON.stringify(written)}`, () => {
      expect(readKind(ocspCacheKind, `ocsp_cache: ${written}`).errors).toEqual([line]);
    });
  }
});

describe("ocsp_peer", () => {
  for (const [written, changes] of PEERS) {
    test(`reads ${written}`, () => {
      const { value, errors } = readKind(tlsKind, `tls { ocsp_peer: ${written} }`);
      expect(errors).toEqual([]);
      expect(value?.ocspPeer).toEqual({ ...PEER, ...changes });
    });
  }
  for (const [written, line] of PEER_REFUSALS) {
    test(`refuses ${JSON.stringify(written)}`, () => {
      expect(readKind(tlsKind, `tls {\n ocsp_peer: ${written}\n}`).errors).toEqual([line]);
    });
  }
});
