/**
 * `resolver` and what belongs to it: where the JWTs of accounts are found in operator mode. Used by
 * the option table. Nothing is fetched, and no directory is made, here.
 */
import type { ConfigNode, MapNode } from "../config-node.ts";
import { booleanOf, integerOf, stringOf } from "../node-values.ts";
import { type ReadPlace, fileOnly } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import type { ProblemList } from "../problems.ts";
import { formatDuration } from "../../util/duration.ts";
import { type Block, attempt, field, mapOr, readBlock } from "./block.ts";
import { jwtOutline } from "./jwt-outline.ts";
import { fileNaming } from "./named-files.ts";
import { readDurationText } from "./spans.ts";
import { readTextList } from "./text-list.ts";
import { shownUrl } from "./url-text.ts";

interface DirectorySettings {
  readonly directory: string;
  /** Accounts to keep; undefined: the resolver's own default. */
  readonly limit: number | undefined;
  /** How long to wait for other servers; undefined: two seconds. */
  readonly timeoutMs: number | undefined;
}

/** What becomes of an account that is to be deleted: nothing, it is set aside, it is gone. */
export type AccountDeletion = "refused" | "renamed" | "hard";

export type ResolverSettings =
  | { readonly type: "memory" }
  /** Accounts are fetched from `<url><account>`; the URL ends in a slash. */
  | { readonly type: "url"; readonly url: string }
  | (DirectorySettings & {
      readonly type: "full";
      /** Between comparisons with other servers; undefined: a minute. */
      readonly intervalMs: number | undefined;
      readonly deletion: AccountDeletion;
    })
  | (DirectorySettings & {
      readonly type: "cache";
      /** How long an account is kept; undefined: for good. */
      readonly ttlMs: number | undefined;
    });

/** The JWT of an account, for a resolver to start with. */
export interface AccountJwt {
  readonly account: string;
  readonly jwt: string;
}

const RESOLVER_FIELDS = {
  type: field(["type"], stringOf),
  directory: field(["dir"], stringOf),
  limit: field(["limit"], integerOf),
  ttlMs: field(["ttl"], readDuration),
  intervalMs: field(["interval"], readDuration),
  timeoutMs: field(["timeout"], readTimeout),
  allowsDelete: field(["allow_delete"], booleanOf),
  isHardDelete: field(["hard_delete"], booleanOf),
};

const FIELD_KEYS: ReadonlySet<string> = new Set(
  Object.values(RESOLVER_FIELDS).flatMap(({ keys }) => keys),
);

const WANTED =
  'error parsing account resolver, should be MEM or  URL("url") or a map containing dir and type ' +
  "state=[FULL|CACHE])";

export const resolverKind = fileNaming(
  "resolver",
  readResolver,
  (settings: ResolverSettings, node, files, problems) => {
    if (!("directory" in settings) || settings.directory === "") return;
    if (files.isUsableDirectory(settings.directory) !== false) return;
    problems.error(node.position, "dir needs to point to an accessible directory");
  },
);

export const resolverPreloadKind = fileOnly<readonly AccountJwt[] | undefined>("map", readPreload);

/** Public keys of the accounts that may connect at all; the system account may in any case. */
export const resolverPinnedAccountsKind = fileOnly<readonly string[] | undefined>(
  "accounts",
  (node, place) => readTextList(node, place, "resolver_pinned_accounts"),
);

/** Why the resolver does not fit what it is to start with. */
export function checkResolver(
  resolver: ResolverSettings | undefined,
  preload: readonly AccountJwt[],
): readonly string[] {
  if (resolver?.type !== "url" || preload.length === 0) return [];
  return ["resolver preloads only available for writeable resolver types MEM/DIR/CACHE_DIR"];
}

