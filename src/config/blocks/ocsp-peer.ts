/**
 * `ocsp_peer` of a `tls` block: whether the certificates of clients are checked with the OCSP
 * responders of those who issued them.
 */
import { type ConfigNode, goTypeName } from "../config-node.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { field, readBlock } from "./block.ts";
import { readSpan } from "./spans.ts";

export interface OcspPeerSettings {
  /** Whether they are checked at all. */
  readonly verify: boolean;
  /** How long a responder may take. */
  readonly caTimeoutMs: number;
  readonly allowedClockSkewMs: number;
  /** Log what is wrong and let every client in. */
  readonly warnOnly: boolean;
  /** Take certificates that the responder does not know for good. */
  readonly unknownIsGood: boolean;
  /** Let clients in whose certificate cannot be checked, unless it is known to be revoked. */
  readonly allowWhenCaUnreachable: boolean;
  /** How long a response counts that does not say it. */
  readonly cacheTtlWhenNextUpdateUnsetMs: number;
}

const DEFAULTS: OcspPeerSettings = {
  verify: false,
  caTimeoutMs: 2000,
  allowedClockSkewMs: 30_000,
  warnOnly: false,
  unknownIsGood: false,
  allowWhenCaUnreachable: false,
  cacheTtlWhenNextUpdateUnsetMs: 3_600_000,
};

const ERROR = "error parsing tls peer config";

const OCSP_PEER_FIELDS = {
  verify: field(["verify"], flag),
  caTimeoutMs: field(["ca_timeout"], span),
  allowedClockSkewMs: field(["allowed_clockskew"], span),
  warnOnly: field(["warn_only"], flag),
  unknownIsGood: field(["unknown_is_good"], flag),
  allowWhenCaUnreachable: field(["allow_when_ca_unreachable"], flag),
  cacheTtlWhenNextUpdateUnsetMs: field(["cache_ttl_when_next_update_unset"], span),
};

/** `true` and `false` say only whether to verify; what a block leaves out has its default. */
export function readOcspPeer(node: ConfigNode, place: ReadPlace): OcspPeerSettings {
  if (node.kind === "boolean") return { ...DEFAULTS, verify: node.value };
  if (node.kind !== "map") {
    const found = goTypeName(node);
    throw new OptionValueError(`error parsing ocsp peer config: unsupported type ${found}`);
  }
  const { values } = readBlock(node, OCSP_PEER_FIELDS, place, (quotedKey) => {
    return `${ERROR}, unknown field [${quotedKey}]`;
  });
  return {
    verify: values.verify ?? DEFAULTS.verify,
    caTimeoutMs: notNegative(values.caTimeoutMs) ?? DEFAULTS.caTimeoutMs,
    allowedClockSkewMs: notNegative(values.allowedClockSkewMs) ?? DEFAULTS.allowedClockSkewMs,
    warnOnly: values.warnOnly ?? DEFAULTS.warnOnly,
    unknownIsGood: values.unknownIsGood ?? DEFAULTS.unknownIsGood,
    allowWhenCaUnreachable: values.allowWhenCaUnreachable ?? DEFAULTS.allowWhenCaUnreachable,
    cacheTtlWhenNextUpdateUnsetMs:
      notNegative(values.cacheTtlWhenNextUpdateUnsetMs) ?? DEFAULTS.cacheTtlWhenNextUpdateUnsetMs,
  };
}

/** What is below 0 stands for the default. */
function notNegative(ms: number | undefined): number | undefined {
  return ms !== undefined && ms >= 0 ? ms : undefined;
}

function flag(node: ConfigNode, { key }: ReadPlace): boolean {
  if (node.kind === "boolean") return node.value;
  throw new OptionValueError(`${ERROR}, expected '${key.toLowerCase()}' to be a boolean`);
}

function span(node: ConfigNode): number {
  return readSpan(node, {
    invalid: (reason) => `${ERROR}, conversion error: ${reason}`,
    wrongType: `${ERROR}, conversion error: unexpected type`,
  });
}
