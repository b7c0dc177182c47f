/**
 * The one ticker that serves all pings and deadlines: a hashed wheel of doubly linked lists.
 * An entry is armed at most once; arming, moving and disarming cost a few field writes and allocate
 * nothing. The wheel sleeps until the next occupied slot, so an idle server does not wake up.
 */
import type { Clock } from "./clock.ts";

const SLOTS = 1024;
const TICK_MS = 20;

/**
 * What the wheel calls. Embedded in the object that waits; create one per owner, reuse it for life.
 */
export class TimerEntry {
  readonly owner: TimerOwner;
  /** The tick at which the entry is due; -1 while disarmed. */
  dueTick = -1;
  next: TimerEntry | undefined = undefined;
  previous: TimerEntry | undefined = undefined;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }
}

export interface TimerOwner {
  /**
   * The entry is due (never early, up to one tick late) and disarmed; it may be armed again here.
   */
  onTimer(nowMs: number): void;
}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #afterTick: () => void;
  readonly #heads: (TimerEntry | undefined)[];
  #armed: number;
  #lastTick: number;
  #wakeTick: number;
  #cancelWake: (() => void) | undefined;
  #isStopped: boolean;

  /** `afterTick` runs after the entries of a wake-up were called (it flushes what they wrote). */
  constructor(clock: Clock, afterTick: () => void) {
    this.#clock = clock;
    this.#afterTick = afterTick;
    this.#heads = new Array<TimerEntry | undefined>(SLOTS).fill(undefined);
    this.#armed = 0;
    this.#lastTick = Math.floor(clock.nowMs() / TICK_MS);
    this.#wakeTick = Infinity;
    this.#cancelWake = undefined;
    this.#isStopped = false;
  }

  /** Number of armed entries. */
  get armed(): number {
    return this.#armed;
  }

  /** Arms `entry` to fire at `dueMs` on the clock, or moves it there. */
  arm(entry: TimerEntry, dueMs: number): void {
    if (entry.dueTick >= 0) this.disarm(entry);
    const tick = Math.max(Math.ceil(dueMs / TICK_MS), this.#lastTick + 1);
    const slot = tick % SLOTS;
    const head = this.#heads[slot];
    entry.dueTick = tick;
    entry.next = head;
    entry.previous = undefined;
    if (head !== undefined) head.previous = entry;
    this.#heads[slot] = entry;
    this.#armed++;
    if (tick < this.#wakeTick) this.#sleepUntil(tick);
  }

  /** Takes `entry` off the wheel; nothing happens when it is not armed. */
  disarm(entry: TimerEntry): void {
    if (entry.dueTick < 0) return;
    if (entry.next !== undefined) entry.next.previous = entry.previous;
    if (entry.previous !== undefined) entry.previous.next = entry.next;
    else this.#heads[entry.dueTick % SLOTS] = entry.next;
    entry.next = undefined;
    entry.previous = undefined;
    entry.dueTick = -1;
    this.#armed--;
  }

  /** Stops waking up. Entries stay armed but no longer fire. */
  stop(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    this.#wakeTick = -1;
    this.#isStopped = true;
  }

  #sleepUntil(tick: number): void {
    this.#cancelWake?.();
    this.#wakeTick = tick;
    const delayMs = Math.max(0, tick * TICK_MS - this.#clock.nowMs());
    this.#cancelWake = this.#clock.after(delayMs, () => this.#wake());
  }

  #wake(): void {
    this.#cancelWake = undefined;
    const nowMs = this.#clock.nowMs();
    const nowTick = Math.floor(nowMs / TICK_MS);
    // Entries armed by a callback land behind lastTick, hence in a later wake-up.
    const firstTick = Math.max(this.#lastTick + 1, nowTick - SLOTS + 1);
    this.#lastTick = Math.max(nowTick, this.#lastTick);
    // While callbacks run, arming does not wake anybody: the next wake-up is chosen afterwards.
    this.#wakeTick = -1;
    for (let tick = firstTick; tick <= nowTick; tick++)
      this.#fireSlot(tick % SLOTS, nowTick, nowMs);
    this.#afterTick();
    this.#wakeTick = Infinity;
    if (this.#armed > 0 && !this.#isStopped) this.#sleepUntil(this.#nextOccupiedTick());
  }

  #fireSlot(slot: number, nowTick: number, nowMs: number): void {
    let due: TimerEntry[] | undefined;
    for (let entry = this.#heads[slot]; entry !== undefined; entry = entry.next) {
      if (entry.dueTick <= nowTick) (due ??= []).push(entry);
    }
    if (due === undefined) return;
    for (const entry of due) {
      // A callback before this one may have disarmed or moved the entry.
      if (entry.dueTick < 0 || entry.dueTick > nowTick) continue;
      this.disarm(entry);
      entry.owner.onTimer(nowMs);
    }
  }

  #nextOccupiedTick(): number {
    for (let tick = this.#lastTick + 1; tick <= this.#lastTick + SLOTS; tick++) {
      if (this.#heads[tick % SLOTS] !== undefined) return tick;
    }
    return this.#lastTick + SLOTS;
  }
}
