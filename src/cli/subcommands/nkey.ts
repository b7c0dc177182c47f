/**
 * `midge nkey`: makes an nkey, as `nk -gen user -pubout` does, or shows the public key that belongs
 * to a seed. WebCrypto does the arithmetic and nkeys.js the text form. A seed is never part of an
 * error message.
 */
import { readFileSync } from "node:fs";
import { Codec } from "nkeys.js/lib/codec";
import { NKeysError, NKeysErrorCode, Prefix } from "nkeys.js/lib/nkeys";
import { type Subcommand, SubcommandError } from "../subcommand.ts";
import { messageOf } from "../../util/system-error.ts";

const KINDS: ReadonlyMap<string, Prefix> = new Map([
  ["user", Prefix.User],
  ["account", Prefix.Account],
  ["server", Prefix.Server],
  ["operator", Prefix.Operator],
  ["cluster", Prefix.Cluster],
  ["curve", Prefix.Curve],
]);
const DEFAULT_KIND = "user";
const STANDARD_INPUT = "-";
const SEED_BYTES = 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const nkey: Subcommand = {
  meta: {
    name: "nkey",
    description:
      "Prints a new seed (keep it secret) and its public key, or the public key of a seed that is\n" +
      "in a file of its own or in a credentials file.",
  },
  args: {
    gen: {
      type: "string",
      valueHint: [...KINDS.keys()].join("|"),
      default: DEFAULT_KIND,
      description: "Kind of key to make",
    },
    public: {
      type: "string",
      valueHint: "file",
      description: `Show the public key of a seed; "${STANDARD_INPUT}" is standard input`,
    },
  },
  async run(given) {
    const file = given.text("public");
    if (file !== undefined) {
      console.log(await publicKeyIn(file));
      return 0;
    }
    const seed = newSeed(given.text("gen") ?? DEFAULT_KIND);
    console.log(`${seed}\n${await publicKeyOf(seed)}`);
    return 0;
  },
};

function newSeed(kind: string): string {
  const prefix = KINDS.get(kind.toLowerCase());
  if (prefix === undefined) {
    const known = [...KINDS.keys()].join(", ");
    throw new SubcommandError(`unknown kind of key ${JSON.stringify(kind)}; there are ${known}`);
  }
  const raw = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  return decoder.decode(Codec.encodeSeed(prefix, raw));
}

async function publicKeyIn(file: string): Promise<string> {
  const place = file === STANDARD_INPUT ? "standard input" : file;
  const seed = seedIn(await contentOf(file));
  if (seed === undefined) throw new SubcommandError(`no seed in ${place}`);
  try {
    return await publicKeyOf(seed);
  } catch (error) {
    if (!(error instanceof NKeysError)) throw error;
    throw new SubcommandError(`the seed in ${place} is damaged: ${error.message}`);
  }
}

/** The first line that looks like a seed: credentials files have text and a token around it. */
export function seedIn(text: string): string | undefined {
  return /^[ \t]*(S[A-Z2-7]{20,})[ \t]*\r?$/m.exec(text)?.[1];
}

async function contentOf(file: string): Promise<string> {
  if (file === STANDARD_INPUT) return Bun.stdin.text();
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new SubcommandError(messageOf(error));
  }
}

/** Throws `NKeysError` if the text is no whole seed. */
async function publicKeyOf(seed: string): Promise<string> {
  const { prefix, buf } = Codec.decodeSeed(encoder.encode(seed));
  if (buf.length !== SEED_BYTES) throw new NKeysError(NKeysErrorCode.InvalidSeedLen);
  return decoder.decode(Codec.encode(prefix, await publicBytes(prefix, buf)));
}

/** The public half of 32 private bytes: X25519 for curve keys, Ed25519 for all others. */
async function publicBytes(prefix: Prefix, seed: Uint8Array): Promise<Uint8Array> {
  const isCurve = prefix === Prefix.Curve;
  const algorithm = isCurve ? "X25519" : "Ed25519";
  // PKCS #8 (RFC 8410): version 0, the algorithm's identifier, the key in an octet string.
  const header = Uint8Array.fromHex(`302e020100300506032b65${isCurve ? "6e" : "70"}04220420`);
  const document = new Uint8Array([...header, ...seed]);
  const key = await crypto.subtle.importKey("pkcs8", document, algorithm, true, [
    isCurve ? "deriveBits" : "sign",
  ]);
  const { x = "" } = await crypto.subtle.exportKey("jwk", key);
  return Uint8Array.fromBase64(x, { alphabet: "base64url" });
}
