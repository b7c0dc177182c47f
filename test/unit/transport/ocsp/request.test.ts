/** Questions to OCSP responders, and what of a certificate they need. */
import { describe, expect, test } from "bun:test";
import { ocspRequest } from "../../../../src/transport/ocsp/request.ts";
import {
  MAX_CERTIFICATE_BYTES,
  ocspCertificate,
} from "../../../../src/transport/ocsp/ocsp-certificate.ts";
import { Random } from "../../../../src/util/random.ts";
import { makeCertificate } from "../../../support/certificate-maker.ts";
import { vector, vectorCertificate } from "./vectors.ts";

const ROUNDS = 3000;

test("a question is openssl's, byte by byte", () => {
  const link = {
    certificate: vectorCertificate("good"),
    issuer: vectorCertificate("ec-authority"),
  };
  expect(Buffer.from(ocspRequest(link))).toEqual(Buffer.from(vector("good.request")));
});

describe("a certificate tells", () => {
  test("its responders, and nobody else's address", () => {
    expect(vectorCertificate("good").responderUrls).toEqual(["http://127.0.0.1:1/ocsp"]);
    expect(vectorCertificate("ec-authority").responderUrls).toEqual([]);
  });

  test("whether it has to come with an answer", () => {
    expect(vectorCertificate("good").mustStaple).toBe(true);
    expect(vectorCertificate("revoked").mustStaple).toBe(false);
  });

  test("whether it may sign answers, and how long it is valid", () => {
    const [beginMs, endMs] = [Date.UTC(2026, 0, 1), Date.UTC(2061, 5, 1)];
    const { der } = makeCertificate({ name: "a", usages: ["client", "ocsp"], beginMs, endMs });
    expect(ocspCertificate(der)).toMatchObject({ signsOcsp: true, beginMs, endMs });
    expect(vectorCertificate("good").signsOcsp).toBe(false);
  });
});

test("what is no certificate is none", () => {
  const seed = Date.now();
  const random = new Random(seed);
  const { der } = makeCertificate({ name: "a", responderUrls: ["http://a/"], usages: ["ocsp"] });
  expect(ocspCertificate(new Uint8Array())).toBeUndefined();
  expect(ocspCertificate(Buffer.concat([der, der]))).toBeUndefined();
  expect(ocspCertificate(new Uint8Array(MAX_CERTIFICATE_BYTES + 1))).toBeUndefined();
  for (let round = 0; round < ROUNDS; round++) {
    const cut = der.slice(0, random.below(der.length));
    expect([seed, ocspCertificate(cut)]).toEqual([seed, undefined]);
    const changed = der.slice();
    for (let i = 0; i < 3; i++) changed[random.below(der.length)] = random.below(256);
    expect(() => ocspCertificate(changed)).not.toThrow();
  }
});
