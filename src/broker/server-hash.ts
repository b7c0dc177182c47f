/**
 * Eight characters that stand for a server's name in subjects: replies that are measured carry
 * them, as do subjects of the reference's other features.
 */

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH = 8;

export function serverHash(name: string): string {
  const digest = new Bun.CryptoHasher("sha256").update(name).digest();
  return Array.from(digest.subarray(0, LENGTH), (byte) => DIGITS[byte % DIGITS.length]).join("");
}
