/**
 * `operator` and `trusted_keys`: whose signature makes an account one of this server's. With them,
 * accounts and users are JWTs in place of blocks of the file (operator mode). Used by the option
 * table; the signatures of operator JWTs are checked by those who use them.
 */
import { type ConfigNode, goTypeName } from "../config-node.ts";
import { type ReadPlace, fileOnly } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { attempt, readEach } from "./block.ts";
import { flagClaim, jwtOutline, textClaim, textsClaim, undecorated } from "./jwt-outline.ts";
import { type FileView, fileNaming, fileProblem } from "./named-files.ts";
import { isPublicKeyFor, shownKey } from "./public-key.ts";
import { readTextList, textNodes } from "./text-list.ts";

/** Operators as a file names them: paths of their JWTs, or the JWTs themselves. */
export type OperatorReferences = readonly string[];

/** What an operator JWT says. */
export interface Operator {
  /** As it stood in the file, without what `nsc` puts around it. */
  readonly jwt: string;
  readonly name: string;
  /** The operator's public key. */
  readonly subject: string;
  /** Other public keys that sign in its name. */
  readonly signingKeys: readonly string[];
  /** Its own key signs nothing but itself. */
  readonly isStrictAboutSigningKeys: boolean;
  /** Where account JWTs can be fetched; "" if it is not said. */
  readonly accountServerUrl: string;
  /** Public key of the system account; "" if there is none. */
  readonly systemAccount: string;
  /** The lowest version of nats-server it works with, `major.minor.update`; "" for any. */
  readonly assertedServerVersion: string;
  /** Seconds since 1970. */
  readonly issuedAtSeconds: number;
  /** Seconds since 1970; 0 for never. */
  readonly expiresAtSeconds: number;
}

const INLINE_PREFIX = "eyJ";

export const operatorsKind = fileNaming(
  "operators",
  readReferences,
  (_: OperatorReferences, node, files, problems) => {
    for (const item of textNodes(node)) {
      if (item.kind !== "string") continue;
      attempt(item.position, problems, () => readOperator(item.value, (path) => files.read(path)));
    }
  },
);

/** Public keys of operators, given without their JWTs. */
export const trustedKeysKind = fileOnly<readonly string[] | undefined>("keys", readTrustedKeys);

/**
 * The operator behind a reference. `read` returns the content of a file or throws as
 * `FileView.read` does. Throws `OptionValueError`.
 */
export function readOperator(reference: string, read: FileView["read"]): Operator {
  try {
    return operatorOf(undecorated(contentOf(reference, read)));
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error;
    throw new OptionValueError(`error parsing operator JWT: ${error.message}`);
  }
}

function operatorOf(jwt: string): Operator {
  const outline = jwtOutline(jwt, "operator", ["operator"]);
  const { name, subject, claims, issuedAtSeconds, expiresAtSeconds } = outline;
  return {
    jwt,
    name,
    subject,
    signingKeys: textsClaim(claims, "signing_keys"),
    isStrictAboutSigningKeys: flagClaim(claims, "strict_signing_key_usage"),
    accountServerUrl: textClaim(claims, "account_server_url"),
    systemAccount: textClaim(claims, "system_account"),
    assertedServerVersion: textClaim(claims, "assert_server_version"),
    issuedAtSeconds,
    expiresAtSeconds,
  };
}

/** A file goes before a JWT of that text. */
function contentOf(reference: string, read: FileView["read"]): string {
  try {
    return read(reference);
  } catch (error) {
    if (reference.startsWith(INLINE_PREFIX)) return reference;
    throw new OptionValueError(fileProblem(reference, error));
  }
}

function readReferences(node: ConfigNode, { problems }: ReadPlace): OperatorReferences {
  return readEach(textNodes(node), problems, (item) => {
    if (item.kind === "string") return item.value;
    const found = `unsupported type ${goTypeName(item)}`;
    const wanted = item === node ? "" : " where string is expected";
    throw new OptionValueError(`error parsing operators: ${found}${wanted}`);
  });
}

function readTrustedKeys(node: ConfigNode, place: ReadPlace): readonly string[] {
  const keys = readTextList(node, place, "trusted");
  for (const item of textNodes(node)) {
    if (item.kind !== "string" || isPublicKeyFor("operator", item.value)) continue;
    const reason = `trust key ${shownKey(item.value)} required to be a valid public operator nkey`;
    place.problems.error(item.position, reason);
  }
  return keys;
}
