/**
 * The table of reasons for which a connection ends: number and text as the reference reports them
 * in `/connz`, disconnect events and logs, and whether pending data is flushed before the socket
 * closes.
 */

export interface CloseReason {
  /** The reference's ClosedState number. */
  readonly number: number;
  readonly text: string;
  /** Whether what is queued for the peer is still written before closing. */
  readonly flushes: boolean;
}

const row = (number: number, text: string, flushes = true): CloseReason => ({
  number,
  text,
  flushes,
});

/** Reasons that only links between servers have are left out. */
export const closeReasons = {
  clientClosed: row(1, "Client Closed"),
  authenticationTimeout: row(2, "Authentication Timeout"),
  authenticationViolation: row(3, "Authentication Failure"),
  tlsHandshakeError: row(4, "TLS Handshake Failure", false),
  slowConsumerPendingBytes: row(5, "Slow Consumer (Pending Bytes)", false),
  slowConsumerWriteDeadline: row(6, "Slow Consumer (Write Deadline)", false),
  writeError: row(7, "Write Error", false),
  readError: row(8, "Read Error", false),
  parseError: row(9, "Parse Error"),
  staleConnection: row(10, "Stale Connection"),
  protocolViolation: row(11, "Protocol Violation"),
  badClientProtocolVersion: row(12, "Bad Client Protocol Version"),
  maxAccountConnectionsExceeded: row(14, "Maximum Account Connections Exceeded"),
  maxConnectionsExceeded: row(15, "Maximum Connections Exceeded"),
  maxPayloadExceeded: row(16, "Maximum Message Payload Exceeded"),
  maxControlLineExceeded: row(17, "Maximum Control Line Exceeded"),
  maxSubscriptionsExceeded: row(18, "Maximum Subscriptions Exceeded"),
  serverShutdown: row(21, "Server Shutdown"),
  authenticationExpired: row(22, "Authentication Expired"),
  missingAccount: row(24, "Missing Account"),
  revocation: row(25, "Credentials Revoked"),
  internalClient: row(26, "Internal Client"),
  noRespondersRequiresHeaders: row(28, "No Responders Requires Headers"),
  duplicateClientId: row(31, "Duplicate Client ID"),
  kicked: row(35, "Kicked"),
  proxyNotTrusted: row(36, "Proxy Not Trusted"),
  proxyRequired: row(37, "Proxy Required"),
} as const satisfies Record<string, CloseReason>;
