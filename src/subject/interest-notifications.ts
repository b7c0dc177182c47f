/**
 * Callbacks for the coming and going of interest in single subjects. Called by `sublist.ts`. Only
 * subscriptions to exactly that literal subject count, not wildcards that match it.
 */

/** Told true when the first such subscription has come, false when the last one has gone. */
export type InterestListener = (hasInterest: boolean) => void;

export type RegisterOutcome = "registered" | "invalid subject" | "already registered";

export class InterestNotifications {
  readonly #listeners: Map<string, InterestListener[]>;

  constructor() {
    this.#listeners = new Map();
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** False if the listener is there already. */
  add(subject: string, queue: string | undefined, listener: InterestListener): boolean {
    const key = keyOf(subject, queue);
    const listeners = this.#listeners.get(key) ?? [];
    if (listeners.includes(listener)) return false;
    this.#listeners.set(key, [...listeners, listener]);
    return true;
  }

  /** False if the listener is not there. */
  remove(subject: string, queue: string | undefined, listener: InterestListener): boolean {
    const key = keyOf(subject, queue);
    const listeners = this.#listeners.get(key);
    if (listeners === undefined || !listeners.includes(listener)) return false;
    const left = listeners.filter((other) => other !== listener);
    if (left.length === 0) this.#listeners.delete(key);
    else this.#listeners.set(key, left);
    return true;
  }

  /** Calls the listeners; they may register, clear, subscribe and unsubscribe. */
  notify(subject: string, queue: string | undefined, hasInterest: boolean): void {
    const listeners = this.#listeners.get(keyOf(subject, queue));
    if (listeners === undefined) return;
    for (const listener of listeners) listener(hasInterest);
  }
}

/** Names may hold any byte, so the subject's length says where it ends. */
function keyOf(subject: string, queue: string | undefined): string {
  return queue === undefined ? subject : `${subject.length} ${subject}${queue}`;
}
