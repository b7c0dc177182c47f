/** The receivers of a turn: each flushed once, in order, with those added meanwhile. */
import { describe, expect, test } from "bun:test";
import { FlushQueue } from "../../../src/connection/flush-queue.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function flushable(name: string, done: string[], action = () => {}) {
  return {
    flush() {
      done.push(name);
      action();
    },
  };
}

test("flush runs each once, in the order they were added", () => {
  const queue = new FlushQueue(new FakeClock());
  const done: string[] = [];
  for (const name of ["a", "b", "c"]) queue.add(flushable(name, done));
  queue.flush();
  queue.flush();
  expect(done).toEqual(["a", "b", "c"]);
});

test("what is added during a flush is flushed with it", () => {
  const queue = new FlushQueue(new FakeClock());
  const done: string[] = [];
  const last = flushable("last", done);
  queue.add(flushable("a", done, () => queue.add(flushable("b", done, () => queue.add(last)))));
  queue.flush();
  expect(done).toEqual(["a", "b", "last"]);
  queue.flush();
  expect(done).toHaveLength(3);
});

test("a burst of receivers is flushed like any other", () => {
  const queue = new FlushQueue(new FakeClock());
  const done: string[] = [];
  for (let i = 0; i < 1000; i++) queue.add(flushable(`${i}`, done));
  queue.flush();
  expect(done).toHaveLength(1000);
  queue.add(flushable("next", done));
  queue.flush();
  expect(done.at(-1)).toBe("next");
});

/** A clock on which the test says when the events that were ready have been handled. */
class HeldEvents extends FakeClock {
  readonly scheduled: (() => void)[] = [];

  override afterEvents(action: () => void): void {
    this.scheduled.push(action);
  }

  runScheduled(): void {
    for (const action of this.scheduled.splice(0)) action();
  }
}

describe("the end of a turn", () => {
  test("flushes once behind all events that are ready", () => {
    const clock = new HeldEvents();
    const queue = new FlushQueue(clock);
    const done: string[] = [];
    for (const name of ["a", "b"]) {
      queue.add(flushable(name, done));
      queue.endTurn();
    }
    expect(done).toEqual([]);
    expect(clock.scheduled).toHaveLength(1);
    clock.runScheduled();
    expect(done).toEqual(["a", "b"]);
  });

  test("schedules nothing where nobody waits", () => {
    const clock = new HeldEvents();
    new FlushQueue(clock).endTurn();
    expect(clock.scheduled).toEqual([]);
  });

  test("within a flush leaves nobody out", () => {
    const clock = new HeldEvents();
    const queue = new FlushQueue(clock);
    const done: string[] = [];
    queue.add(flushable("a", done, () => queue.add(flushable("b", done, () => queue.endTurn()))));
    queue.endTurn();
    clock.runScheduled();
    clock.runScheduled();
    queue.add(flushable("c", done));
    queue.endTurn();
    clock.runScheduled();
    expect(done).toEqual(["a", "b", "c"]);
  });
});
