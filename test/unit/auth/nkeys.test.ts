/** Users with keys, who sign the nonce of their connection. */
import { describe, expect, test } from "bun:test";
import { Configured, KeyHolder, NONCE } from "./configured.ts";

const holder = new KeyHolder();
const other = new KeyHolder();
const limited = new KeyHolder();
const stranger = new KeyHolder();
const NOT_VERIFIED = "Signature not verified";

const server = new Configured(`
  authorization { users: [
    { nkey: ${holder.nkey} },
    { nkey: ${limited.nkey}, allowed_connection_types: [MQTT] },
    { user: a, password: aa }
  ] }
  accounts { A { users: [ { nkey: ${other.nkey} } ] } }`);

describe("the holder of a listed key", () => {
  test("is given a nonce, and gets in by signing it", async () => {
    expect(server.authenticator.needsNonce).toBe(true);
    expect(await server.logIn(holder.credentials())).toBe(`$G/nkey:${holder.nkey}`);
    expect(await server.logIn(other.credentials())).toBe(`A/nkey:${other.nkey}`);
    const grant = await server.grant(holder.credentials());
    expect(grant).toMatchObject({ identity: holder.nkey, listedAs: holder.nkey });
  });

  test("may encode the signature in standard base64", async () => {
    // So many that the letters in which the alphabets differ are among them.
    const signers = Array.from({ length: 20 }, () => new KeyHolder());
    const users = signers.map(({ nkey }) => `{ nkey: ${nkey} }`).join(", ");
    const many = new Configured(`authorization { users: [ ${users} ] }`);
    for (const signer of signers) {
      const signature = signer.sign(NONCE, "base64");
      expect(await many.logIn({ nkey: signer.nkey, signature })).toBe(`$G/nkey:${signer.nkey}`);
    }
  });

  test("does not get in without a signature, or with another one", async () => {
    const { nkey } = holder;
    expect(await server.logIn({ nkey })).toBe("Signature missing");
    const right = holder.sign();
    for (const signature of [
      other.sign(),
      holder.sign("another nonce"),
      right.slice(0, -1),
      `${right}AA`,
      `${right}=`,
      `${right}==x`,
      `!${right.slice(1)}`,
      "AAAA",
      "A".repeat(86),
    ]) {
      expect(await server.logIn({ nkey, signature })).toBe(NOT_VERIFIED);
    }
  });

  test("does not get in with a signature for another connection", async () => {
    const replayed = { ...holder.credentials(), nonce: "onmlkjihgfedcba" };
    expect(await server.logIn(replayed)).toBe(NOT_VERIFIED);
  });

  test("does not get in where there was nothing to sign", async () => {
    expect(await server.logIn({ ...holder.credentials(""), nonce: "" })).toBe(NOT_VERIFIED);
  });

  test("may be limited to types of connections", async () => {
    const presented = limited.credentials();
    expect(await server.logIn(presented)).toBe("Connection type not allowed");
    const overMqtt = { ...presented, connectionType: "MQTT" } as const;
    expect(await server.logIn(overMqtt)).toBe(`$G/nkey:${limited.nkey}`);
  });
});

test("a key that is not listed is refused, even beside the right name and password", async () => {
  expect(await server.logIn(stranger.credentials())).toBe("Nkey not known");
  const named = { user: "a", password: "aa", nkey: stranger.nkey };
  expect(await server.logIn(named)).toBe("Nkey not known");
  expect(await server.logIn({ ...named, nkey: holder.nkey })).toBe("Signature missing");
});

test("a signed key counts, whatever name stands beside it", async () => {
  const presented = { ...holder.credentials(), user: "x", password: "y" };
  expect(await server.logIn(presented)).toBe(`$G/nkey:${holder.nkey}`);
});

test("a listed key is no name of a user", async () => {
  expect(await server.logIn({ user: holder.nkey })).toBe("User not known");
  expect(await server.logIn({ nkey: "a", password: "aa" })).toBe("Nkey not known");
});

test("a key of the right form that is no point of the curve logs in nobody", async () => {
  const nkey = "UBRGGGF6PNHODEXPAL5ITRWTQH4ZJI6CWID3DDXAARJODICYAPXPB6AP";
  const odd = new Configured(`authorization { users: [ { nkey: ${nkey} } ] }`);
  expect(await odd.logIn({ nkey, signature: holder.sign() })).toBe(NOT_VERIFIED);
});

test("without listed keys there is no nonce, and keys are not looked at", async () => {
  const without = new Configured("authorization { users: [ { user: a, password: aa } ] }");
  expect(without.authenticator.needsNonce).toBe(false);
  expect(await without.logIn({ user: "a", password: "aa", nkey: holder.nkey })).toBe("$G/user:a");
});
