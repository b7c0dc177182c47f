/**
 * Who speaks, in events and answers of the system account. Fields, their order and what is left out
 * are the reference's (its ServerInfo): each message has the next number and the time at which it
 * goes out.
 */
import type { Clock } from "../util/clock.ts";
import { goTime } from "../util/go-time.ts";
import type { ServerIdentity } from "./server-identity.ts";

/** What is told of the server beside its identity; as of now. `server/` implements it. */
export interface ServerFacts {
  readonly identity: ServerIdentity;
  /** Where clients connect, as INFO says it. */
  readonly host: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Wall-clock milliseconds. */
  readonly startMs: number;
  readonly usage: ServerUsage;
}

/** What the process takes of the machine. */
export interface ServerUsage {
  readonly memoryBytes: number;
  readonly cores: number;
  /** Of one core. */
  readonly cpuPercent: number;
}

/** As JSON has it; the order is that of the fields. */
export interface ServerInfo {
  readonly name: string;
  readonly host: string;
  readonly id: string;
  readonly ver: string;
  readonly tags?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly feature_flags: Readonly<Record<string, boolean>>;
  readonly jetstream: boolean;
  readonly flags: number;
  readonly seq: number;
  readonly time: string;
}

/** What servers of the version that clients see say of themselves; nothing that midge has. */
export const FEATURE_FLAGS = { js_ack_fc_v2: false, js_raft_delete_range: false };

/** Who speaks, for one message after the other. */
export interface ServerInfoProvider {
  next(): ServerInfo;
}

/** Numbers the messages of one server. */
export class ServerInfoSource implements ServerInfoProvider {
  readonly #facts: ServerFacts;
  readonly #clock: Clock;
  #lastNumber: number;

  constructor(facts: ServerFacts, clock: Clock) {
    this.#facts = facts;
    this.#clock = clock;
    this.#lastNumber = 0;
  }

  /** For the message that is about to be published. */
  next(): ServerInfo {
    const { identity, host, tags, metadata } = this.#facts;
    const pairs = Object.entries(metadata).sort(([left], [right]) => (left < right ? -1 : 1));
    return {
      name: identity.name,
      host,
      id: identity.id,
      ver: identity.version,
      ...(tags.length > 0 && { tags }),
      ...(pairs.length > 0 && { metadata: Object.fromEntries(pairs) }),
      feature_flags: FEATURE_FLAGS,
      jetstream: false,
      flags: 0,
      seq: ++this.#lastNumber,
      time: goTime(this.#clock.wallMs()),
    };
  }
}
