/**
 * The fields of a `tls` block that take certificates from the store of Windows. It is out of reach
 * for midge, so that `cert_store` is refused; the fields that say what to look for there are
 * checked and have no effect. The texts, "not implemented" among them, are what nats-server says of
 * a store or a way to match that it does not know.
 */
import type { ConfigNode } from "../config-node.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { field } from "./block.ts";
import { textNodes } from "./text-list.ts";

const STORES: ReadonlySet<string> = new Set(["windowscurrentuser", "windowslocalmachine"]);
const MATCHES: ReadonlySet<string> = new Set(["subject", "issuer", "thumbprint"]);

export const CERTIFICATE_STORE_FIELDS = {
  certStore: field(["cert_store"], refuseStore),
  certMatchBy: field(["cert_match_by"], checkMatchBy),
  certMatch: field(["cert_match"], checkMatch),
  caCertsMatch: field(["ca_certs_match"], checkCaMatch),
  certMatchSkipInvalid: field(["cert_match_skip_invalid"], checkSkipInvalid),
};

function refuseStore(node: ConfigNode, place: ReadPlace): never {
  const isKnown = STORES.has(nonEmptyText(node, place).toLowerCase());
  throw new OptionValueError(
    isKnown
      ? "cert_store not compatible with current operating system"
      : "cert store type not implemented",
  );
}

function checkMatchBy(node: ConfigNode, place: ReadPlace): void {
  if (MATCHES.has(nonEmptyText(node, place).toLowerCase())) return;
  throw new OptionValueError("cert match by type not implemented");
}

function checkMatch(node: ConfigNode, place: ReadPlace): void {
  nonEmptyText(node, place);
}

function checkCaMatch(node: ConfigNode, place: ReadPlace): void {
  if (textNodes(node).every(({ kind }) => kind === "string")) return;
  throw expected(place, "a valid non-empty string array");
}

function checkSkipInvalid(node: ConfigNode, place: ReadPlace): void {
  if (node.kind !== "boolean") throw expected(place, "a boolean");
}

function nonEmptyText(node: ConfigNode, place: ReadPlace): string {
  if (node.kind === "string" && node.value !== "") return node.value;
  throw expected(place, "a valid non-empty string");
}

function expected({ key }: ReadPlace, what: string): OptionValueError {
  return new OptionValueError(`expected '${key.toLowerCase()}' to be ${what}`);
}
