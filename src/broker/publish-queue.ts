/**
 * What the server has to say in the middle of something else: kept until the events that are ready
 * have been handled, then published in turns of its own. So whoever notices something while
 * subscriptions come and go, or from a timer, may report it.
 */
import type { Clock } from "../util/clock.ts";
import type { Random } from "../util/random.ts";
import type { BuilderPool } from "./builder-pool.ts";
import { dispatch } from "./dispatch.ts";
import { NO_BYTES } from "./message-builder.ts";
import type { PlanTable } from "./publish-plan.ts";

/** Messages that may wait; further ones are lost. */
const MAX_WAITING = 65_536;
/** Messages that one turn publishes: a few milliseconds. */
const PUBLISHED_AT_ONCE = 1024;

/** Where the message is published. */
interface PublishPlace {
  readonly serverPlans: PlanTable;
}

interface WaitingMessage {
  readonly place: PublishPlace;
  readonly subject: Uint8Array;
  readonly payload: Uint8Array;
}

export interface PublishQueueSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly builders: BuilderPool;
}

export class PublishQueue {
  readonly #settings: PublishQueueSettings;
  #waiting: WaitingMessage[];
  #isScheduled: boolean;
  /** Sends what receivers have got; set by whoever owns their connections. */
  endTurn: () => void;

  constructor(settings: PublishQueueSettings) {
    this.#settings = settings;
    this.#waiting = [];
    this.#isScheduled = false;
    this.endTurn = () => {};
  }

  /** False if the message is lost, since too many wait. Mappings do not apply. */
  add(place: PublishPlace, subject: Uint8Array, payload: Uint8Array): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false;
    this.#waiting.push({ place, subject, payload });
    this.#schedule();
    return true;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#settings.clock.afterEvents(() => this.#publishSome());
  }

  #publishSome(): void {
    this.#isScheduled = false;
    const messages = this.#waiting.splice(0, PUBLISHED_AT_ONCE);
    for (const message of messages) this.#publish(message);
    this.endTurn();
    this.#schedule();
  }

  #publish({ place, subject, payload }: WaitingMessage): void {
    const { builders, random } = this.#settings;
    const builder = builders.take();
    const parts = { subject, reply: NO_BYTES, headers: NO_BYTES, payload };
    const message = builder.build(parts, undefined);
    const plan = place.serverPlans.find(message);
    if (plan.receiverCount > 0) dispatch(plan, message, random);
    builders.give(builder);
  }
}
