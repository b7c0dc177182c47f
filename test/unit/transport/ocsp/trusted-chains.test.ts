/** Ways from a peer's certificate to somebody who is trusted. */
import { describe, expect, test } from "bun:test";
import {
  MAX_CHAINS,
  MAX_CHAIN_LENGTH,
  TrustedAuthorities,
} from "../../../../src/transport/ocsp/trusted-chains.ts";
import { type MadeCertificate, makeCertificate } from "../../../support/certificate-maker.ts";

const root = makeCertificate({ name: "root", isAuthority: true });
const middle = makeCertificate({ name: "middle", issuer: root, isAuthority: true });
const client = makeCertificate({ name: "client", issuer: middle });
const named = new Map<string, MadeCertificate>([
  ["root", root],
  ["middle", middle],
  ["client", client],
]);

/** Names of the certificates in each chain. */
function chains(
  trusted: readonly MadeCertificate[],
  presented: readonly MadeCertificate[],
  nowMs = Date.now(),
): string[] {
  const authorities = new TrustedAuthorities(trusted.map(({ pem }) => pem));
  const found = authorities.chainsOf(
    presented.map(({ der }) => der),
    nowMs,
  );
  const nameOf = (encoded: Uint8Array) => {
    for (const [name, { der }] of named) if (Buffer.compare(der, encoded) === 0) return name;
    return "?";
  };
  return found.map((chain) => chain.map(({ encoded }) => nameOf(encoded)).join(" "));
}

describe("a chain", () => {
  test("goes over those that were presented, in any order, to one that is trusted", () => {
    expect(chains([root], [client, middle])).toEqual(["client middle root"]);
    expect(chains([root], [client, root, middle])).toEqual(["client middle root"]);
    expect(chains([root, middle], [client, middle])).toEqual(["client middle"]);
    expect(chains([client], [client])).toEqual(["client"]);
  });

  test("has to lead to one that is trusted", () => {
    expect(chains([root], [client])).toEqual([]);
    expect(chains([], [client, middle, root])).toEqual([]);
    expect(chains([client], [middle, root])).toEqual([]);
    expect(chains([root], [])).toEqual([]);
  });

  test("is proved by signatures, not by names", () => {
    const other = makeCertificate({ name: "middle", issuer: root, isAuthority: true });
    const impostor = makeCertificate({ name: "middle", isAuthority: true });
    expect(chains([root], [client, impostor, other, middle])).toEqual(["client middle root"]);
    expect(chains([root], [client, impostor, other])).toEqual([]);
    expect(
      chains([makeCertificate({ name: "root", isAuthority: true })], [client, middle]),
    ).toEqual([]);
  });

  test("is of authorities only, whose time it is", () => {
    const nobody = makeCertificate({ name: "nobody", issuer: root });
    const below = makeCertificate({ name: "below", issuer: nobody });
    expect(chains([root], [below, nobody])).toEqual([]);
    expect(chains([root], [client, middle], Date.now() + 3 * 86_400_000)).toEqual([]);
    expect(chains([root], [client, middle], Date.now() - 3 * 86_400_000)).toEqual([]);
  });

  test("has an end, and so has the search for others", () => {
    let issuer = root;
    const path: MadeCertificate[] = [];
    for (let i = 1; i < MAX_CHAIN_LENGTH; i++) {
      issuer = makeCertificate({ name: `middle ${i}`, issuer, isAuthority: true });
      path.unshift(issuer);
    }
    expect(chains([root], path)).toHaveLength(1);
    const long = makeCertificate({ name: "long", issuer });
    expect(chains([root], [long, ...path])).toEqual([]);
    const roots = Array.from({ length: MAX_CHAINS + 3 }, () => root);
    expect(chains(roots, [client, middle])).toHaveLength(MAX_CHAINS);
  });
});

test("what cannot be read is nobody", () => {
  const authorities = new TrustedAuthorities(["no certificate", root.der, new Uint8Array(9)]);
  expect(authorities.chainsOf([new Uint8Array(9), middle.der], Date.now())).toEqual([]);
  expect(
    authorities.chainsOf([client.der, new Uint8Array(9), middle.der], Date.now()),
  ).toHaveLength(1);
});
