/**
 * Events of the system account in a broker without sockets: a client of the server's own that
 * listens, and a host with facts that do not change. Used by the unit tests of events.
 */
import type { Account } from "../../src/broker/account.ts";
import { InternalClient } from "../../src/broker/internal-client.ts";
import type { ServerFacts } from "../../src/broker/server-info.ts";
import type { EventHost } from "../../src/broker/system-events.ts";
import type { MemoryBroker } from "./memory-broker.ts";

export interface HeardEvent {
  readonly subject: string;
  /** As it was sent, and as what it means. */
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export function eventHost(memory: MemoryBroker, facts: Partial<ServerFacts> = {}): EventHost {
  const { broker, clock, context, nats } = memory;
  const { systemAccount } = broker;
  if (systemAccount === undefined) throw new Error("the broker has no system account");
  return {
    broker,
    systemAccount,
    clock,
    logger: context.logger,
    facts: {
      identity: nats.identity,
      host: "0.0.0.0",
      tags: [],
      metadata: {},
      startMs: clock.wallMs(),
      usage: { memoryBytes: 50_000_000, cores: 4, cpuPercent: 1.5 },
      ...facts,
    },
    endTurn: () => context.flushQueue.endTurn(),
  };
}

/** Remembers what is published to its subjects. */
export class EventListener {
  readonly heard: HeardEvent[];
  readonly #client: InternalClient;

  constructor(host: EventHost, subjects: readonly string[], account: Account = host.systemAccount) {
    this.heard = [];
    this.#client = new InternalClient(host.broker, account, host.logger);
    for (const subject of subjects) {
      this.#client.subscribe(subject, (message) => this.#note(message));
    }
  }

  #note({ subject, payload }: { subject: string; payload: Uint8Array }): void {
    const text = new TextDecoder().decode(payload);
    this.heard.push({ subject, text, body: JSON.parse(text) });
  }

  /** Subjects of what was heard since the last call. */
  subjects(): string[] {
    return this.heard.splice(0).map(({ subject }) => subject);
  }

  stop(): void {
    this.#client.close();
  }
}
