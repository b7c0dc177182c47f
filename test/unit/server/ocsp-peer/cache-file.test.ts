/** The file of a cache of OCSP responses. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  MAX_FILE_BYTES,
  cacheFilePath,
  readCacheFile,
  writeCacheFile,
} from "../../../../src/server/ocsp-peer/cache-file.ts";
import type { CachedResponse } from "../../../../src/server/ocsp-peer/response-cache.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "midge-ocsp-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SECOND_MS = 1000;

function cached(status: CachedResponse["status"], nextUpdateMs?: number): CachedResponse {
  const response = Buffer.of(1, 2, 3);
  return { subject: "CN=a", cachedAtMs: 5 * SECOND_MS, status, nextUpdateMs, response };
}

test("what is written is read again", async () => {
  const responses = new Map([
    ["b", cached("revoked", 7 * SECOND_MS)],
    ["a", cached("good")],
    ["c", { ...cached("unknown"), subject: "" }],
  ]);
  const directory = join(folder, "new");
  await writeCacheFile(directory, responses);
  await writeCacheFile(directory, responses);
  expect(readdirSync(directory)).toEqual(["cache.json"]);
  const found = readCacheFile(cacheFilePath(directory));
  expect(found).toEqual(responses);
  expect([...found!.keys()]).toEqual(["a", "b", "c"]);
});

test("a file that is not there is none, one that is too large an error", () => {
  const path = cacheFilePath(folder);
  expect(readCacheFile(path)).toBeUndefined();
  writeFileSync(path, "");
  truncateSync(path, MAX_FILE_BYTES + 1);
  expect(() => readCacheFile(path)).toThrow("the file is too large");
});

test("what cannot be replaced stays, and leaves nothing beside it", async () => {
  mkdirSync(join(cacheFilePath(folder), "in the way"), { recursive: true });
  const written = writeCacheFile(folder, [["a", cached("good")]]);
  expect(written.catch((error: Error) => error.message)).resolves.toContain("cache.json");
  await written.catch(() => {});
  expect(readdirSync(folder)).toEqual(["cache.json"]);
});
