/**
 * The table of `-ERR` texts of the client protocol, and the error that parser and client throw when
 * a peer breaks it. Texts are the reference's to the letter, since client libraries match on them.
 */
import { closeReasons } from "../broker/close-reason.ts";
import type { CloseReason } from "../broker/close-reason.ts";
import { goQuoted } from "../util/go-quoted.ts";
import { isUndecoded } from "../util/readable-text.ts";

export interface ProtocolErrorRow {
  /** Sent as `-ERR 'text'`; undefined closes without a word. */
  readonly text: string | undefined;
  /** Why the connection closes; undefined leaves it open. */
  readonly closes: CloseReason | undefined;
}

function row<Text extends string | undefined>(text: Text, closes?: CloseReason) {
  return { text, closes };
}

export const protocolErrors = {
  unknownOperation: row("Unknown Protocol Operation", closeReasons.protocolViolation),
  /** Wrong number of arguments, bad sizes, bad JSON: the reference closes without an error text. */
  badArguments: row(undefined, closeReasons.protocolViolation),
  maxControlLine: row("maximum control line exceeded", closeReasons.maxControlLineExceeded),
  maxPayload: row("Maximum Payload Violation", closeReasons.maxPayloadExceeded),
  authorizationViolation: row("Authorization Violation", closeReasons.authenticationViolation),
  authenticationTimeout: row("Authentication Timeout", closeReasons.authenticationTimeout),
  maxConnections: row("maximum connections exceeded", closeReasons.maxConnectionsExceeded),
  maxAccountConnections: row(
    "maximum account active connections exceeded",
    closeReasons.maxAccountConnectionsExceeded,
  ),
  maxSubscriptions: row("maximum subscriptions exceeded"),
  invalidProtocol: row("invalid client protocol", closeReasons.badClientProtocolVersion),
  noRespondersNeedsHeaders: row(
    "no responders requires headers support",
    closeReasons.noRespondersRequiresHeaders,
  ),
  staleConnection: row("Stale Connection", closeReasons.staleConnection),
  peerError: row(undefined, closeReasons.parseError),
  invalidPublishSubject: row("Invalid Publish Subject"),
  invalidSubject: row("Invalid Subject"),
} as const satisfies Record<string, ProtocolErrorRow>;

/** A peer broke the protocol. `message` is for the log only. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly row: ProtocolErrorRow;

  constructor(errorRow: ProtocolErrorRow, logText: string) {
    super(logText);
    this.row = errorRow;
  }
}

export const publishViolation = (subject: string): string =>
  `Permissions Violation for Publish to ${quote(subject)}`;

export const replyViolation = (reply: string): string =>
  `Permissions Violation for Publish with Reply of ${quote(reply)}`;

/** `queue` undefined for a plain subscription. */
export const subscriptionViolation = (subject: string, queue: string | undefined): string =>
  queue === undefined
    ? `Permissions Violation for Subscription to ${quote(subject)}`
    : `Permissions Violation for Subscription to ${quote(subject)} using queue ${quote(queue)}`;

export const tooManyTokens = (subject: string): string =>
  `Permissions Violation for Subscription to ${quote(subject)}, too many tokens`;

/** What the log says of violations. */
export const publishViolationLog = (subject: string): string =>
  `Publish Violation - Subject ${quote(subject)}`;

export const replyViolationLog = (reply: string): string =>
  `Publish Violation - Reply ${quote(reply)}`;

export const subscriptionViolationLog = (
  subject: string,
  queue: string | undefined,
  sid: string | number,
): string =>
  queue === undefined
    ? `Subscription Violation - Subject ${quote(subject)}, SID ${sid}`
    : `Subscription Violation - Subject ${quote(subject)}, Queue: ${quote(queue)}, SID ${sid}`;

/** A reload has taken the permission for a subscription that was there. */
export const subscriptionRevoked = (
  subject: string,
  queue: string | undefined,
  sid: string | number,
): string => `${subscriptionViolation(subject, queue)} (sid ${quote(String(sid))})`;

export const subscriptionRevokedLog = (subject: string, sid: string | number): string =>
  `Removed sub ${quote(String(sid))} (subject ${quote(subject)}) - not authorized`;

export const payloadTooLarge = (sizeBytes: number, limit: number): ProtocolError =>
  new ProtocolError(
    protocolErrors.maxPayload,
    `maximum payload exceeded: ${sizeBytes} vs ${limit}`,
  );

/** As `authorizationViolation`, for any of the reasons for which a log-in is refused. */
export const refusedLogIn = (closes: CloseReason): ProtocolErrorRow => ({
  ...protocolErrors.authorizationViolation,
  closes,
});

/** `who` is how the log names the peer, "" for one that has presented nothing. */
export const refusedLogInLog = (who: string): string =>
  who === "" ? "authentication error" : `authentication error - ${who}`;

export const tooManyConnections = (): ProtocolError =>
  new ProtocolError(
    protocolErrors.maxAccountConnections,
    protocolErrors.maxAccountConnections.text,
  );

export const errorLine = (text: string): string => `-ERR '${text}'\r\n`;

/** Quotes as Go's `%q` does, with the bytes that `readableText` could not decode. */
export function quote(text: string): string {
  return goQuoted(text, isUndecoded);
}
