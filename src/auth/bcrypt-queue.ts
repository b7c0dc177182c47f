/**
 * Checks of bcrypt hashes, a few at a time: each keeps a core busy for up to some hundred
 * milliseconds, and clients that are connected need the cores too. The others wait: those from one
 * address in the order in which they came, while addresses take turns, so that a flood from one
 * delays only itself. What nobody waits for any more is dropped, and whoever presents the same
 * password for the same hash meanwhile shares one check, as a fleet does that comes back.
 */
import type { Applicant } from "./authenticator.ts";
import { type Clock, systemClock } from "../util/clock.ts";
import { verifyPassword } from "./bcrypt.ts";

/** The event loop has a core for itself where there are several. */
export const CONCURRENT_CHECKS = Math.min(Math.max(navigator.hardwareConcurrency - 1, 1), 4);
export const MAX_WAITING_CHECKS = 4096;
/** Of a rest after a check that failed, which is as long as the check. */
const MAX_REST_MS = 500;
/** One address alone cannot fill the queue. */
export const MAX_WAITING_PER_ADDRESS = 1024;

export const enum HashCheck {
  Match,
  Mismatch,
  /** Too many are waiting. */
  Busy,
}

/** What is to be checked, and from where it came. */
export interface HashRequest {
  readonly password: string;
  readonly hash: string;
  readonly address: string;
}

type Waiter = Pick<Applicant, "isLive">;

interface Check {
  readonly key: string;
  readonly request: HashRequest;
  readonly waiters: Waiter[];
  readonly answer: PromiseWithResolvers<HashCheck>;
}

export class BcryptQueue {
  readonly #verify: typeof verifyPassword;
  readonly #clock: Clock;
  /** Running and waiting, by what they check. */
  readonly #checks: Map<string, Check>;
  /** Waiting, by address, in the order in which addresses have their turns. Never empty lists. */
  readonly #lanes: Map<string, Check[]>;
  #running: number;
  #waiting: number;

  constructor(verify = verifyPassword, clock = systemClock) {
    this.#verify = verify;
    this.#clock = clock;
    this.#checks = new Map();
    this.#lanes = new Map();
    this.#running = 0;
    this.#waiting = 0;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Never rejects. The answer may be anything once the waiter is gone. */
  check(request: HashRequest, waiter: Waiter): Promise<HashCheck> {
    const key = JSON.stringify([request.hash, request.password]);
    const same = this.#checks.get(key);
    if (same !== undefined) {
      same.waiters.push(waiter);
      return same.answer.promise;
    }
    const answer = Promise.withResolvers<HashCheck>();
    const check: Check = { key, request, waiters: [waiter], answer };
    if (this.#running < CONCURRENT_CHECKS) this.#start(check);
    else if (!this.#enqueue(check)) return Promise.resolve(HashCheck.Busy);
    this.#checks.set(key, check);
    return answer.promise;
  }

  /** False if there is no room. */
  #enqueue(check: Check): boolean {
    const { address } = check.request;
    const lane = this.#lanes.get(address) ?? [];
    const isFull = this.#waiting >= MAX_WAITING_CHECKS || lane.length >= MAX_WAITING_PER_ADDRESS;
    if (isFull) return false;
    lane.push(check);
    this.#lanes.set(address, lane);
    this.#waiting++;
    return true;
  }

  #start(check: Check): void {
    this.#running++;
    const { password, hash } = check.request;
    const startMs = this.#clock.nowMs();
    const end = (answer: HashCheck) => {
      this.#settle(check, answer);
      if (answer === HashCheck.Match || this.#waiting === 0) {
        this.#endTurn();
        return;
      }
      const tookMs = this.#clock.nowMs() - startMs;
      this.#clock.after(Math.min(tookMs, MAX_REST_MS), () => this.#endTurn());
    };
    void this.#verify(password, hash).then(
      (isMatch) => end(isMatch ? HashCheck.Match : HashCheck.Mismatch),
      () => end(HashCheck.Mismatch),
    );
  }

  #endTurn(): void {
    this.#running--;
    this.#startNext();
  }

  #startNext(): void {
    while (this.#running < CONCURRENT_CHECKS) {
      const check = this.#takeNext();
      if (check === undefined) return;
      if (check.waiters.some((waiter) => waiter.isLive)) this.#start(check);
      else this.#settle(check, HashCheck.Mismatch);
    }
  }

  /** The oldest of the address whose turn it is, which goes to the end of the row of addresses. */
  #takeNext(): Check | undefined {
    for (const [address, lane] of this.#lanes) {
      this.#lanes.delete(address);
      this.#waiting--;
      const check = lane.shift();
      if (lane.length > 0) this.#lanes.set(address, lane);
      return check;
    }
    return undefined;
  }

  #settle(check: Check, answer: HashCheck): void {
    this.#checks.delete(check.key);
    check.answer.resolve(answer);
  }
}
