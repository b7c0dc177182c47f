/**
 * What all NATS clients of one event loop share beside what every connection does: the server's
 * identity for INFO and the line parser.
 */
import type { Connection } from "../connection/connection.ts";
import type { ConnectionContext } from "../connection/context.ts";
import { ConnectDecoder } from "./connect.ts";
import { infoLine } from "./info.ts";
import type { ServerIdentity } from "../broker/server-identity.ts";
import { LineParser } from "./line-parser.ts";

export class NatsContext {
  readonly connections: ConnectionContext;
  readonly identity: ServerIdentity;
  readonly lines: LineParser;
  readonly connects: ConnectDecoder;
  /** What INFO says of where clients connect; set once the listener is up. */
  host: string;
  port: number;
  /** Whether the server is about to end, which INFO says. */
  isLameDuck: boolean;

  constructor(connections: ConnectionContext, identity: ServerIdentity) {
    this.connections = connections;
    this.identity = identity;
    this.lines = new LineParser(connections.message);
    this.connects = new ConnectDecoder();
    this.host = connections.options.host;
    this.port = connections.options.port;
    this.isLameDuck = false;
  }

  /** The INFO line for one client; `boundAccount` only in the one that follows the first PING. */
  infoFor(client: Connection, boundAccount: string | undefined): string {
    const { options, authenticator } = this.connections;
    return infoLine(this.identity, {
      host: this.host,
      port: this.port,
      hasHeaders: !options.noHeaderSupport,
      isAuthRequired: authenticator.isRequired,
      maxPayloadBytes: options.maxPayloadBytes,
      cid: client.cid,
      clientAddress: client.remoteAddress,
      boundAccount,
      isLameDuck: this.isLameDuck,
    });
  }
}
