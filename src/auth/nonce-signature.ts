/**
 * Ed25519 signatures of nonces by one public key. WebCrypto checks them: it works on other threads,
 * about 0.1 ms each, and unlike node:crypto is there already.
 */
import { base32 } from "nkeys.js/lib/base32";

/** Of 64 bytes: base64url without padding, or standard base64 with it. */
const SIGNATURE_TEXT = /^(?:[\w-]{86}|[A-Za-z\d+/]{86}==)$/;
const KEY_BYTES = 32;

const encoder = new TextEncoder();

export class NonceSignature {
  readonly #nkey: string;
  #key: Promise<CryptoKey> | undefined;

  /** `nkey` is a public key in text form that has been checked. */
  constructor(nkey: string) {
    this.#nkey = nkey;
    this.#key = undefined;
  }

  /** Whether the signature `text` of the nonce is by the holder of the key. Never rejects. */
  async isBy(text: string, nonce: string): Promise<boolean> {
    if (nonce === "" || !SIGNATURE_TEXT.test(text)) return false;
    const signature = new Uint8Array(Buffer.from(text, "base64url"));
    this.#key ??= importKey(this.#nkey);
    try {
      return await crypto.subtle.verify(
        "Ed25519",
        await this.#key,
        signature,
        encoder.encode(nonce),
      );
    } catch {
      // Texts of the right form may still be no point of the curve.
      return false;
    }
  }
}

/** The text is a prefix byte, the key and a checksum in base32. */
function importKey(nkey: string): Promise<CryptoKey> {
  const bytes = base32.decode(encoder.encode(nkey)).slice(1, 1 + KEY_BYTES);
  return crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
}
