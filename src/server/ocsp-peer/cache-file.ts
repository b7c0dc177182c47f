/**
 * The file of a local cache of OCSP responses: `cache.json` in its directory, as nats-server has
 * it. Values that nats-server has compressed are passed over, and a file that cannot be read is an
 * empty one.
 */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { OcspStatus } from "../../transport/ocsp/response.ts";
import { NO_GO_TIME, goTime } from "../../util/go-time.ts";
import { readStoredFrames, storedFrames } from "../../util/stored-frames.ts";
import { errorCode, errorText, messageOf } from "../../util/system-error.ts";
import { type CachedResponse, MAX_CACHED_BYTES } from "./response-cache.ts";

const NAME = "cache.json";
/** In base64 and with what is told of each response. */
export const MAX_FILE_BYTES = 4 * MAX_CACHED_BYTES;
const DIRECTORY_MODE = 0o750;
const FILE_MODE = 0o600;
const SECOND_MS = 1000;

/** Where the file of a cache in this directory is. */
export function cacheFilePath(directory: string): string {
  return resolve(join(directory, NAME));
}

/** Undefined if there is no file. Throws an `Error` with the reason if it cannot be read. */
export function readCacheFile(path: string): Map<string, CachedResponse> | undefined {
  let text: string;
  try {
    text = textIn(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new Error(`open ${path}: ${errorText(error)}`);
  }
  const found: unknown = JSON.parse(text);
  if (!isRecord(found)) throw new Error("the file is no object");
  const responses = new Map<string, CachedResponse>();
  for (const [key, value] of Object.entries(found)) {
    if (!isRecord(value)) throw new Error(`the entry ${key} is no object`);
    const cached = cachedResponse(value);
    if (cached !== undefined) responses.set(key, cached);
  }
  return responses;
}

function textIn(path: string): string {
  const file = openSync(path, "r");
  try {
    if (fstatSync(file).size > MAX_FILE_BYTES) throw new Error("the file is too large");
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

function cachedResponse(value: Record<string, unknown>): CachedResponse | undefined {
  const { subject, cached_at: cachedAt, resp_status: status, resp_expires: end, resp } = value;
  const response = typeof resp === "string" ? readStoredFrames(Buffer.from(resp, "base64")) : null;
  if (response === undefined || response === null || !isStatus(status)) return undefined;
  return {
    subject: typeof subject === "string" ? subject : "",
    cachedAtMs: timeOf(cachedAt) ?? 0,
    status,
    nextUpdateMs: end === NO_GO_TIME ? undefined : timeOf(end),
    response,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStatus(value: unknown): value is OcspStatus {
  return value === "good" || value === "revoked" || value === "unknown";
}

function timeOf(value: unknown): number | undefined {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}

/**
 * Replaces the file as a whole; returns how many bytes it has. Rejects with an `Error` with the
 * reason if that cannot be done; the file is then as it was.
 */
export async function writeCacheFile(
  directory: string,
  responses: Iterable<readonly [string, CachedResponse]>,
): Promise<number> {
  const text = fileText(responses);
  const path = cacheFilePath(directory);
  const temporary = resolve(join(directory, `ocsprc-${crypto.randomUUID()}`));
  try {
    if (!(await exists(directory))) await mkdir(directory, { mode: DIRECTORY_MODE });
    const file = await open(temporary, "wx", FILE_MODE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    const code = errorCode(error);
    throw new Error(code === "" ? messageOf(error) : `${path}: ${errorText(error)}`);
  }
  return text.length;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function fileText(responses: Iterable<readonly [string, CachedResponse]>): Uint8Array {
  const sorted = [...responses].sort(([left], [right]) => (left < right ? -1 : 1));
  const fields = sorted.map(([key, { subject, cachedAtMs, status, nextUpdateMs, response }]) => [
    key,
    {
      ...(subject === "" ? {} : { subject }),
      cached_at: goTime(Math.round(cachedAtMs / SECOND_MS) * SECOND_MS),
      resp_status: status,
      resp_expires: nextUpdateMs === undefined ? NO_GO_TIME : goTime(nextUpdateMs),
      resp: Buffer.from(storedFrames(response)).toString("base64"),
    },
  ]);
  return Buffer.from(JSON.stringify(Object.fromEntries(fields), null, 1));
}
