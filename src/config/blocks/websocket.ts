/**
 * The block `websocket` (or `ws`): a listener for clients that come over WebSocket. Used by the
 * option table; `checkWebsocket` is called with the complete options.
 */
import { type ConfigNode, goTypeName } from "../config-node.ts";
import { listenAddress } from "../listen-address.ts";
import { booleanOf, integerOf, stringOf } from "../node-values.ts";
import { type ReadPlace, port } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { attempt, field, mapOr, readBlock } from "./block.ts";
import {
  type ListenerAuthorization,
  type LogInSurroundings,
  listenerLogInProblems,
  readListenerAuthorization,
} from "./listener-authorization.ts";
import { fileNaming } from "./named-files.ts";
import { namedDuration, readDurationText } from "./spans.ts";
import { givenText, readTextList } from "./text-list.ts";
import { checkTlsFiles, tlsPosition } from "./tls-files.ts";
import type { TlsSettings } from "./tls-settings.ts";
import { checkTls, readTls } from "./tls.ts";
import { parseOrigin } from "./url-text.ts";

export interface ResponseHeader {
  readonly name: string;
  readonly value: string;
}

export interface WebsocketSettings {
  /** Undefined: every address. */
  readonly host: string | undefined;
  /** 0: no listener; -1: any free port. */
  readonly port: number;
  /** `host[:port]` that clients are told. */
  readonly advertise: string | undefined;
  /** Without it, `tls` is required. */
  readonly noTls: boolean;
  readonly tls: TlsSettings | undefined;
  /** Only pages from this server may connect. */
  readonly sameOrigin: boolean;
  /** Pages that may connect, as `parseOrigin` reads them; empty: all. */
  readonly allowedOrigins: readonly string[];
  /** For TLS and the HTTP request together; 0: no limit. */
  readonly handshakeTimeoutMs: number;
  readonly compression: boolean;
  readonly authorization: ListenerAuthorization | undefined;
  readonly noAuthUser: string | undefined;
  /** Cookies that hold what CONNECT leaves out. */
  readonly jwtCookie: string | undefined;
  readonly userCookie: string | undefined;
  readonly passCookie: string | undefined;
  readonly tokenCookie: string | undefined;
  /** Undefined: as for other clients. */
  readonly pingIntervalMs: number | undefined;
  /** Headers of the response, beyond those of the protocol. */
  readonly headers: readonly ResponseHeader[];
}

const PORT = port();

const WEBSOCKET_FIELDS = {
  listen: field(["listen"], listenAddress),
  host: field(["host", "net"], stringOf),
  port: field(["port"], PORT.read),
  advertise: field(["advertise"], stringOf),
  noTls: field(["no_tls"], booleanOf),
  tls: field(["tls"], readTls),
  sameOrigin: field(["same_origin"], booleanOf),
  allowedOrigins: field(
    ["allowed_origins", "allowed_origin", "allow_origins", "allow_origin", "origins", "origin"],
    (node, place) => readTextList(node, place, "allowed origins"),
  ),
  handshakeTimeoutMs: field(["handshake_timeout"], readHandshakeTimeout),
  compression: field(["compression", "compress"], booleanOf),
  authorization: field(["authorization", "authentication"], readListenerAuthorization),
  noAuthUser: field(["no_auth_user"], stringOf),
  jwtCookie: field(["jwt_cookie"], stringOf),
  userCookie: field(["user_cookie"], stringOf),
  passCookie: field(["pass_cookie"], stringOf),
  tokenCookie: field(["token_cookie"], stringOf),
  pingIntervalMs: field(["ping_interval"], namedDuration("ping_interval")),
  headers: field(["headers"], readHeaders),
};

