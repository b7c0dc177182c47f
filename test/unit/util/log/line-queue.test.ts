/** Lines that wait for a sink: their order, the limit, and what stands for those that were lost. */
import { describe, expect, test } from "bun:test";
import { LineQueue } from "../../../../src/util/log/line-queue.ts";

function queueOf(maxBytes: number): LineQueue {
  return new LineQueue(maxBytes, (count) => `lost ${count}\n`);
}

function drain(queue: LineQueue): string[] {
  const lines: string[] = [];
  for (let line = queue.shift(); line !== undefined; line = queue.shift()) lines.push(line);
  return lines;
}

describe("a queue of lines", () => {
  test("gives them back in order, however it is filled and emptied", () => {
    const queue = queueOf(1 << 20);
    const taken: string[] = [];
    for (let i = 0; i < 5000; i++) {
      queue.push(`${i}\n`);
      if (i % 3 !== 0) taken.push(queue.shift()!);
    }
    taken.push(...drain(queue));
    expect(taken).toEqual(Array.from({ length: 5000 }, (_, i) => `${i}\n`));
    expect([queue.isEmpty, queue.bytes]).toEqual([true, 0]);
  });

  test("counts bytes of UTF-8", () => {
    const queue = queueOf(100);
    queue.push("é€😀\n");
    expect(queue.bytes).toBe(10);
    expect(queue.peek()).toBe("é€😀\n");
    queue.shift();
    expect(queue.bytes).toBe(0);
  });

  test("joins lines until there are enough bytes, at least one", () => {
    const queue = queueOf(100);
    for (const line of ["aaa\n", "bbb\n", "ccc\n"]) queue.push(line);
    expect(queue.take(5)).toBe("aaa\nbbb\n");
    expect(queue.take(-1)).toBe("ccc\n");
    expect(queue.take(5)).toBe("");
  });
});

describe("a full queue", () => {
  test("drops new lines until half of it is free, and says how many", () => {
    const queue = queueOf(40);
    for (let i = 0; i < 13; i++) queue.push(`line ${i}\n`.padEnd(10, "."));
    expect(queue.bytes).toBe(40);
    queue.shift();
    queue.push("still too full");
    queue.shift();
    queue.shift();
    queue.push("fits\n");
    expect(drain(queue)).toEqual(["line 3\n...", "lost 10\n", "fits\n"]);
  });

  test("says so at its end when nothing follows, once", () => {
    const queue = queueOf(4);
    queue.push("aaa\n");
    queue.push("bbb\n");
    queue.shift();
    expect(queue.isEmpty).toBe(false);
    expect(queue.take(1)).toBe("lost 1\n");
    expect(queue.isEmpty).toBe(true);
    queue.push("ccc\n");
    expect(drain(queue)).toEqual(["ccc\n"]);
  });

  test("takes a line that is longer than the limit when it holds nothing else", () => {
    const queue = queueOf(10);
    const long = `${"x".repeat(50)}\n`;
    queue.push(long);
    queue.push("y\n");
    expect(drain(queue)).toEqual([long, "lost 1\n"]);
  });
});
