/**
 * Events that wait: published in turns of their own, and bounded however many come at once.
 */
import { describe, expect, test } from "bun:test";
import { Account } from "../../../src/broker/account.ts";
import {
  EventQueue,
  MAX_WAITING_EVENTS,
  type SystemEvent,
} from "../../../src/broker/event-queue.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const account = new Account("A", true);

function event(name: string): SystemEvent {
  return { account, subjects: [name], body: () => ({}) };
}

function setUp() {
  const clock = new FakeClock();
  const published: string[] = [];
  const queue = new EventQueue(clock, ({ subjects }) => published.push(...subjects));
  return { clock, published, queue };
}

describe("a few events", () => {
  test("are published after the turn, in order", () => {
    const { clock, published, queue } = setUp();
    queue.add(event("a"));
    queue.add(event("b"));
    expect(published).toEqual([]);
    expect(clock.timerCount).toBe(1);
    clock.advance(0);
    expect(published).toEqual(["a", "b"]);
    expect(clock.timerCount).toBe(0);
  });

  test("keep every state of the same topic", () => {
    const { clock, published, queue } = setUp();
    const topic = {};
    for (const name of ["1", "2", "3"]) queue.add(event(name), topic);
    clock.advance(0);
    expect(published).toEqual(["1", "2", "3"]);
  });

  test("that publishing leads to are published too", () => {
    const clock = new FakeClock();
    const published: string[] = [];
    const queue: EventQueue = new EventQueue(clock, ({ subjects }) => {
      published.push(...subjects);
      if (published.length < 3) queue.add(event("again"));
    });
    queue.add(event("first"));
    clock.advance(0);
    expect(published).toEqual(["first", "again", "again"]);
  });

  test("can be had out at once, or dropped", () => {
    const { clock, published, queue } = setUp();
    queue.add(event("a"));
    queue.drain();
    expect(published).toEqual(["a"]);
    queue.add(event("b"));
    queue.clear();
    clock.advance(0);
    expect(published).toEqual(["a"]);
    queue.add(event("c"));
    clock.advance(0);
    expect(published).toEqual(["a", "c"]);
  });
});

describe("very many events", () => {
  test("are published over several turns", () => {
    const turns: number[] = [];
    let published = 0;
    const clock = new (class extends FakeClock {
      override afterEvents(action: () => void): void {
        super.afterEvents(() => {
          const before = published;
          action();
          turns.push(published - before);
        });
      }
    })();
    const queue = new EventQueue(clock, () => published++);
    for (let i = 0; i < 1100; i++) queue.add(event("a"));
    clock.advance(0);
    expect(turns).toEqual([512, 512, 76]);
  });

  test("keep only the newest state of a topic, in the place of the older one", () => {
    const { clock, published, queue } = setUp();
    const topic = {};
    queue.add(event("state 1"), topic);
    for (let i = 0; i < 1023; i++) queue.add(event("other"));
    queue.add(event("state 2"), topic);
    queue.add(event("state 3"), topic);
    expect(queue.count).toBe(1024);
    clock.advance(0);
    expect(published.filter((name) => name !== "other")).toEqual(["state 3"]);
    for (let i = 0; i < 1023; i++) queue.add(event("other"));
    queue.add(event("state 4"), topic);
    clock.advance(0);
    expect(published.at(-1)).toBe("state 4");
  });

  test("are lost beyond the limit, which is counted", () => {
    const { clock, published, queue } = setUp();
    const topic = {};
    queue.add(event("state 1"), topic);
    for (let i = 1; i < MAX_WAITING_EVENTS; i++) queue.add(event("a"));
    expect(queue.lostCount).toBe(0);
    expect(queue.add(event("lost"))).toBe(false);
    expect(queue.add(event("lost"), {})).toBe(false);
    expect(queue.add(event("state 2"), topic)).toBe(true);
    expect(queue.lostCount).toBe(2);
    clock.advance(0);
    expect(published).toHaveLength(MAX_WAITING_EVENTS);
    expect(published[0]).toBe("state 2");
    expect(published).not.toContain("lost");
    expect(queue.add(event("b"))).toBe(true);
  });
});
