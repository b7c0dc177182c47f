/** Checks of hashes wait for each other, in an order that is fair and in bounded number. */
import { describe, expect, test } from "bun:test";
import {
  BcryptQueue,
  CONCURRENT_CHECKS,
  HashCheck,
  MAX_WAITING_CHECKS,
  MAX_WAITING_PER_ADDRESS,
} from "../../../src/auth/bcrypt-queue.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const LIVE = { isLive: true };
const LONG_MS = 60_000;

/** A queue whose checks end when the test says so; passwords beginning with "ok" are right. */
class Lab {
  readonly started: string[] = [];
  readonly clock = new FakeClock();
  readonly queue: BcryptQueue;
  readonly #ends: (() => void)[] = [];

  constructor() {
    this.queue = new BcryptQueue((password) => {
      this.started.push(password);
      return new Promise((resolve) => this.#ends.push(() => resolve(password.startsWith("ok"))));
    }, this.clock);
  }

  check(password: string, address = "a", waiter = LIVE): Promise<HashCheck> {
    return this.queue.check({ password, hash: "#", address }, waiter);
  }

  /** Keeps all places busy; what is checked from now on waits. */
  fill(): this {
    for (let i = 0; i < CONCURRENT_CHECKS; i++) void this.check(`busy ${i}`, "filler");
    this.started.length = 0;
    return this;
  }

  /** Ends the oldest check that runs, and what follows at once. */
  async endOneOnly(): Promise<void> {
    this.#ends.shift()?.();
    for (let i = 0; i < 4; i++) await Promise.resolve();
  }

  /** Ends the oldest check that runs, and lets the next begin. */
  async endOne(): Promise<void> {
    await this.endOneOnly();
    this.clock.advance(LONG_MS);
  }

  async endAll(): Promise<void> {
    while (this.#ends.length > 0) await this.endOne();
  }
}

test("a few checks run at once, the others when those have ended", async () => {
  const lab = new Lab();
  const passwords = Array.from({ length: CONCURRENT_CHECKS + 2 }, (_, i) => `p${i}`);
  for (const password of passwords) void lab.check(password);
  expect(lab.started).toEqual(passwords.slice(0, CONCURRENT_CHECKS));
  expect(lab.queue.waiting).toBe(2);
  await lab.endOne();
  expect(lab.started).toHaveLength(CONCURRENT_CHECKS + 1);
  await lab.endAll();
  expect(lab.started).toEqual(passwords);
  expect(lab.queue.waiting).toBe(0);
});

test("each gets the answer to its own", async () => {
  const lab = new Lab();
  const answers = ["ok1", "no1", "ok2", "no2"].map((password) => lab.check(password));
  await lab.endAll();
  expect(await Promise.all(answers)).toEqual([
    HashCheck.Match,
    HashCheck.Mismatch,
    HashCheck.Match,
    HashCheck.Mismatch,
  ]);
});

test("a check that breaks down is no match, and the next begins", async () => {
  const queue = new BcryptQueue(() => Promise.reject(new Error("broken")));
  for (let i = 0; i <= CONCURRENT_CHECKS; i++) {
    const answer = queue.check({ password: `p${i}`, hash: "#", address: "a" }, LIVE);
    expect(await answer).toBe(HashCheck.Mismatch);
  }
  expect(queue.waiting).toBe(0);
});

describe("after a check that failed", () => {
  const start = async (password: string) => {
    const lab = new Lab().fill();
    for (const waiting of ["1", "2"]) void lab.check(waiting);
    await lab.endAll();
    for (let i = 0; i < CONCURRENT_CHECKS; i++) void lab.check(`${password} ${i}`, "filler");
    void lab.check("next");
    lab.started.length = 0;
    lab.clock.advance(100);
    await lab.endOneOnly();
    return lab;
  };

  test("the next begins when as much time has passed as it took", async () => {
    const lab = await start("wrong");
    expect(lab.started).toEqual([]);
    lab.clock.advance(99);
    expect(lab.started).toEqual([]);
    lab.clock.advance(1);
    expect(lab.started).toEqual(["next"]);
  });

  test("the rest is no longer than half a second, however strong the hash", async () => {
    const lab = await start("wrong");
    lab.clock.advance(100);
    lab.clock.advance(LONG_MS);
    void lab.check("last");
    await lab.endOneOnly();
    lab.clock.advance(500);
    expect(lab.started).toContain("last");
  });

  test("nobody rests when it was right", async () => {
    expect((await start("ok")).started).toEqual(["next"]);
  });
});

describe("those that wait", () => {
  test("go in the order in which they came from one address", async () => {
    const lab = new Lab().fill();
    for (const password of ["1", "2", "3"]) void lab.check(password);
    await lab.endAll();
    expect(lab.started).toEqual(["1", "2", "3"]);
  });

  test("from another address do not wait for all of a flood", async () => {
    const lab = new Lab().fill();
    for (let i = 0; i < 5; i++) void lab.check(`flood ${i}`, "flood");
    void lab.check("ok1", "home");
    void lab.check("ok2", "home");
    await lab.endAll();
    expect(lab.started.slice(0, 4)).toEqual(["flood 0", "ok1", "flood 1", "ok2"]);
    expect(lab.started).toHaveLength(7);
  });

  test("are dropped when nobody waits for them any more", async () => {
    const lab = new Lab().fill();
    const leaving = { isLive: true };
    const left = lab.check("1", "a", leaving);
    void lab.check("2");
    leaving.isLive = false;
    await lab.endAll();
    expect(lab.started).toEqual(["2"]);
    expect(await left).toBe(HashCheck.Mismatch);
  });

  test("are refused beyond the share of their address, others are not", async () => {
    const lab = new Lab().fill();
    for (let i = 0; i < MAX_WAITING_PER_ADDRESS; i++) void lab.check(`p${i}`, "flood");
    expect(await lab.check("ok", "flood")).toBe(HashCheck.Busy);
    const other = lab.check("ok", "home");
    expect(lab.queue.waiting).toBe(MAX_WAITING_PER_ADDRESS + 1);
    await lab.endAll();
    expect(await other).toBe(HashCheck.Match);
    expect(lab.queue.waiting).toBe(0);
  });

  test("are refused beyond the bound of the queue", async () => {
    const lab = new Lab().fill();
    for (let i = 0; i < MAX_WAITING_CHECKS; i++) void lab.check(`p${i}`, `address ${i % 8}`);
    expect(lab.queue.waiting).toBe(MAX_WAITING_CHECKS);
    expect(await lab.check("ok", "home")).toBe(HashCheck.Busy);
    await lab.endAll();
    const later = lab.check("ok", "home");
    await lab.endAll();
    expect(await later).toBe(HashCheck.Match);
  });
});

describe("the same password for the same hash", () => {
  test("is checked once for all who wait", async () => {
    const lab = new Lab().fill();
    const answers = Array.from({ length: 10 }, (_, i) => lab.check("ok", `device ${i}`));
    expect(lab.queue.waiting).toBe(1);
    await lab.endAll();
    expect(lab.started).toEqual(["ok"]);
    expect(new Set(await Promise.all(answers))).toEqual(new Set([HashCheck.Match]));
  });

  test("is checked as long as one of them waits", async () => {
    const lab = new Lab().fill();
    const leaving = { isLive: true };
    void lab.check("ok", "a", leaving);
    const staying = lab.check("ok", "b");
    leaving.isLive = false;
    await lab.endAll();
    expect(await staying).toBe(HashCheck.Match);
  });

  test("is checked anew later: no answer is kept", async () => {
    const lab = new Lab();
    void lab.check("ok");
    await lab.endAll();
    void lab.check("ok");
    expect(lab.started).toEqual(["ok", "ok"]);
  });

  test("is another check for another hash", () => {
    const lab = new Lab();
    void lab.queue.check({ password: "b", hash: "a", address: "" }, LIVE);
    void lab.queue.check({ password: "", hash: "ab", address: "" }, LIVE);
    expect(lab.started.length + lab.queue.waiting).toBe(2);
  });
});