/** Headers that belong to the protocol, in lower case. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "connection",
  "upgrade",
  "nats-no-masking",
]);

export const websocketKind = fileNaming(
  "websocket",
  readWebsocket,
  (settings: WebsocketSettings, node, files, problems) => {
    if (settings.tls === undefined) return;
    checkTlsFiles(settings.tls, tlsPosition(node), problems, (path) => files.read(path));
  },
);

/** Why a server cannot run with these settings, in nats-server's words; none without a port. */
export function checkWebsocket(
  settings: WebsocketSettings,
  surroundings: LogInSurroundings,
): readonly string[] {
  if (settings.port === 0) return [];
  const problems: string[] = [];
  if (settings.tls !== undefined) problems.push(...checkTls(settings.tls));
  else if (!settings.noTls) problems.push("websocket requires TLS configuration");
  problems.push(...settings.allowedOrigins.flatMap(originProblem));
  problems.push(...listenerLogInProblems("websocket", settings, surroundings));
  const { jwtCookie } = settings;
  const { hasOperators, hasTrustedKeys } = surroundings;
  if (jwtCookie !== undefined && !hasOperators && !hasTrustedKeys) {
    const wanted = "trusted operators or trusted keys configuration is required";
    const cookie = JSON.stringify(jwtCookie);
    problems.push(`${wanted} for JWT authentication via cookie ${cookie}`);
  }
  problems.push(...settings.headers.flatMap(headerProblem));
  return problems;
}

function readWebsocket(node: ConfigNode, place: ReadPlace): WebsocketSettings {
  const map = mapOr(node, (found) => `Expected websocket to be a map, got ${found}`);
  const { values } = readBlock(map, WEBSOCKET_FIELDS, place);
  const { pingIntervalMs = 0 } = values;
  return {
    host: givenText(values.host ?? values.listen?.host),
    port: values.port ?? values.listen?.port ?? 0,
    advertise: givenText(values.advertise),
    noTls: values.noTls ?? false,
    tls: values.tls,
    sameOrigin: values.sameOrigin ?? false,
    allowedOrigins: values.allowedOrigins ?? [],
    handshakeTimeoutMs: Math.max(0, values.handshakeTimeoutMs ?? 0),
    compression: values.compression ?? false,
    authorization: values.authorization,
    noAuthUser: givenText(values.noAuthUser),
    jwtCookie: givenText(values.jwtCookie),
    userCookie: givenText(values.userCookie),
    passCookie: givenText(values.passCookie),
    tokenCookie: givenText(values.tokenCookie),
    pingIntervalMs: pingIntervalMs > 0 ? pingIntervalMs : undefined,
    headers: values.headers ?? [],
  };
}

function readHandshakeTimeout(node: ConfigNode): number {
  if (node.kind === "integer") return integerOf(node) * 1000;
  if (node.kind === "string") return readDurationText(node.value, { invalid: (reason) => reason });
  const found = goTypeName(node);
  throw new OptionValueError(`error parsing handshake timeout: unsupported type ${found}`);
}

function readHeaders(node: ConfigNode, { problems }: ReadPlace): readonly ResponseHeader[] {
  const map = mapOr(node, (found) => `error parsing headers: unsupported type ${found}`);
  return [...map.entries.values()].flatMap(({ key: name, position, node: value }) => {
    const text = attempt(position, problems, () => headerText(name, value));
    return text === undefined ? [] : [{ name, value: text }];
  });
}

function headerText(name: string, node: ConfigNode): string {
  if (node.kind === "string") return node.value;
  const found = goTypeName(node);
  throw new OptionValueError(`error parsing header key ${name}: unsupported type ${found}`);
}

function originProblem(origin: string): string[] {
  try {
    parseOrigin(origin);
    return [];
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error;
    return [error.message];
  }
}

function headerProblem({ name, value }: ResponseHeader): string[] {
  const key = name.toLowerCase();
  const invalid = `websocket: invalid header ${JSON.stringify(name)}`;
  if (key.startsWith("sec-websocket-")) return [`${invalid}, "Sec-WebSocket-" prefix not allowed`];
  // A line break in either would let other headers, or the end of them, into the response.
  const isWellFormed = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[\r\n\0]/.test(value);
  return RESERVED_HEADERS.has(key) || !isWellFormed ? [`${invalid} not allowed`] : [];
}
