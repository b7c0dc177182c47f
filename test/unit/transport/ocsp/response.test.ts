/** What OCSP responses are taken for: those of openssl, and those that are wrong in some way. */
import { describe, expect, test } from "bun:test";
import type { OcspLink } from "../../../../src/transport/ocsp/certificate-id.ts";
import { ocspCertificate } from "../../../../src/transport/ocsp/ocsp-certificate.ts";
import {
  MAX_EMBEDDED_CERTIFICATES,
  MAX_RESPONSE_BYTES,
  verifyOcspResponse,
} from "../../../../src/transport/ocsp/response.ts";
import { Random } from "../../../../src/util/random.ts";
import {
  type MadeCertificate,
  extension,
  makeCertificate,
} from "../../../support/certificate-maker.ts";
import { type AnswerWish, ocspAnswer, ocspRefusal } from "../../../support/ocsp-answer.ts";
import { vector, vectorCertificate } from "./vectors.ts";

const ROUNDS = 5000;
const MINUTE_MS = 60_000;
/** When those of openssl were made. */
const VECTORS_MS = Date.parse("2027-01-01T00:00:00Z");

function outcome(der: Uint8Array, certificate: string, issuer: string): unknown {
  const link = { certificate: vectorCertificate(certificate), issuer: vectorCertificate(issuer) };
  const found = verifyOcspResponse(der, link, VECTORS_MS, 0);
  return "reason" in found ? found.reason : found.status;
}

describe("of openssl's answers", () => {
  test.each([
    ["good", "good", "good"],
    ["good-by-key", "good", "good"],
    ["delegated", "good", "good"],
    ["revoked", "revoked", "revoked"],
    ["unknown", "unknown", "unknown"],
    ["badly-delegated", "good", "the signer is not authorized for OCSP"],
    ["good", "revoked", "no response matching the supplied certificate"],
    ["rsa-good", "good", "no response matching the supplied certificate"],
  ])("%s says of %s: %s", (answer, certificate, expected) => {
    expect(outcome(vector(answer), certificate, "ec-authority")).toBe(expected);
  });

  test.each([
    ["rsa-good", "good"],
    ["sha1", "good"],
    ["md5", expect.stringContaining("insecure algorithm MD5-RSA")],
  ])("%s, signed with RSA: %p", (answer, expected) => {
    expect(outcome(vector(answer), "rsa-good", "rsa-authority")).toEqual(expected);
  });

  test("revocation has its time", () => {
    const link = {
      certificate: vectorCertificate("revoked"),
      issuer: vectorCertificate("ec-authority"),
    };
    const found = verifyOcspResponse(vector("revoked"), link, VECTORS_MS, 0);
    expect(found).toMatchObject({ revokedAtMs: Date.parse("2024-01-01T12:00:00Z") });
  });
});

const authority = makeCertificate({ name: "authority", isAuthority: true });
const other = makeCertificate({ name: "other", isAuthority: true });
const client = makeCertificate({ name: "client", issuer: authority, usages: ["client"] });
const base = { certificate: client, issuer: authority, status: "good" } as const;

function linkOf(certificate: MadeCertificate, issuer: MadeCertificate): OcspLink {
  return { certificate: ocspCertificate(certificate.der)!, issuer: ocspCertificate(issuer.der)! };
}

const link = linkOf(client, authority);

function verified(wish: Partial<AnswerWish>, nowMs = Date.now(), skewMs = 0): unknown {
  const found = verifyOcspResponse(ocspAnswer({ ...base, ...wish }), link, nowMs, skewMs);
  return "reason" in found ? found.reason : found.status;
}

describe("an answer counts", () => {
  test("if the issuer has signed it", () => {
    expect(verified({})).toBe("good");
    expect(verified({ status: "revoked" })).toBe("revoked");
    expect(verified({ status: "unknown" })).toBe("unknown");
    expect(verified({ embeds: [authority] })).toBe("good");
  });

  test("if one has signed it whom the issuer has named for that", () => {
    const signer = makeCertificate({ name: "signer", issuer: authority, usages: ["ocsp"] });
    expect(verified({ signer })).toBe("good");
    expect(verified({ signer, embeds: [other, signer] })).toBe("good");
  });

  test("with the times that it tells", () => {
    const thisUpdateMs = Date.UTC(2026, 1, 3, 4, 5, 6);
    const answer = ocspAnswer({ ...base, thisUpdateMs, nextUpdateMs: undefined });
    expect(verifyOcspResponse(answer, link, Date.now(), 0)).toMatchObject({
      thisUpdateMs,
      nextUpdateMs: undefined,
    });
  });
});

