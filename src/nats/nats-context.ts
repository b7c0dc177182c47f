/**
 * What all NATS clients of one event loop share beside what every connection does: the server's
 * identity for INFO and the line parser.
 */
import type { Account } from "../broker/account.ts";
import type { ConnectionContext } from "../connection/context.ts";
import type { ConnectDecoder } from "./connect.ts";
import { InfoLines, type InfoParticulars, type InfoTls } from "./info.ts";
import type { ServerIdentity } from "../broker/server-identity.ts";
import type { LineParser } from "./line-parser.ts";
import type { Tracing } from "./tracing.ts";

/** Whom a greeting is for. */
export interface GreetedClient {
  readonly cid: number;
  readonly remoteAddress: string;
  readonly maxPayloadBytes: number;
}

/** Whom INFO is for. */
interface InfoClient extends GreetedClient {
  readonly account: Account;
}

/** Whose input can wait. */
interface WaitingClient {
  holdInput(): void;
  releaseInput(action: () => void): void;
}

export class NatsContext {
  readonly connections: ConnectionContext;
  readonly identity: ServerIdentity;
  /** What all clients read by; made with the first of them. */
  lines: LineParser | undefined;
  connects: ConnectDecoder | undefined;
  readonly #infoLines: InfoLines;
  /** What INFO says of where clients connect; set once the listener is up. */
  host: string;
  port: number;
  /** What it says of TLS; undefined without. */
  tls: InfoTls | undefined;
  /** Whether the server is about to end, which INFO says. */
  isLameDuck: boolean;
  /** For messages that are traced; comes with what clients need. */
  tracing: Tracing | undefined;
  /** Brings what clients need once they speak; undefined when it is there. Never rejects. */
  preparation: (() => Promise<void>) | undefined;

  constructor(connections: ConnectionContext, identity: ServerIdentity) {
    this.connections = connections;
    this.identity = identity;
    this.lines = undefined;
    this.connects = undefined;
    this.#infoLines = new InfoLines(identity);
    this.host = connections.options.host;
    this.port = connections.options.port;
    this.tls = undefined;
    this.isLameDuck = false;
    this.tracing = undefined;
    this.preparation = undefined;
  }

  /** Whether the client may speak; if not, its input waits until all is there. */
  isReadyFor(client: WaitingClient): boolean {
    if (this.preparation === undefined) return true;
    client.holdInput();
    void this.preparation().then(() => client.releaseInput(() => {}));
    return false;
  }

  /**
   * The first INFO; `clientAddress` is what it says of that, "" for nothing, and `nonce` what the
   * client may have to sign, "" for nothing.
   */
  greetingFor(client: GreetedClient, clientAddress: string, nonce: string): string {
    return this.#info(client, { clientAddress, nonce });
  }

  /** INFO for a client that is told to look for another server. */
  lameDuckInfoFor(client: InfoClient): string {
    const { isRequired } = this.connections.authenticator;
    return this.#info(client, { isAuthRequired: isRequired, isLameDuck: true });
  }

  /** The INFO that follows the first PING: it tells the account. */
  boundInfoFor(client: InfoClient): string {
    const { authenticator, broker } = this.connections;
    return this.#info(client, {
      isAuthRequired: authenticator.isRequired,
      boundAccount: client.account.name,
      isSystem: client.account === broker.systemAccount,
    });
  }

  #info(client: GreetedClient, particulars: InfoParticulars): string {
    const { options, authenticator } = this.connections;
    return this.#infoLines.line({
      host: this.host,
      port: this.port,
      hasHeaders: !options.noHeaderSupport,
      isAuthRequired: particulars.isAuthRequired ?? authenticator.isAnnounced,
      tls: this.tls,
      maxPayloadBytes: client.maxPayloadBytes,
      cid: client.cid,
      clientAddress: particulars.clientAddress ?? client.remoteAddress,
      isLameDuck: particulars.isLameDuck ?? this.isLameDuck,
      nonce: particulars.nonce,
      boundAccount: particulars.boundAccount,
      isSystem: particulars.isSystem,
    });
  }
}
