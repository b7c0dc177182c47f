/** `ocsp_cache`: what is remembered of OCSP responders' answers, and for how long. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { OcspAuthority } from "./ocsp-authority.ts";
import { talk } from "./tls-peer.ts";

const SOON_MS = 10_000;

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "midge-ocsp-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function configOf(authority: OcspAuthority, cache = "", peer = ""): string {
  const store = `ocsp_cache { local_store: "${join(folder, "store")}", ${cache} }`;
  return `debug: true\n${authority.config(folder, peer, store)}`;
}

function cacheFile(): string {
  return join(folder, "store", "cache.json");
}

async function comes(server: ConfiguredServer, own: OcspAuthority["client"]): Promise<boolean> {
  const { end } = await talk({ port: server.port, own });
  return end === "PONG";
}

async function end(server: ConfiguredServer): Promise<void> {
  server.signal("SIGTERM");
  expect(await server.exited()).toBe(0);
}

interface CacheEntry {
  readonly subject: string;
  readonly cached_at: string;
  readonly resp_status: string;
  readonly resp_expires: string;
  readonly resp: string;
}

function entries(): CacheEntry[] {
  return Object.values(JSON.parse(readFileSync(cacheFile(), "utf8")));
}

describe("the file of a cache", () => {
  test("saves a responder its questions after a restart", async () => {
    await using authority = new OcspAuthority();
    authority.say("good");
    for (const questions of [1, 1]) {
      await using server = await ConfiguredServer.start(configOf(authority));
      for (let i = 0; i < 2; i++) expect(await comes(server, authority.client)).toBe(true);
      expect(authority.questions).toBe(questions);
      await end(server);
      expect(server.log).toMatch(/OCSP peer cache online, type \[local\]/);
    }
    expect(entries()).toEqual([
      {
        subject: "CN=client",
        cached_at: expect.stringMatching(/^[-\d]+T[:\d]+Z$/),
        resp_status: "good",
        resp_expires: expect.stringMatching(/^[-\d]+T[:\d]+Z$/),
        resp: expect.any(String),
      },
    ]);
    expect(statSync(cacheFile()).mode & 0o777).toBe(0o600);
  });

  test("is written now and then too", async () => {
    await using authority = new OcspAuthority();
    authority.say("revoked", { nextUpdateMs: undefined });
    await using server = await ConfiguredServer.start(configOf(authority, "save_interval: 1"));
    expect(await comes(server, authority.client)).toBe(false);
    await eventually("the file", SOON_MS, () => existsSync(cacheFile()));
    const [entry] = entries();
    expect(entry).toMatchObject({ resp_status: "revoked", resp_expires: "0001-01-01T00:00:00Z" });
    await server.logged(/Saved OCSP peer cache successfully \(\d+ bytes\)/);
  });

  test("proves nothing by itself", async () => {
    await using authority = new OcspAuthority();
    authority.say("good");
    const other = authority.issue({ name: "other" });
    authority.say("revoked", { certificate: other });
    {
      await using server = await ConfiguredServer.start(configOf(authority));
      expect(await comes(server, authority.client)).toBe(true);
      expect(await comes(server, other)).toBe(false);
      await end(server);
    }
    // Each gets the other's response.
    const [[first, firstEntry], [second, secondEntry]] = Object.entries(
      JSON.parse(readFileSync(cacheFile(), "utf8")),
    ) as [[string, unknown], [string, unknown]];
    writeFileSync(cacheFile(), JSON.stringify({ [first]: secondEntry, [second]: firstEntry }));
    await using server = await ConfiguredServer.start(configOf(authority));
    expect(await comes(server, authority.client)).toBe(true);
    expect(await comes(server, other)).toBe(false);
    expect(server.log).toMatch(/Invalid cached OCSP response for \[CN=client\] with fingerprint/);
    expect(authority.questions).toBe(4);
  });

  test.each([
    ["is no JSON", "{", /Unable to load OCSP peer cache: /],
    ["is a list", "[]", /Unable to load OCSP peer cache: the file is no object/],
    ["has entries of another kind", '{"a":1}', /Unable to load OCSP peer cache: /],
    ["is compressed", '{"a":{"resp_status":"good","resp":"/wYAAFMyc1R3TwALAAAA"}}', undefined],
    ["has other fields", '{"a":{"resp":5},"b":{},"c":{"resp_status":1,"resp":"AA=="}}', undefined],
  ])("that %s is an empty one", async (_what, text, complaint) => {
    await using authority = new OcspAuthority();
    authority.say("good");
    mkdirSync(join(folder, "store"));
    writeFileSync(cacheFile(), text);
    await using server = await ConfiguredServer.start(configOf(authority));
    if (complaint === undefined) expect(server.log).not.toContain("Unable to load");
    else expect(server.log).toMatch(complaint);
    expect(await server.varz()).toMatchObject({ ocsp_peer_cache: { cache_type: "local" } });
    expect(await comes(server, authority.client)).toBe(true);
    await end(server);
    expect(entries()).toHaveLength(1);
  });

  test("that cannot be written costs a line in the log", async () => {
    await using authority = new OcspAuthority();
    authority.say("good");
    writeFileSync(join(folder, "store"), "in the way");
    await using server = await ConfiguredServer.start(configOf(authority));
    expect(server.log).toMatch(/\[WRN\] Unable to load OCSP peer cache: open .*: not a directory/);
    expect(await comes(server, authority.client)).toBe(true);
    await end(server);
    expect(server.log).toMatch(/\[ERR\] Unable to save OCSP peer cache: .*: not a directory/);
  });
});

test("/varz counts what the cache has done", async () => {
  await using authority = new OcspAuthority();
  authority.say("good");
  const [revoked, unknown] = [authority.issue({ name: "r" }), authority.issue({ name: "u" })];
  authority.say("revoked", { certificate: revoked });
  authority.say("unknown", { certificate: unknown });
  await using server = await ConfiguredServer.start(configOf(authority));
  for (const own of [authority.client, revoked, unknown, authority.client]) {
    await comes(server, own);
  }
  expect(await server.varz()).toMatchObject({
    tls_ocsp_peer_verify: true,
    ocsp_peer_cache: {
      cache_type: "local",
      cache_hits: 1,
      cache_misses: 3,
      cached_responses: 3,
      cached_revoked_responses: 1,
      cached_good_responses: 1,
      cached_unknown_responses: 1,
    },
  });
  await server.reload(`${authority.config(folder)}`);
  expect(await server.varz()).not.toHaveProperty("ocsp_peer_cache");
});

test("a reload moves the cache, and keeps the one that stays where it is", async () => {
  await using authority = new OcspAuthority();
  authority.say("good");
  await using server = await ConfiguredServer.start(configOf(authority));
  expect(await comes(server, authority.client)).toBe(true);
  await server.reload(configOf(authority, "", "warn_only: true"));
  expect(await comes(server, authority.client)).toBe(true);
  expect(authority.questions).toBe(1);
  expect(existsSync(cacheFile())).toBe(false);
  const elsewhere = configOf(authority).replace('/store"', '/elsewhere"');
  const lines = await server.reload(elsewhere);
  expect(lines).toContain("[INF] Reloaded OCSP peer cache");
  await server.logged(
    /No OCSP peer cache found(.|\n)*online(.|\n)*No OCSP peer cache found(.|\n)*online/,
  );
  expect(entries()).toHaveLength(1);
  expect(await comes(server, authority.client)).toBe(true);
  expect(authority.questions).toBe(2);
  await server.reload(configOf(authority));
  await server.logged(/online(.|\n)*online(.|\n)*online/);
  expect(await comes(server, authority.client)).toBe(true);
  expect(authority.questions).toBe(2);
});

test("without ocsp_cache the cache is a file in the working directory; with false nothing is kept", async () => {
  await using authority = new OcspAuthority();
  authority.say("good");
  await using server = await ConfiguredServer.start(`debug: true\n${authority.config(folder)}`);
  expect(server.log).toContain("OCSP peer cache online, type [none]");
  for (let i = 0; i < 2; i++) expect(await comes(server, authority.client)).toBe(true);
  expect(authority.questions).toBe(2);
  await server.reload(`debug: true\n${authority.config(folder, "", "")}`);
  await server.logged(/OCSP peer cache online, type \[local\]/);
  expect(server.log).toContain(
    `Loading OCSP peer cache [${join(process.cwd(), "_rc_/cache.json")}]`,
  );
  // Nothing is left behind, since nobody comes.
});
