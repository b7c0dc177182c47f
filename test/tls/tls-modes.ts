/**
 * The modes of TLS of the client port as configurations, and what a server of any kind tells of a
 * connection that is over: in `/connz` and in its log. Used by the matrices of modes and clients.
 */
import { type ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { certificatePath, keyHashOf } from "./tls-peer.ts";

const SOON_MS = 10_000;

/** The time for a handshake, in the modes that are about it. */
export const TIMEOUT_MS = 400;

const VERIFY = `verify: true, ca_file: "${certificatePath("ca.pem")}"`;

function tls(more = "", rest = ""): string {
  return `${rest}
    tls { cert_file: "${certificatePath("server.pem")}"
      key_file: "${certificatePath("server-key.pem")}"
      timeout: "${TIMEOUT_MS}ms"
      ${more} }`;
}

const OPTIONAL = "allow_non_tls: true";
const USERS = 'authorization { users: [ { user: "client@example.com" }, { user: "bob" } ] }';
const MAP = VERIFY.replace("verify:", "verify_and_map:");

/** By the names that tables have for them. Only the certificate `client` is mapped and pinned. */
export const TLS_MODES = {
  none: "",
  tls: tls(),
  optional: tls("", OPTIONAL),
  first: tls("handshake_first: true"),
  "first, optional": tls("handshake_first: true", OPTIONAL),
  auto: tls("handshake_first: auto"),
  "auto, optional": tls("handshake_first: auto", OPTIONAL),
  duration: tls('handshake_first: "300ms"'),
  verify: tls(VERIFY),
  "verify, optional": tls(VERIFY, OPTIONAL),
  "verify, first": tls(`handshake_first: true, ${VERIFY}`),
  "verify, auto": tls(`handshake_first: auto, ${VERIFY}`),
  map: tls(MAP, USERS),
  "map, optional": tls(MAP, `${USERS}\n${OPTIONAL}`),
  pins: tls(`${VERIFY}, pinned_certs: ["${keyHashOf("client")}"]`),
  "pins, no verify": tls(`pinned_certs: ["${keyHashOf("client")}"]`),
} as const;

export type TlsMode = keyof typeof TLS_MODES;

/** A closed connection. */
export interface Ended {
  /** As `/connz?state=closed` has it. */
  readonly reason: string;
  /** In the log at debug level, each like `DBG TLS handshake complete`. */
  readonly lines: readonly string[];
  readonly connz: Readonly<Record<string, unknown>>;
}

/** The connection that came last, once it is over and the log has said so. */
export async function lastEnded(server: ConfiguredServer, before: number): Promise<Ended> {
  let connz: Record<string, unknown> = {};
  await eventually("the end of the connection", SOON_MS, async () => {
    const response = await server.fetch("/connz?state=closed&auth=1&limit=4096");
    const { connections } = (await response.json()) as { connections: Record<string, unknown>[] };
    connz = connections.reduce((left, right) => (cidOf(right) > cidOf(left) ? right : left), {});
    return cidOf(connz) > before;
  });
  const prefix = `- cid:${cidOf(connz)} - `;
  await server.logged(new RegExp(`${prefix}.*connection closed.*\n`));
  const lines = server.log.split("\n").flatMap((line) => {
    const [, level, rest] = /\[(\w{3})\] [^ ]+ (- cid:.*)$/.exec(line) ?? [];
    return rest?.startsWith(prefix) === true ? [`${level} ${rest.slice(prefix.length)}`] : [];
  });
  return { reason: String(connz["reason"]), lines, connz };
}

function cidOf(connz: Record<string, unknown>): number {
  return Number(connz["cid"] ?? 0);
}
