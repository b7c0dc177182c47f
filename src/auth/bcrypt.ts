/**
 * bcrypt hashes of passwords: making them (`midge passwd`) and checking them at log-in. The work
 * runs on other threads, so callers only wait. @node-rs/bcrypt does it; it is loaded at the first
 * call, for the executable unpacks it into the temporary folder then. Where that cannot be done
 * (read-only, noexec) Bun's own bcrypt stands in, and gives the same answers.
 */
import { messageOf } from "../util/system-error.ts";
import { lowerWorkerPriority } from "./worker-priority.ts";

/** bcrypt uses no more of a password than this. */
export const MAX_PASSWORD_BYTES = 72;
export const MIN_COST = 4;
export const MAX_COST = 31;

interface Engine {
  /** Why this engine stands in for the add-on, in one line; "" if it is the add-on. */
  readonly fallbackReason: string;
  hash(password: Uint8Array, cost: number): Promise<string>;
  verify(password: Uint8Array, hash: string): Promise<boolean>;
}

const encoder = new TextEncoder();
/** Loaded once for the whole process, like any add-on. */
let loading: Promise<Engine> | undefined;

/** Whether a configured password or token is a hash (`$2a$`, `$2b$`, `$2x$`, `$2y$`), not plain. */
export function isBcryptHash(text: string): boolean {
  return /^\$2[abxy]\$\d{2}\$/.test(text);
}

/**
 * A new hash, `$2a$<cost>$` and 53 characters. Throws a RangeError for a password over 72 bytes of
 * UTF-8, which would be cut silently, and for a cost outside 4 to 31.
 */
export async function hashPassword(password: string, cost: number): Promise<string> {
  const bytes = encoder.encode(password);
  if (bytes.length > MAX_PASSWORD_BYTES) {
    throw new RangeError(
      `the password has ${bytes.length} bytes, and bcrypt takes no more than ${MAX_PASSWORD_BYTES}`,
    );
  }
  if (!Number.isInteger(cost) || cost < MIN_COST || cost > MAX_COST) {
    throw new RangeError(`the cost has to be a whole number from ${MIN_COST} to ${MAX_COST}`);
  }
  return (await engine()).hash(bytes, cost);
}

/**
 * Whether the first 72 bytes of the password belong to the hash; false too for a text that is no
 * hash. Never throws.
 */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  if (!isBcryptHash(hash)) return false;
  const bytes = encoder.encode(password).subarray(0, MAX_PASSWORD_BYTES);
  const answer = (await engine()).verify(bytes, hash);
  lowerWorkerPriority();
  return answer;
}

/** Why Bun's own bcrypt is in use, in one line; "" if the add-on is. Loads it if need be. */
export async function bcryptFallbackReason(): Promise<string> {
  return (await engine()).fallbackReason;
}

function engine(): Promise<Engine> {
  loading ??= loadAddon().catch((error: unknown) => bunEngine(firstLine(error)));
  return loading;
}

async function loadAddon(): Promise<Engine> {
  const { hash, verify } = await import("@node-rs/bcrypt");
  return {
    fallbackReason: "",
    hash: (password, cost) => hash(password, { cost, version: "2a" }),
    verify: (password, text) => verify(password, text),
  };
}

/** Exported for the test that compares the two. */
export function bunEngine(fallbackReason: string): Engine {
  return {
    fallbackReason,
    async hash(password, cost) {
      const made = await Bun.password.hash(keyOf(password), { algorithm: "bcrypt", cost });
      return made.replace(/^\$2b/, "$2a");
    },
    async verify(password, text) {
      try {
        return await Bun.password.verify(keyOf(password), text, "bcrypt");
      } catch {
        return false;
      }
    },
  };
}

/**
 * Bun refuses an empty password. bcrypt ends each with a zero byte and repeats the whole to fill
 * its key, so that a single zero byte stands for the same key.
 */
function keyOf(password: Uint8Array): Uint8Array {
  return password.length === 0 ? new Uint8Array(1) : password;
}

/** The add-on's loader tells a long story about every file it tried. */
function firstLine(error: unknown): string {
  const message = messageOf(error);
  return message.split("\n")[0]!;
}
