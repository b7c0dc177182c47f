/** Whom certificates name, and how Go writes their subjects. */
import { describe, expect, test } from "bun:test";
import {
  certificateNames,
  escaped,
  nameText,
  subjectText,
} from "../../../src/transport/certificate-names.ts";
import { Random } from "../../../src/util/random.ts";
import { makeCertificate } from "../../support/certificate-maker.ts";
import { pemOf } from "../../tls/tls-peer.ts";

const ROUNDS = 3000;

function derOf(name: string): Uint8Array {
  return Buffer.from(pemOf(`${name}.pem`).replaceAll(/-----.*?-----/g, ""), "base64");
}

test("a certificate names its subject and others", () => {
  const names = certificateNames(derOf("client"));
  expect(names).toMatchObject({
    emails: ["client@example.com"],
    hosts: ["client.example.com"],
    uris: ["urn:plant:client"],
  });
  expect(names.subject[0]).toEqual([{ type: "2.5.4.6", value: "DE" }]);
  expect(subjectText(names)).toBe("CN=client,OU=plant,O=midge tests,C=DE");
});

test("a name alone has the same text, and anything else none", () => {
  const { subject } = makeCertificate({ name: "a, b" });
  expect(nameText(subject)).toBe("CN=a\\, b");
  expect(nameText(derOf("client"))).toBe("");
  expect(nameText(subject.subarray(1))).toBe("");
});

test("one without other names has only a subject", () => {
  const names = certificateNames(derOf("plain-client"));
  expect(names).toMatchObject({ emails: [], hosts: [], uris: [] });
  expect(subjectText(names)).toBe("CN=plain,O=midge tests");
});

test("bytes that are no certificate, or none any more, name somebody or nobody", () => {
  const seed = Date.now();
  const random = new Random(seed);
  const whole = derOf("client");
  for (let round = 0; round < ROUNDS; round++) {
    const broken = whole.slice(0, random.below(whole.length + 1));
    for (let i = 0; i < 3 && broken.length > 0; i++) {
      broken[random.below(broken.length)] = random.below(256);
    }
    expect(() => certificateNames(broken), `seed ${seed}, round ${round}`).not.toThrow();
  }
});

describe("Go's form of a subject", () => {
  const attribute = (type: string, value: string) => ({ type, value });
  const textOf = (...subject: { type: string; value: string }[][]) =>
    subjectText({ emails: [], hosts: [], uris: [], subject });

  test("has attributes of the same kind together, and leaves out what Go does not know", () => {
    const [c, ou, cn, dc] = ["2.5.4.6", "2.5.4.11", "2.5.4.3", "0.9.2342.19200300.100.1.25"];
    expect(
      textOf(
        [attribute(dc!, "com")],
        [attribute(c!, "DE")],
        [attribute(ou!, "a")],
        [attribute(cn!, "x")],
        [attribute(ou!, "b")],
      ),
    ).toBe("CN=x,OU=a+OU=b,C=DE");
  });

  test.each([
    ["a,b", "a\\,b"],
    [" a ", "\\ a\\ "],
    ["#a#", "\\#a#"],
    ['"<>;+\\', '\\"\\<\\>\\;\\+\\\\'],
    ["ä b", "ä b"],
  ])("has %j escaped", (value, text) => expect(escaped(value)).toBe(text));
});
