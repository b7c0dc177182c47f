/**
 * A `tls` block: of clients, WebSocket and MQTT listeners, and of the account resolver (where midge
 * is the client). Names and combinations are checked here, files by `tls-files.ts`, ciphers and
 * curves against `tls-names.ts`.
 */
import { type ConfigNode, goTypeName } from "../config-node.ts";
import { integerOf, itemsOf, stringOf } from "../node-values.ts";
import type { ReadPlace } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { type Block, field, itemsOr, mapOr, readBlock, readEach, shownValue } from "./block.ts";
import { CERTIFICATE_STORE_FIELDS } from "./certificate-store.ts";
import { fileNaming } from "./named-files.ts";
import { readOcspPeer } from "./ocsp-peer.ts";
import { readSpan } from "./spans.ts";
import { givenText } from "./text-list.ts";
import { checkTlsFiles } from "./tls-files.ts";
import { CIPHER_SUITES, CURVES } from "./tls-names.ts";
import type { CertificateFiles, TlsSettings } from "./tls-settings.ts";

/** What `handshake_first: auto` waits for a handshake. */
export const AUTO_FALLBACK_MS = 50;

export const TLS_FIELDS = {
  certFile: field(["cert_file"], fileName),
  keyFile: field(["key_file"], fileName),
  caFile: field(["ca_file"], fileName),
  certificates: field(["certs", "certificates"], readCertificates),
  verify: field(["verify"], flag),
  verifyAndMap: field(["verify_and_map"], flag),
  knownUrls: field(["verify_cert_and_check_known_urls"], refuseKnownUrls),
  insecure: field(["insecure"], flag),
  timeoutMs: field(["timeout"], readTimeout),
  cipherSuites: field(["cipher_suites"], (node, place) =>
    readNames(node, place, CIPHER_SUITES, "cipher"),
  ),
  allowsInsecureCiphers: field(["allow_insecure_cipher_suites"], flag),
  curvePreferences: field(["curve_preferences"], (node, place) =>
    readNames(node, place, CURVES, "curve preference"),
  ),
  minVersion: field(["min_version"], readMinVersion),
  pinnedCertificates: field(["pinned_certs"], readPins),
  connectionRateLimit: field(["connection_rate_limit"], readRateLimit),
  handshakeFirst: field(["handshake_first", "first", "immediate"], readHandshakeFirst),
  ocspPeer: field(["ocsp_peer"], readOcspPeer),
  watch: field(["watch"], flag),
  ...CERTIFICATE_STORE_FIELDS,
};

const CERTIFICATE_FIELDS = {
  certFile: field(["cert_file"], certificateFile),
  keyFile: field(["key_file"], certificateFile),
};

export const tlsKind = fileNaming("tls", readTls, (settings: TlsSettings, node, files, problems) =>
  checkTlsFiles(settings, node.position, problems, (path) => files.read(path)),
);

export function readTls(node: ConfigNode, place: ReadPlace): TlsSettings {
  const block = readBlock(node, TLS_FIELDS, place, (quotedKey) => {
    return `error parsing tls config, unknown field ${quotedKey}`;
  });
  for (const reason of combinationProblems(block)) place.problems.error(node.position, reason);
  const { values } = block;
  const { verify = false, verifyAndMap = false, insecure = false, certificates = [] } = values;
  return {
    certFile: givenText(values.certFile),
    keyFile: givenText(values.keyFile),
    caFile: givenText(values.caFile),
    certificates,
    verify: verify || verifyAndMap,
    verifyAndMap,
    insecure,
    timeoutMs: values.timeoutMs,
    cipherSuites: values.cipherSuites,
    curvePreferences: values.curvePreferences,
    minVersion: values.minVersion,
    pinnedCertificates: values.pinnedCertificates,
    connectionRateLimit: values.connectionRateLimit ?? 0,
    handshakeFirst: values.handshakeFirst?.isFirst ?? false,
    handshakeFirstFallbackMs: values.handshakeFirst?.fallbackMs,
    ocspPeer: values.ocspPeer,
    watch: values.watch ?? false,
  };
}

/** What has to hold beyond the block itself; for `-t` it is no matter. */
export function checkTls(settings: TlsSettings): readonly string[] {
  if (settings.ocspPeer?.verify !== true || settings.verify) return [];
  return ["OCSP peer verification for client connections requires TLS verify (mTLS) to be enabled"];
}

function combinationProblems({ given, values }: Block<typeof TLS_FIELDS>): string[] {
  const problems: string[] = [];
  const insecure = (values.cipherSuites ?? []).filter((name) => {
    return CIPHER_SUITES.get(name)?.isInsecure === true;
  });
  if (insecure.length > 0 && values.allowsInsecureCiphers !== true) {
    const option = "'allow_insecure_cipher_suites' option set";
    const names = insecure.join(", ");
    problems.push(`insecure cipher suites configured without ${option}: ${names}`);
  }
  if (values.certFile && values.certificates !== undefined && values.certificates.length > 0) {
    problems.push(
      "error parsing tls config, cannot combine 'cert_file' option with 'certs' option",
    );
  }
  // A path that cannot be read is not missing.
  if (values.certFile && isMissing(given.keyFile, values.keyFile)) {
    problems.push("missing 'key_file' in TLS configuration");
  }
  if (values.keyFile && isMissing(given.certFile, values.certFile)) {
    problems.push("missing 'cert_file' in TLS configuration");
  }
  return problems;
}

