/**
 * A connection as a member of groups whose members get the same bytes. Made when a plan has such
 * receivers; `nats/fan-out-group.ts` calls it at the end of turns and when its block is full.
 */
import type { Producer } from "../broker/back-pressure.ts";
import type { ByteSource, FanOutGroup, FanOutMember } from "../broker/fan-out-member.ts";
import { LARGEST_BLOCK_BYTES } from "./block-pool.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionContext } from "./context.ts";

/** The class of groups. */
export type GroupClass = new (
  context: ConnectionContext,
  members: readonly FanOutMember[],
) => FanOutGroup;

interface KnownGroup {
  readonly members: readonly FanOutMember[];
  readonly group: FanOutGroup;
}

/** Groups that a first member remembers; the plans of others keep theirs. */
const MAX_KNOWN_GROUPS = 16;

export class FanOutReceiver implements FanOutMember {
  readonly takesHeaders: boolean;
  readonly #connection: Connection;
  readonly #groupClass: GroupClass;
  #groups: KnownGroup[];

  constructor(connection: Connection, takesHeaders: boolean, groupClass: GroupClass) {
    this.takesHeaders = takesHeaders;
    this.#connection = connection;
    this.#groupClass = groupClass;
    this.#groups = [];
  }

  groupWith(members: readonly FanOutMember[]): FanOutGroup {
    const known = this.#groups.find((one) => isSame(one.members, members));
    if (known !== undefined) return known.group;
    // Closed connections are not kept alive by those that go on.
    this.#groups = this.#groups.filter((one) => one.members.every(({ isLive }) => isLive));
    if (this.#groups.length === MAX_KNOWN_GROUPS) this.#groups = [];
    const group = new this.#groupClass(this.#connection.context, members);
    this.#groups.push({ members, group });
    return group;
  }

  get isLive(): boolean {
    return this.#connection.isLive;
  }

  attach(source: ByteSource, from: number): void {
    this.#connection.outbound.attach(this, source, from);
  }

  nextFrom(source: ByteSource): number {
    return this.#connection.outbound.nextFrom(source);
  }

  relay(bytes: Uint8Array, start: number, end: number, producer: Producer | undefined): void {
    const connection = this.#connection;
    if (!connection.isLive) return;
    connection.outbound.relay(bytes, start, end);
    if (connection.outbound.isBlocked) connection.onQueuedWhileBlocked(producer);
  }

  keep(bytes: Uint8Array, start: number, end: number): void {
    this.#connection.outbound.append(bytes, start, end);
  }

  countDeliveries(messages: number, bytes: number): void {
    if (!this.#connection.isLive) return;
    this.#connection.outMessages += messages;
    this.#connection.outBytes += bytes;
  }

  endTurn(): void {
    this.#connection.onFlush();
  }

  get isFarBehind(): boolean {
    const { outbound, context } = this.#connection;
    if (!outbound.isBlocked) return false;
    const { maxPendingBytes, noFastProducerStall } = context.options;
    return (
      noFastProducerStall || outbound.pendingBytes + 2 * LARGEST_BLOCK_BYTES > maxPendingBytes / 2
    );
  }
}

function isSame(left: readonly FanOutMember[], right: readonly FanOutMember[]): boolean {
  return left.length === right.length && left.every((member, index) => member === right[index]);
}
