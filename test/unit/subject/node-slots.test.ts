/** Values by node number, over the edges of chunks. */
import { expect, test } from "bun:test";
import { NodeSlots } from "../../../src/subject/node-slots.ts";

test("holds a value for any node, and nothing for the others", () => {
  const slots = new NodeSlots<string>();
  expect(slots.get(0)).toBeUndefined();
  expect(slots.get(1_000_000)).toBeUndefined();
  for (const node of [1, 255, 256, 257, 5000]) slots.set(node, `${node}`);
  for (const node of [1, 255, 256, 257, 5000]) expect(slots.get(node)).toBe(`${node}`);
  for (const node of [0, 2, 254, 258, 4999, 5001]) expect(slots.get(node)).toBeUndefined();
  slots.set(256, undefined);
  slots.set(1, "again");
  expect([...slots]).toEqual(["again", "255", "257", "5000"]);
});
