/**
 * Passwords and tokens as configured, in clear or as a bcrypt hash, against what a peer presents.
 * Those in clear are compared at once, in constant time; hashes wait for their turn in the queue.
 */
import type { Verdict } from "./authenticator.ts";
import { isBcryptHash } from "./bcrypt.ts";
import { type BcryptQueue, HashCheck } from "./bcrypt-queue.ts";
import type { LogIn } from "./log-in.ts";
import { refusals } from "./refusals.ts";

const VERDICTS = {
  [HashCheck.Mismatch]: refusals.wrongSecret,
  [HashCheck.Busy]: refusals.tooManyChecks,
} as const;

export class Secrets {
  readonly #queue: BcryptQueue;

  constructor(queue: BcryptQueue) {
    this.#queue = queue;
  }

  /** `granted` if the secret is right. Two empty ones are equal. */
  judge(
    secret: { readonly configured: string; readonly given: string },
    { credentials, applicant }: LogIn,
    granted: Verdict,
  ): Verdict | Promise<Verdict> {
    const { configured, given } = secret;
    if (!isBcryptHash(configured)) {
      return isSameSecret(given, configured) ? granted : refusals.wrongSecret;
    }
    if (applicant.grant?.proof === configured) return granted;
    return this.#queue
      .check({ password: given, hash: configured, address: credentials.address }, applicant)
      .then((check) => (check === HashCheck.Match ? granted : VERDICTS[check]));
  }
}

/** What `Grant.proof` says of somebody who knows the secret. */
export function proofOf(configured: string): string {
  return isBcryptHash(configured) ? configured : "";
}

/** Takes the same time wherever the secrets differ, and whatever their lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  const left = sha256(given);
  const right = sha256(expected);
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ right[i]!;
  return difference === 0;
}

function sha256(text: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}
