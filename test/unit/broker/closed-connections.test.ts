/** The ring of connections that were closed last. */
import { describe, expect, test } from "bun:test";
import { ClosedConnections } from "../../../src/broker/closed-connections.ts";
import { closedConnection } from "../../support/closed-connection.ts";

function filled(capacity: number, count: number): ClosedConnections {
  const ring = new ClosedConnections(capacity);
  for (let cid = 1; cid <= count; cid++) ring.add(closedConnection({ cid }));
  return ring;
}

const cids = (ring: ClosedConnections) => ring.all().map(({ cid }) => cid);

describe("the ring", () => {
  test("lists what it holds, oldest first", () => {
    expect(cids(filled(3, 0))).toEqual([]);
    expect(cids(filled(3, 2))).toEqual([1, 2]);
    expect(cids(filled(3, 3))).toEqual([1, 2, 3]);
  });

  test("forgets the oldest", () => {
    for (let count = 4; count < 12; count++) {
      const ring = filled(3, count);
      expect(cids(ring)).toEqual([count - 2, count - 1, count]);
      expect(ring.count).toBe(3);
      expect(ring.total).toBe(count);
    }
  });

  test("gives out lists of its own", () => {
    const ring = filled(2, 2);
    ring.all().pop();
    expect(cids(ring)).toEqual([1, 2]);
  });
});
