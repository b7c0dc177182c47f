/** bcrypt hashes: known ones, new ones, and that Bun's bcrypt answers as the add-on does. */
import { describe, expect, test } from "bun:test";
import {
  bcryptFallbackReason,
  bunEngine,
  hashPassword,
  isBcryptHash,
  verifyPassword,
} from "../../../src/auth/bcrypt.ts";
import { Random } from "../../../src/util/random.ts";

/** Published with the original implementations of bcrypt. */
const KNOWN = [
  ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"],
  ["U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"],
  ["", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"],
  [
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" +
      "chars after 72 are ignored",
    "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
  ],
] as const;

const PREFIXES = ["$2a$", "$2b$", "$2x$", "$2y$"] as const;

function withPrefix(prefix: string, hash: string): string {
  return prefix + hash.slice(4);
}

describe("verifyPassword", () => {
  test.each(PREFIXES)("knows the password of a %s hash and no other", async (prefix) => {
    for (const [password, hash] of KNOWN) {
      expect(await verifyPassword(password, withPrefix(prefix, hash))).toBe(true);
      expect(await verifyPassword(`x${password}`, withPrefix(prefix, hash))).toBe(false);
    }
  });

  test("looks at 72 bytes, not at 72 characters", async () => {
    const hash = await hashPassword("ü".repeat(36), 4);
    expect(await verifyPassword(`${"ü".repeat(36)}x`, hash)).toBe(true);
    expect(await verifyPassword("ü".repeat(35), hash)).toBe(false);
  });

  test.each(["", "secret", "$2a$", "$2a$05$", `${KNOWN[0][1]}x`, KNOWN[0][1].slice(0, -1)])(
    "is false for %j, which is no hash",
    async (text) => expect(await verifyPassword("U*U", text)).toBe(false),
  );
});

describe("hashPassword", () => {
  test("makes a $2a$ hash with a new salt each time", async () => {
    const [first, second] = await Promise.all([hashPassword("a", 4), hashPassword("a", 4)]);
    expect(first).toMatch(/^\$2a\$04\$[./A-Za-z0-9]{53}$/);
    expect(second).not.toBe(first);
    expect(await verifyPassword("a", first)).toBe(true);
  });

  test("takes 72 bytes of UTF-8 and refuses 73", async () => {
    expect(isBcryptHash(await hashPassword("a".repeat(72), 4))).toBe(true);
    expect(hashPassword(`${"ü".repeat(36)}a`, 4)).rejects.toThrow(
      "the password has 73 bytes, and bcrypt takes no more than 72",
    );
  });

  test.each([3, 32, 4.5, NaN])("refuses the cost %d", (cost) => {
    expect(hashPassword("a", cost)).rejects.toThrow("a whole number from 4 to 31");
  });
});

test("a hash is told from a password by its prefix and cost", () => {
  for (const prefix of PREFIXES) expect(isBcryptHash(`${prefix}11$`)).toBe(true);
  for (const text of ["$2$11$", "$2c$11$", "$2a$1$", "2a$11$", " $2a$11$", "$2a$1x$"]) {
    expect(isBcryptHash(text)).toBe(false);
  }
});

describe("Bun's bcrypt", () => {
  const bun = bunEngine("for this test");

  test("agrees with the add-on on passwords of any bytes and length", async () => {
    expect(await bcryptFallbackReason()).toBe("");
    const seed = Number(
      process.env["BCRYPT_SEED"] ?? crypto.getRandomValues(new Uint32Array(1))[0],
    );
    console.log(`BCRYPT_SEED=${seed}`);
    const random = new Random(seed);
    for (let round = 0; round < 40; round++) {
      const length = random.below(100);
      const password = String.fromCharCode(...Array.from({ length }, () => random.below(300)));
      const bytes = new TextEncoder().encode(password).subarray(0, 72);
      const made = await bun.hash(bytes, 4);
      const hash = withPrefix(PREFIXES[random.below(4)]!, made);
      expect(made).toStartWith("$2a$04$");
      expect(await verifyPassword(password, hash)).toBe(true);
      expect(await bun.verify(bytes, hash)).toBe(true);
      const other = new TextEncoder().encode(`x${password}`).subarray(0, 72);
      expect(await bun.verify(other, hash)).toBe(await verifyPassword(`x${password}`, hash));
    }
  });

  test("is false for what is no hash", async () => {
    expect(await bun.verify(new Uint8Array(1), "$2a$05$short")).toBe(false);
  });
});
