/**
 * The text of `--help_tls`: what a `tls` block of a configuration file may say, with the names of
 * cipher suites and curves that this version knows. Called by `run.ts`.
 */
import { CIPHER_SUITES, CURVES } from "../config/blocks/tls-names.ts";
import { helpLine } from "./usage.ts";

const EXAMPLE = `
TLS of the client port is configured by a block in the configuration file:

    tls {
        cert_file: "server.pem"     # and its chain
        key_file:  "server-key.pem"
    }

In place of such a block, --tls --tlscert <file> --tlskey <file> make a server with TLS.
`;

const FIELDS: readonly (readonly [string, string])[] = [
  ["cert_file, key_file", "Certificate with its chain, and its key, in PEM"],
  ["certs", "Several: [{cert_file, key_file}, ...]"],
  ["ca_file", "Who signs certificates of clients (default: as the system)"],
  ["verify", "Clients have to present a certificate"],
  ["verify_and_map", "Likewise, and it says which user they are"],
  ["pinned_certs", "SHA-256 of public keys (SPKI): only these clients"],
  ["ocsp_peer", "Ask OCSP responders about clients: true, or a block"],
  ["watch", "Whether files that change are taken over without a reload"],
  ["timeout", "Time for the handshake (default: 2s)"],
  ["handshake_first", "Handshake before INFO: true, auto, or how long to wait"],
  ["connection_rate_limit", "Handshakes per second"],
  ["min_version", '"1.2" or "1.3" (default: 1.2)'],
  ["cipher_suites", "Names, in order of preference"],
  ["curve_preferences", "Names, in order of preference"],
  ["allow_insecure_cipher_suites", "Whether cipher_suites may name insecure ones"],
];

/** Starts and ends with an empty line. */
export function tlsHelpText(): string {
  const fields = FIELDS.map(([name, help]) => helpLine(`    ${name}`, help));
  const suites = [...CIPHER_SUITES].filter(([, { runtimeName }]) => runtimeName !== undefined);
  const names = (isInsecure: boolean) => {
    return suites.filter(([, suite]) => suite.isInsecure === isInsecure).map(([name]) => name);
  };
  return [
    EXAMPLE,
    ...section("What the block may say", fields),
    ...section("Cipher suites", indented(names(false))),
    ...section("Cipher suites that need allow_insecure_cipher_suites", indented(names(true))),
    ...section("Curves", indented([...CURVES.keys()])),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return [`${title}:`, ...lines, ""];
}

function indented(names: readonly string[]): readonly string[] {
  return names.map((name) => `    ${name}`);
}
