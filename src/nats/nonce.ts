/**
 * What INFO gives a client to sign: 11 random bytes as 15 characters of base64url, as in the
 * reference. What is signed are the characters.
 */

const NONCE_BYTES = 11;

export function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  return Buffer.from(bytes.buffer).toString("base64url");
}
