/** `operator` and `trusted_keys`: where operators come from, and what is said about mistakes. */
import { describe, expect, test } from "bun:test";
import {
  operatorsKind,
  readOperator,
  trustedKeysKind,
} from "../../../../src/config/blocks/operators.ts";
import {
  ACCOUNT_KEY,
  OPERATOR_KEY,
  OPERATOR_SEED,
  OTHER_OPERATOR_KEY,
  accountJwt,
  operatorJwt,
} from "./jwt-texts.ts";
import { readKind, readerOf } from "./read-kind.ts";
import type { Refusal } from "./user-blocks.ts";

const INLINE = operatorJwt();
const DECORATED = `-----BEGIN NATS OPERATOR JWT-----\n${INLINE}\n------END NATS OPERATOR JWT------\n`;

const FILES = {
  "op.jwt": `${INLINE}\n`,
  "decorated.jwt": DECORATED,
  "account.jwt": accountJwt(),
  "other.txt": "hunter2",
};

const ERROR = "error parsing operator JWT";

const REFUSALS: readonly Refusal[] = [
  {
    what: "values of another type",
    text: "operator: 5",
    errors: ["1:0: error parsing operators: unsupported type int64"],
  },
  {
    what: "maps",
    text: "operator: {}",
    errors: ["1:0: error parsing operators: unsupported type map[string]interface {}"],
  },
  {
    what: "items of another type, beside those that are wrong otherwise",
    text: "operator: [ op.jwt\n 5\n no.jwt\n other.txt ]",
    errors: [
      "2:2: error parsing operators: unsupported type int64 where string is expected",
      `3:2: ${ERROR}: open no.jwt: no such file or directory`,
      `4:2: ${ERROR}: expected 3 chunks`,
    ],
  },
  {
    what: "files that are missing",
    text: "operator: no.jwt",
    errors: [`1:0: ${ERROR}: open no.jwt: no such file or directory`],
  },
  {
    what: "JWTs of another kind",
    text: "operator: account.jwt",
    errors: [`1:0: ${ERROR}: not operator claim`],
  },
  {
    what: "texts that begin like a JWT",
    text: "operator: eyJhbGci",
    errors: [`1:0: ${ERROR}: expected 3 chunks`],
  },
  {
    what: "private keys, without showing them",
    text: `operator: ${OPERATOR_SEED}`,
    errors: [`1:0: ${ERROR}: the path of a file is wanted, not what is in it`],
  },
];

describe("operator", () => {
  test("is a file, a JWT, or several of them", () => {
    const read = (text: string) => readKind(operatorsKind, `operator: ${text}`, FILES);
    expect(read("op.jwt")).toEqual({ value: ["op.jwt"], errors: [], warnings: [] });
    expect(read(INLINE)).toMatchObject({ value: [INLINE], errors: [] });
    expect(read(`[ decorated.jwt, ${INLINE} ]`)).toMatchObject({
      value: ["decorated.jwt", INLINE],
      errors: [],
    });
    expect(read("[]")).toMatchObject({ value: [], errors: [] });
  });

  for (const { what, text, errors } of REFUSALS) {
    test(`reports ${what}`, () => {
      expect(readKind(operatorsKind, text, FILES).errors).toEqual([...errors]);
    });
  }
});

describe("an operator", () => {
  const reading = (jwt: string) => readOperator("file", readerOf({ file: jwt }));

  test("has nothing but a name and a key if its JWT says no more", () => {
    expect(reading(INLINE)).toEqual({
      jwt: INLINE,
      name: "Main",
      subject: OPERATOR_KEY,
      signingKeys: [],
      isStrictAboutSigningKeys: false,
      accountServerUrl: "",
      systemAccount: "",
      assertedServerVersion: "",
      issuedAtSeconds: 1_700_000_000,
      expiresAtSeconds: 0,
    });
  });

  test("has what its JWT claims", () => {
    const nats = {
      signing_keys: [OTHER_OPERATOR_KEY],
      strict_signing_key_usage: true,
      account_server_url: "http://localhost/jwt/v1",
      system_account: ACCOUNT_KEY,
      assert_server_version: "2.10.0",
    };
    expect(reading(operatorJwt({ nats }))).toMatchObject({
      signingKeys: [OTHER_OPERATOR_KEY],
      isStrictAboutSigningKeys: true,
      accountServerUrl: "http://localhost/jwt/v1",
      systemAccount: ACCOUNT_KEY,
      assertedServerVersion: "2.10.0",
    });
  });

  test("is refused with claims of a wrong type", () => {
    expect(() => reading(operatorJwt({ nats: { signing_keys: 5 } }))).toThrow(
      `${ERROR}: claim "signing_keys" is of a wrong type`,
    );
  });

  test("comes from a file in the first place, also if its name looks like a JWT", () => {
    const files = { eyJ: operatorJwt({ body: { name: "File" } }) };
    expect(readOperator("eyJ", readerOf(files)).name).toBe("File");
  });
});

describe("trusted_keys", () => {
  test("is a key or several", () => {
    expect(readKind(trustedKeysKind, `trusted: ${OPERATOR_KEY}`).value).toEqual([OPERATOR_KEY]);
    const text = `trusted_keys: [ ${OPERATOR_KEY}, ${OTHER_OPERATOR_KEY} ]`;
    expect(readKind(trustedKeysKind, text)).toEqual({
      value: [OPERATOR_KEY, OTHER_OPERATOR_KEY],
      errors: [],
      warnings: [],
    });
  });

  test("reports values of another type", () => {
    expect(readKind(trustedKeysKind, "trusted: 5").errors).toEqual([
      "1:0: error parsing trusted: unsupported type int64",
    ]);
  });

  test("reports each item that is no public key of an operator, without private ones", () => {
    const text = `trusted: [ 5\n a\n ${ACCOUNT_KEY}\n ${OPERATOR_KEY}\n ${OPERATOR_SEED} ]`;
    const wanted = "required to be a valid public operator nkey";
    expect(readKind(trustedKeysKind, text).errors).toEqual([
      "1:11: error parsing trusted: unsupported type in array int64",
      `2:2: trust key "a" ${wanted}`,
      `3:2: trust key "${ACCOUNT_KEY}" ${wanted}`,
      `5:2: trust key "[REDACTED]" ${wanted}`,
    ]);
  });
});
