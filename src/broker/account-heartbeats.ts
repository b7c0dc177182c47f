/**
 * Every account that has connections is announced again half a minute after the last time. One
 * timer serves all accounts. Used by `system-events.ts`.
 */
import type { Clock } from "../util/clock.ts";
import type { Account } from "./account.ts";

const INTERVAL_MS = 30_000;
/** Accounts that are due at about the same time take one turn. */
const EARLY_MS = 500;

export class AccountHeartbeats {
  readonly #clock: Clock;
  readonly #onDue: (account: Account) => void;
  /** When the accounts with connections are due; as all wait equally long, soonest first. */
  readonly #dueMs: Map<Account, number>;
  #cancelTimer: (() => void) | undefined;

  /** `onDue` is to call `noteAnnounced` again. */
  constructor(clock: Clock, onDue: (account: Account) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#dueMs = new Map();
    this.#cancelTimer = undefined;
  }

  noteAnnounced(account: Account): void {
    this.#dueMs.delete(account);
    if (account.connections === 0) return;
    this.#dueMs.set(account, this.#clock.nowMs() + INTERVAL_MS);
    if (this.#cancelTimer === undefined) this.#armTimer();
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#dueMs.clear();
  }

  #armTimer(): void {
    const [soonestMs] = this.#dueMs.values();
    if (soonestMs === undefined) return;
    this.#cancelTimer = this.#clock.after(soonestMs - this.#clock.nowMs(), () => {
      this.#beat();
      this.#cancelTimer = undefined;
      this.#armTimer();
    });
  }

  #beat(): void {
    const untilMs = this.#clock.nowMs() + EARLY_MS;
    const due: Account[] = [];
    for (const [account, dueMs] of this.#dueMs) {
      if (dueMs > untilMs) break;
      due.push(account);
    }
    for (const account of due) this.#onDue(account);
  }
}
