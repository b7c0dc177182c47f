/** The open-addressing table, alone and compared with a Map under churn. */
import { expect, test } from "bun:test";
import { IdTable } from "../../../src/subject/id-table.ts";
import { Random } from "../../../src/util/random.ts";

function contains(table: IdTable, id: number, hash: number): boolean {
  let cell = table.homeCell(hash);
  while (table.cells[cell] !== 0) {
    if (table.cells[cell] === id) return true;
    cell = (cell + 2) & table.cellMask;
  }
  return false;
}

const seed = Number(process.env["SEED"] ?? Math.floor(Date.now() % 1_000_000_007));

test(`holds what was added and not removed, even when hashes collide, seed ${seed}`, () => {
  const random = new Random(seed);
  const table = new IdTable();
  const held = new Map<number, number>();
  let id = 0;
  for (let step = 0; step < 20_000; step++) {
    if (random.below(100) < 52 || held.size === 0) {
      const hash = random.below(3) === 0 ? random.below(4) : random.below(0x7fffffff);
      held.set(++id, hash);
      table.add(id, hash);
    } else {
      const ids = [...held.keys()];
      const gone = ids[random.below(ids.length)]!;
      table.remove(gone, held.get(gone)!);
      expect(contains(table, gone, held.get(gone)!)).toBe(false);
      held.delete(gone);
    }
    expect(table.count).toBe(held.size);
    if (step % 200 === 0) {
      for (const [heldId, hash] of held) expect(contains(table, heldId, hash)).toBe(true);
    }
  }
});

test("leaves no tombstones: churn neither fills nor grows it", () => {
  const table = new IdTable();
  for (let id = 1; id <= 3; id++) table.add(id, id * 7);
  const cells = table.cells;
  for (let id = 4; id < 100_000; id++) {
    table.add(id, id * 31);
    table.remove(id, id * 31);
  }
  expect(table.cells).toBe(cells);
  expect(cells.filter((_, index) => index % 2 === 0 && cells[index] !== 0)).toHaveLength(3);
});
