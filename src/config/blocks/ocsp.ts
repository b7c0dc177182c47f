/**
 * The blocks `ocsp` (when the server proves with OCSP that its own certificate is good) and
 * `ocsp_cache` (where responses about the certificates of clients are kept).
 */
import { isAbsolute } from "node:path";
import { type ConfigNode, goTypeName } from "../config-node.ts";
import { stringOf } from "../node-values.ts";
import { type ReadPlace, fileOnly } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { field, readBlock } from "./block.ts";
import { readSpan } from "./spans.ts";
import { readTextList } from "./text-list.ts";

export const OCSP_MODES = ["auto", "always", "must", "never"] as const;

export const SYSTEM_LIBRARY = "system";

export interface OcspSettings {
  /**
   * auto: if the certificate asks for it; must: likewise, and shut down when it is not good;
   * always: also if it does not ask; never: not at all.
   */
  readonly mode: (typeof OCSP_MODES)[number];
  /** Responders to ask in place of those that the certificate names. */
  readonly urls: readonly string[];
  /** The OpenSSL that staples: `system` for the host's own, or a path; undefined: none. */
  readonly library: string | undefined;
}

export interface OcspCacheSettings {
  readonly type: "none" | "local";
  /** The directory of a local cache. */
  readonly localStore: string;
  /** Keep what says that a certificate is revoked. */
  readonly preserveRevoked: boolean;
  /** Whole seconds, at least one. */
  readonly saveIntervalMs: number;
}

const OCSP_FIELDS = {
  mode: field(["mode"], readMode),
  url: field(["url"], stringOf),
  urls: field(["urls"], (node, place) => readTextList(node, place, "urls")),
  library: field(["library"], readLibrary),
};

/** Also where peers are checked and nothing is said of a cache. */
export const CACHE_DEFAULTS: OcspCacheSettings = {
  type: "local",
  localStore: "_rc_",
  preserveRevoked: false,
  saveIntervalMs: 300_000,
};

const CACHE_ERROR = "error parsing OCSP peer cache config";

const CACHE_FIELDS = {
  type: field(["type"], readCacheType),
  localStore: field(["local_store"], cacheText),
  preserveRevoked: field(["preserve_revoked"], cacheFlag),
  saveIntervalMs: field(["save_interval"], readSaveInterval),
};

export const ocspKind = fileOnly<OcspSettings | undefined>("ocsp", readOcsp);

export const ocspCacheKind = fileOnly<OcspCacheSettings | undefined>("ocsp cache", readOcspCache);

function readOcsp(node: ConfigNode, place: ReadPlace): OcspSettings {
  if (node.kind === "boolean") {
    return { mode: node.value ? "auto" : "never", urls: [], library: undefined };
  }
  if (node.kind !== "map") {
    const found = goTypeName(node);
    throw new OptionValueError(`error parsing ocsp config: unsupported type ${found}`);
  }
  const { values } = readBlock(node, OCSP_FIELDS, place, (quotedKey) => {
    return `error parsing ocsp config: unsupported field ${quotedKey}`;
  });
  const { mode = "auto", url, urls = [], library } = values;
  return { mode, urls: url === undefined ? urls : [url, ...urls], library };
}

function readMode(node: ConfigNode): OcspSettings["mode"] {
  const written = stringOf(node);
  const mode = OCSP_MODES.find((one) => one === written.toLowerCase());
  if (mode !== undefined) return mode;
  const found = JSON.stringify(written);
  throw new OptionValueError(`error parsing ocsp config: unsupported ocsp mode ${found}`);
}

/** An addition of midge's. */
function readLibrary(node: ConfigNode): string {
  const library = stringOf(node);
  if (library === SYSTEM_LIBRARY || isAbsolute(library)) return library;
  const wanted = `'library' has to be "${SYSTEM_LIBRARY}" or the path of a libssl`;
  throw new OptionValueError(`error parsing ocsp config: ${wanted}`);
}

function readOcspCache(node: ConfigNode, place: ReadPlace): OcspCacheSettings {
  if (node.kind === "boolean") return { ...CACHE_DEFAULTS, type: node.value ? "local" : "none" };
  if (node.kind !== "map") {
    throw new OptionValueError(`error parsing ocsp_cache: unsupported type ${goTypeName(node)}`);
  }
  const { values } = readBlock(node, CACHE_FIELDS, place, (quotedKey) => {
    return `${CACHE_ERROR}, unknown field [${quotedKey}]`;
  });
  return {
    type: values.type ?? CACHE_DEFAULTS.type,
    // "" stands for it too.
    localStore: values.localStore || CACHE_DEFAULTS.localStore,
    preserveRevoked: values.preserveRevoked ?? CACHE_DEFAULTS.preserveRevoked,
    saveIntervalMs: values.saveIntervalMs ?? CACHE_DEFAULTS.saveIntervalMs,
  };
}

function readCacheType(node: ConfigNode, place: ReadPlace): OcspCacheSettings["type"] {
  const written = cacheText(node, place);
  const type = written.toLowerCase();
  if (type === "none" || type === "local") return type;
  throw new OptionValueError(`${CACHE_ERROR}, unknown type [${written}]`);
}

function cacheText(node: ConfigNode, place: ReadPlace): string {
  return node.kind === "string" ? node.value : refuseType(place, "a string");
}

function cacheFlag(node: ConfigNode, place: ReadPlace): boolean {
  return node.kind === "boolean" ? node.value : refuseType(place, "a boolean");
}

function refuseType({ key }: ReadPlace, wanted: string): never {
  throw new OptionValueError(`${CACHE_ERROR}, expected '${key.toLowerCase()}' to be ${wanted}`);
}

function readSaveInterval(node: ConfigNode): number {
  const ms = readSpan(node, {
    invalid: (reason) => `${CACHE_ERROR}, conversion error: ${reason}`,
    wrongType: `${CACHE_ERROR}, conversion error: unexpected type`,
  });
  return Math.max(1, Math.trunc(ms / 1000)) * 1000;
}