describe("an answer does not count", () => {
  test("of another authority", () => {
    expect(verified({ signer: other })).toMatch(/^bad OCSP signature: x509: issuer name does not/);
    expect(verified({ signer: other, embeds: [] })).toMatch(/the responder has no certificate/);
    const twin = makeCertificate({ name: "authority", isAuthority: true });
    expect(verified({ signer: twin })).toBe("bad OCSP signature: x509: ECDSA verification failure");
  });

  test("of one whom the issuer has named for something else", () => {
    const wrong = "the signer is not authorized for OCSP";
    expect(verified({ signer: client })).toBe(wrong);
    const answer = ocspAnswer({ ...base, signer: client });
    expect(verifyOcspResponse(answer, link, Date.now(), 0)).toEqual({
      reason: wrong,
      isWronglyDelegated: true,
    });
  });

  test("of one whose time is over or has not begun, give or take the clocks", () => {
    const nowMs = Date.now();
    const usages = ["ocsp"] as const;
    const endMs = nowMs - MINUTE_MS;
    const old = makeCertificate({ name: "old", issuer: authority, usages, endMs });
    const beginMs = nowMs + MINUTE_MS;
    const early = makeCertificate({ name: "early", issuer: authority, usages, beginMs });
    for (const signer of [old, early]) {
      expect(verified({ signer }, nowMs)).toBe("the signer is not authorized for OCSP");
      expect(verified({ signer }, nowMs, 2 * MINUTE_MS)).toBe("good");
    }
  });

  test("about a certificate of another issuer with the same number", () => {
    expect(verified({ issuer: other, signer: authority })).toBe(
      "no response matching the supplied certificate",
    );
  });

  test("with a hash or a signature that nobody knows, or a broken one", () => {
    expect(verified({ hashType: "1.2.840.113549.2.5" })).toBe("unsupported issuer hash algorithm");
    expect(verified({ algorithm: "1.2.3.4" })).toMatch(/algorithm unimplemented$/);
    expect(verified({ algorithm: "1.2.840.113549.1.1.4" })).toMatch(/insecure algorithm MD5-RSA$/);
    expect(verified({ algorithm: "1.2.840.113549.1.1.11" })).toMatch(/another key/);
    expect(verified({ algorithm: "1.2.840.10045.4.3.3" })).toMatch(/ECDSA verification failure$/);
  });

  test("with an extension that may not be passed over", () => {
    const wanted = [extension("1.2.3", new Uint8Array(), true)];
    const allowed = [extension("1.2.3", new Uint8Array())];
    const problem = "unsupported critical extension";
    expect(verified({ singleExtensions: wanted })).toBe(problem);
    expect(verified({ responseExtensions: wanted })).toBe(problem);
    expect(verified({ singleExtensions: allowed, responseExtensions: allowed })).toBe("good");
  });

  test("if the responder does not give any", () => {
    const reason = (code: number) => verifyOcspResponse(ocspRefusal(code), link, 0, 0);
    expect(reason(6)).toMatchObject({ reason: "ocsp: error from server: unauthorized" });
    expect(reason(3)).toMatchObject({ reason: "ocsp: error from server: try later" });
    expect(reason(9)).toMatchObject({ reason: expect.stringMatching("unknown OCSP status: 9") });
  });

  test("if it is too long, or its signer comes behind too many others", () => {
    const long = new Uint8Array(MAX_RESPONSE_BYTES + 1);
    const found = verifyOcspResponse(long, link, 0, 0);
    expect(found).toMatchObject({ reason: "OCSP response is too long" });
    const signer = makeCertificate({ name: "signer", issuer: authority, usages: ["ocsp"] });
    const before = Array<MadeCertificate>(MAX_EMBEDDED_CERTIFICATES - 1).fill(other);
    expect(verified({ signer, embeds: [...before, signer] })).toBe("good");
    expect(verified({ signer, embeds: [other, ...before, signer] })).toMatch(/no certificate$/);
  });

  test("if something follows it", () => {
    const answer = ocspAnswer(base);
    const found = verifyOcspResponse(Buffer.concat([answer, answer]), link, Date.now(), 0);
    expect(found).toHaveProperty("reason");
  });
});

test("a changed answer says what it said, or nothing: never anything else", () => {
  const seed = Date.now();
  const random = new Random(seed);
  const signer = makeCertificate({ name: "signer", issuer: authority, usages: ["ocsp"] });
  const whole = ocspAnswer({ ...base, status: "revoked", signer });
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const broken = whole.slice(0, whole.length - (random.below(2) === 0 ? 0 : random.below(900)));
    for (let i = 0; i <= random.below(3) && broken.length > 0; i++) {
      broken[random.below(broken.length)] = random.below(4) === 0 ? 0xff : random.below(256);
    }
    const found = verifyOcspResponse(broken, link, Date.now(), 0);
    if ("reason" in found) refused++;
    else expect([seed, found.status]).toEqual([seed, "revoked"]);
  }
  expect([seed, refused > ROUNDS / 2]).toEqual([seed, true]);
});

test("bytes of no kind are refused", () => {
  const seed = Date.now();
  const random = new Random(seed);
  for (let round = 0; round < ROUNDS; round++) {
    const noise = Uint8Array.from({ length: random.below(200) }, () => random.below(256));
    // Most of them begin as an answer does.
    noise.set([0x30, noise.length - 2, 0x0a, 1, 0, 0xa0].slice(0, noise.length));
    const found = verifyOcspResponse(noise, link, Date.now(), 0);
    expect([seed, "reason" in found]).toEqual([seed, true]);
  }
});