/** A URL as accounts are fetched from: with a slash at its end. */
export function resolverUrl(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

function readResolver(node: ConfigNode, place: ReadPlace): ResolverSettings {
  if (node.kind === "string") return readResolverText(node.value);
  const map = mapOr(node, (found) => `error parsing operator resolver, wrong type ${found}`);
  const block = readBlock(withoutUnknown(map, place.problems), RESOLVER_FIELDS, place);
  const { type } = block.values;
  // One that cannot be read is reported already.
  if (block.given.type !== undefined && type === undefined) return { type: "memory" };
  switch (type?.toUpperCase()) {
    case "MEM":
    case "MEMORY":
      return { type: "memory" };
    case "FULL":
      return fullResolver(block, node, place);
    case "CACHE":
      return cacheResolver(block, node, place);
    default:
      throw new OptionValueError(WANTED);
  }
}

/** `MEM`, `MEMORY` or `URL(https://host/path)`, in whatever case. */
function readResolverText(text: string): ResolverSettings {
  if (/^\s*mem(?:ory)?\s*$/i.test(text)) return { type: "memory" };
  const url = /^\s*url\(\s*"?([^\s"]+)"?\s*\)\s*$/i.exec(text)?.[1];
  if (url === undefined) throw new OptionValueError(WANTED);
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return { type: "url", url: resolverUrl(url) };
  throw new OptionValueError(`error parsing account resolver url [${shownUrl(url)}]`);
}

/** nats-server passes over keys it does not know here, so that a file may have some. */
function withoutUnknown(map: MapNode, problems: ProblemList): MapNode {
  const known = [...map.entries].filter(([key, entry]) => {
    if (FIELD_KEYS.has(key.toLowerCase())) return true;
    if (!entry.isUsed) problems.warn(entry.position, key, "unknown, it has no effect");
    return false;
  });
  return { ...map, entries: new Map(known) };
}

type ResolverBlock = Block<typeof RESOLVER_FIELDS>;

function fullResolver(block: ResolverBlock, node: ConfigNode, place: ReadPlace): ResolverSettings {
  const { values, given } = block;
  const refuse = (reason: string) => place.problems.error(node.position, reason);
  const settings = directorySettings(block, refuse);
  if (values.ttlMs) refuse("FULL does not accept ttl");
  const { allowsDelete = false, isHardDelete = false } = values;
  if (given.isHardDelete !== undefined && !allowsDelete) {
    refuse("hard_delete has no effect without delete");
  }
  const deletion = isHardDelete ? "hard" : "renamed";
  return {
    type: "full",
    ...settings,
    intervalMs: positive(values.intervalMs),
    deletion: allowsDelete ? deletion : "refused",
  };
}

function cacheResolver(block: ResolverBlock, node: ConfigNode, place: ReadPlace): ResolverSettings {
  const { values, given } = block;
  const refuse = (reason: string) => place.problems.error(node.position, reason);
  const settings = directorySettings(block, refuse);
  if (values.intervalMs) refuse("CACHE does not accept sync");
  if (values.allowsDelete === true) refuse("CACHE does not accept allow_delete");
  if (given.isHardDelete !== undefined) refuse("CACHE does not accept hard_delete");
  return { type: "cache", ...settings, ttlMs: positive(values.ttlMs) };
}

function directorySettings(
  { values, given }: ResolverBlock,
  refuse: (reason: string) => void,
): DirectorySettings {
  const { directory = "", limit, timeoutMs } = values;
  const isUnreadable = given.directory !== undefined && values.directory === undefined;
  if (directory === "" && !isUnreadable) {
    refuse("dir has no value and needs to point to a directory");
  }
  return { directory, limit: positive(limit), timeoutMs };
}

/** Zero and less stand for the default. */
function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

function readDuration(node: ConfigNode): number {
  return readDurationText(stringOf(node), { invalid: (reason) => reason });
}

function readTimeout(node: ConfigNode): number {
  const ms = readDuration(node);
  if (ms > 0) return ms;
  // Spelt as nats-server does.
  throw new OptionValueError(`Fetch timeout ${formatDuration(ms)} is too smal`);
}

function readPreload(node: ConfigNode, { problems }: ReadPlace): readonly AccountJwt[] {
  const map = mapOr(node, () => "preload should be a map of account_public_key:account_jwt");
  return [...map.entries.values()].flatMap(({ key: account, position, node: value }) => {
    const jwt = attempt(position, problems, () => accountJwt(value));
    return jwt === undefined ? [] : [{ account, jwt }];
  });
}

function accountJwt(node: ConfigNode): string {
  if (node.kind !== "string")
    throw new OptionValueError("preload map value should be a string JWT");
  try {
    jwtOutline(node.value, "account", ["account", "operator"]);
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error;
    throw new OptionValueError("invalid account JWT");
  }
  return node.value;
}