function isMissing(entry: unknown, value: string | undefined): boolean {
  return entry === undefined || value === "";
}

function fileName(node: ConfigNode, place: ReadPlace): string {
  return node.kind === "string" ? node.value : refuseType(place, "filename");
}

function flag(node: ConfigNode, place: ReadPlace): boolean {
  return node.kind === "boolean" ? node.value : refuseType(place, "a boolean");
}

function refuseType({ key }: ReadPlace, wanted: string): never {
  const name = key.toLowerCase();
  throw new OptionValueError(`error parsing tls config, expected '${name}' to be ${wanted}`);
}

function refuseKnownUrls(node: ConfigNode, place: ReadPlace): void {
  if (!flag(node, place)) return;
  throw new OptionValueError("verify_cert_and_check_known_urls not supported in this context");
}

function readTimeout(node: ConfigNode): number {
  const option = "error parsing tls config, 'timeout'";
  const ms = readSpan(node, {
    invalid: (reason) => `${option} ${reason}`,
    wrongType: `${option} wrong type`,
  });
  if (ms < 0) throw new OptionValueError(`${option} can not be negative`);
  return ms;
}

/** Texts that are all keys of `known`. */
function readNames(
  node: ConfigNode,
  { key, problems }: ReadPlace,
  known: ReadonlyMap<string, unknown>,
  what: string,
): readonly string[] {
  const items = itemsOf(node);
  if (items.length === 0) {
    throw new OptionValueError(`error parsing tls config, '${key.toLowerCase()}' cannot be empty`);
  }
  return readEach(items, problems, (item) => {
    const name = stringOf(item);
    if (known.has(name)) return name;
    throw new OptionValueError(`unrecognized ${what} ${name}`);
  });
}

function readMinVersion(node: ConfigNode): "1.2" | "1.3" {
  const refusal = (reason: string) => new OptionValueError(`error parsing tls config: ${reason}`);
  if (node.kind !== "string") throw refusal(`'min_version' wrong type: ${shownValue(node)}`);
  const version = node.value;
  if (version === "1.2" || version === "1.3") return version;
  if (version === "1.0" || version === "1.1") {
    throw refusal(`unsupported TLS version: TLS ${version}`);
  }
  throw refusal(`unknown version: ${version}`);
}

function readPins(node: ConfigNode, { problems }: ReadPlace): readonly string[] | undefined {
  const form = "hex-encoded sha256 of DER encoded SubjectPublicKeyInfo";
  const items = itemsOr(
    node,
    () => `error parsing tls config, expected 'pinned_certs' to be a list of ${form}`,
  );
  const pins = readEach(items, problems, (item) => {
    const pin = stringOf(item).toLowerCase();
    if (/^[a-f\d]{64}$/.test(pin)) return pin;
    throw new OptionValueError(
      `error parsing tls config, 'pinned_certs' key ${pin} does not look like ${form}`,
    );
  });
  return items.length === 0 ? undefined : [...new Set(pins)];
}

function readRateLimit(node: ConfigNode): number {
  if (node.kind === "integer") return Math.max(0, integerOf(node));
  throw new OptionValueError("error parsing tls config, 'connection_rate_limit' wrong type");
}

interface HandshakeFirst {
  readonly isFirst: boolean;
  readonly fallbackMs: number | undefined;
}

function readHandshakeFirst(node: ConfigNode, { key }: ReadPlace): HandshakeFirst {
  const name = JSON.stringify(key);
  if (node.kind === "boolean") return { isFirst: node.value, fallbackMs: undefined };
  if (node.kind !== "string") {
    const found = goTypeName(node);
    throw new OptionValueError(`field ${name} should be a boolean or a string, got ${found}`);
  }
  const word = node.value.toLowerCase();
  if (word === "true" || word === "on") return { isFirst: true, fallbackMs: undefined };
  if (word === "false" || word === "off") return { isFirst: false, fallbackMs: undefined };
  if (word === "auto" || word === "auto_fallback") {
    return { isFirst: true, fallbackMs: AUTO_FALLBACK_MS };
  }
  const wrong = `field ${name}'s value ${JSON.stringify(node.value)} is invalid`;
  const ms = readSpan(node, { invalid: () => wrong, wrongType: wrong });
  return { isFirst: true, fallbackMs: ms > 0 ? ms : undefined };
}

function readCertificates(node: ConfigNode, place: ReadPlace): readonly CertificateFiles[] {
  const items = itemsOr(node, unsupportedCertificates);
  return readEach(items, place.problems, (item) => readCertificate(item, place));
}

function readCertificate(node: ConfigNode, place: ReadPlace): CertificateFiles | undefined {
  const map = mapOr(node, unsupportedCertificates);
  const { given, values, end } = readBlock(map, CERTIFICATE_FIELDS, place, (quotedKey) => {
    return `error parsing tls certs config, unknown field ${quotedKey}`;
  });
  const { certFile, keyFile } = values;
  if (isMissing(given.certFile, certFile) || isMissing(given.keyFile, keyFile)) {
    const missing = "both 'cert_file' and 'cert_key' options are required";
    place.problems.error(end, `error parsing certificates config: ${missing}`);
  }
  return certFile && keyFile ? { certFile, keyFile } : undefined;
}

function certificateFile(node: ConfigNode): string {
  if (node.kind === "string") return node.value;
  throw new OptionValueError(unsupportedCertificates(goTypeName(node)));
}

function unsupportedCertificates(found: string): string {
  return `error parsing certificates config: unsupported type ${found}`;
}
