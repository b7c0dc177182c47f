/** Fields of `tls` blocks about the certificate store of Windows. */
import { describe, expect, test } from "bun:test";
import { tlsKind } from "../../../../src/config/blocks/tls.ts";
import { readKind } from "./read-kind.ts";

const NOT_EMPTY = "to be a valid non-empty string";

const REFUSALS: readonly (readonly [string, string])[] = [
  ["cert_store: WindowsCurrentUser", "cert_store not compatible with current operating system"],
  ["cert_store: WINDOWSLOCALMACHINE", "cert_store not compatible with current operating system"],
  ["cert_store: Attic", "cert store type not implemented"],
  ['cert_store: ""', `expected 'cert_store' ${NOT_EMPTY}`],
  ["cert_store: 5", `expected 'cert_store' ${NOT_EMPTY}`],
  ["cert_match_by: Colour", "cert match by type not implemented"],
  ['cert_match_by: ""', `expected 'cert_match_by' ${NOT_EMPTY}`],
  ["cert_match: []", `expected 'cert_match' ${NOT_EMPTY}`],
  ["ca_certs_match: [ a, 5 ]", `expected 'ca_certs_match' ${NOT_EMPTY} array`],
  ["ca_certs_match: 5", `expected 'ca_certs_match' ${NOT_EMPTY} array`],
  ["cert_match_skip_invalid: maybe", "expected 'cert_match_skip_invalid' to be a boolean"],
];

describe("the certificate store", () => {
  for (const [fieldText, reason] of REFUSALS) {
    test(`is refused: ${fieldText}`, () => {
      const { errors } = readKind(tlsKind, `tls {\n  ${fieldText}\n}`);
      expect(errors).toEqual([`2:3: ${reason}`]);
    });
  }

  test("may have its other fields set", () => {
    const fields =
      "cert_match_by: Subject, cert_match: x, ca_certs_match: [ a, b ], cert_match_skip_invalid: yes";
    expect(readKind(tlsKind, `tls { ${fields} }`).errors).toEqual([]);
  });
});
