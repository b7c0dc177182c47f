/**
 * System events that wait to be published. They arise in the middle of turns, also of deliveries
 * that close a slow connection, and go out in turns of their own, a limited number in each. Used by
 * `system-events.ts`.
 */
import type { Clock } from "../util/clock.ts";
import type { Account } from "./account.ts";
import type { ServerInfo } from "./server-info.ts";

/** Events that one turn publishes: some milliseconds. */
const PUBLISHED_AT_ONCE = 512;

/** From this many on, only the newest state of each subject of states is kept. */
const MERGED_ABOVE = 1024;

/** Events beyond this are lost; some 25 MB of them. */
export const MAX_WAITING_EVENTS = 65_536;

export interface SystemEvent {
  /** Where it is published. */
  readonly account: Account;
  readonly subjects: readonly string[];
  /** Made for each subject, when it is published. */
  readonly body: (server: ServerInfo) => object;
}

interface WaitingEvent {
  event: SystemEvent;
  readonly topic: object | undefined;
}

export class EventQueue {
  readonly #clock: Clock;
  readonly #publish: (event: SystemEvent) => void;
  #waiting: WaitingEvent[];
  /** The last one that waits of each topic. */
  readonly #byTopic: Map<object, WaitingEvent>;
  #isScheduled: boolean;
  /** Events lost so far. */
  lostCount: number;

  /** `publish` must not throw. */
  constructor(clock: Clock, publish: (event: SystemEvent) => void) {
    this.#clock = clock;
    this.#publish = publish;
    this.#waiting = [];
    this.#byTopic = new Map();
    this.#isScheduled = false;
    this.lostCount = 0;
  }

  get count(): number {
    return this.#waiting.length;
  }

  /**
   * Events with the same `topic` tell of a state: where very many wait, a newer one takes the place
   * of an older one. False if the event is lost.
   */
  add(event: SystemEvent, topic?: object): boolean {
    const earlier = topic === undefined ? undefined : this.#byTopic.get(topic);
    if (earlier !== undefined && this.#waiting.length >= MERGED_ABOVE) {
      earlier.event = event;
      return true;
    }
    if (this.#waiting.length >= MAX_WAITING_EVENTS) {
      this.lostCount++;
      return false;
    }
    const waiting = { event, topic };
    this.#waiting.push(waiting);
    if (topic !== undefined) this.#byTopic.set(topic, waiting);
    this.#schedule();
    return true;
  }

  /** Publishes all that waits, now. */
  drain(): void {
    while (this.#waiting.length > 0) this.#publishSome();
  }

  clear(): void {
    this.#waiting = [];
    this.#byTopic.clear();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.afterEvents(() => {
      this.#isScheduled = false;
      this.#publishSome();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #publishSome(): void {
    for (const waiting of this.#waiting.splice(0, PUBLISHED_AT_ONCE)) {
      const { event, topic } = waiting;
      if (topic !== undefined && this.#byTopic.get(topic) === waiting) this.#byTopic.delete(topic);
      this.#publish(event);
    }
  }
}
