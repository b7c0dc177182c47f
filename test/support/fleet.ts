/**
 * Clients that made the same subscriptions, so that they get the same bytes, and a publisher. Turns
 * end when the test says so. Used by the tests of groups (`nats/fan-out-group.ts`).
 */
import type { MemoryBrokerSettings, MemoryPeer } from "./memory-broker.ts";
import { MemoryBroker, QUIET } from "./memory-broker.ts";

export const WITH_HEADERS = { ...QUIET, headers: true };

export function pub(payload: string, subject = "a"): string {
  return `PUB ${subject} ${payload.length}\r\n${payload}\r\n`;
}

/** The delivery of what `pub` publishes. */
export function msg(payload: string, subject = "a", sid: string | number = 1): string {
  return `MSG ${subject} ${sid} ${payload.length}\r\n${payload}\r\n`;
}

/** Takes input without ending the turn. */
export function feed(peer: MemoryPeer, text: string): void {
  peer.client.onBytes(new Uint8Array(Buffer.from(text, "latin1")));
}

export interface FleetSettings extends MemoryBrokerSettings {
  readonly count?: number;
  /** What each member subscribes to. */
  readonly input?: string;
  /** Subjects that have a plan from the start. */
  readonly subjects?: readonly string[];
}

export class Fleet {
  readonly broker: MemoryBroker;
  readonly members: readonly MemoryPeer[];
  readonly publisher: MemoryPeer;

  constructor(settings: FleetSettings = {}) {
    const { count = 3, input = "SUB a 1\r\n", subjects = ["a"] } = settings;
    this.broker = new MemoryBroker(settings);
    this.members = Array.from({ length: count }, () => this.broker.connect().send(input));
    this.publisher = this.broker.connect(WITH_HEADERS);
    // A subject has its plan when it is published for the second time.
    for (const subject of [...subjects, ...subjects]) this.publisher.send(pub("", subject));
    for (const member of this.members) member.read();
  }

  endTurn(): void {
    this.broker.context.flushQueue.flush();
  }

  /** Publishes the payloads to `a`; the turn goes on. */
  publish(...payloads: readonly string[]): void {
    for (const payload of payloads) feed(this.publisher, pub(payload));
  }

  /** Publishes, ends the turn and returns what each member got. */
  turn(input: string): string[] {
    feed(this.publisher, input);
    this.endTurn();
    return this.members.map((member) => member.read());
  }

  /** Whether a group holds what is published to `a`, and no member does. */
  get isGrouped(): boolean {
    const before = this.members.map(({ client }) => client.pendingBytes);
    this.publish("");
    const isHeld = this.members.every(({ client }, at) => client.pendingBytes === before[at]);
    this.turn("");
    return isHeld;
  }
}
