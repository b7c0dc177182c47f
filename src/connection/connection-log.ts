/**
 * What the log says of one connection: its label in front of the text, and for JSON the name of the
 * event with the connection's facts. Used by connections of every protocol.
 */
import type { LogFields } from "../util/log/layout.ts";
import type { LogSubsystem } from "../util/log/levels.ts";
import type { Logger } from "../util/logger.ts";

/** Names of events in JSON lines; they do not change when texts do. */
export type ConnectionEvent =
  | "client_connected"
  | "client_closed"
  | "log_in"
  | "auth_failed"
  | "permission_violation"
  | "limit_exceeded"
  | "protocol_error"
  | "slow_consumer"
  | "slow_consumer_recovered"
  | "producer_stalled"
  | "stale_connection"
  | "internal_error"
  | "tls_handshake"
  | "trace";

/** Those that are the business of another subsystem than the client's. */
const SUBSYSTEMS: Readonly<Partial<Record<ConnectionEvent, LogSubsystem>>> = {
  log_in: "auth",
  auth_failed: "auth",
  tls_handshake: "tls",
};

/** Who is talked about. */
export interface LoggedConnection {
  readonly label: string;
  readonly cid: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly context: { readonly logger: Logger };
}

export function say(
  connection: LoggedConnection,
  level: "error" | "warn" | "info" | "debug" | "trace",
  event: ConnectionEvent,
  text: string,
  facts?: LogFields,
): void {
  const logger = loggerFor(connection, event);
  if (level === "debug" && !logger.debugEnabled) return;
  logger[level](`${connection.label} - ${text}`, fieldsOf(connection, event, facts));
}

/** As `say`, for what can happen very often: not the same twice within a second. */
export function sayRarely(
  connection: LoggedConnection,
  level: "error" | "warn",
  event: ConnectionEvent,
  text: string,
): void {
  const logger = loggerFor(connection, event);
  logger.rateLimited(
    level,
    `${connection.label} - ${text}`,
    fieldsOf(connection, event, undefined),
  );
}

function loggerFor({ context }: LoggedConnection, event: ConnectionEvent): Logger {
  const subsystem = SUBSYSTEMS[event];
  return subsystem === undefined ? context.logger : context.logger.for(subsystem);
}

function fieldsOf(
  { cid, remoteAddress, remotePort }: LoggedConnection,
  event: ConnectionEvent,
  facts: LogFields | undefined,
): LogFields {
  const fields = { event, cid, address: remoteAddress, port: remotePort };
  return facts === undefined ? fields : Object.assign(fields, facts);
}
