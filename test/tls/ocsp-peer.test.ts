/** `ocsp_peer`: who is let in by what the OCSP responder of an authority says. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "bun:test";
import { MAX_EARLY_BYTES } from "../../src/connection/secure-start.ts";
import { ConfiguredServer } from "../support/configured-server.ts";
import { eventually } from "../support/measured-server.ts";
import { type MadeCertificate, makeCertificate } from "../support/certificate-maker.ts";
import { ocspAnswer, ocspRefusal } from "../support/ocsp-answer.ts";
import { OcspAuthority, gate } from "./ocsp-authority.ts";
import { talk } from "./tls-peer.ts";

const SOON_MS = 10_000;
const PING = "PING\r\n";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const folder = mkdtempSync(join(tmpdir(), "midge-ocsp-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a client with the certificate has come to; `own` may have others behind its own. */
async function come(server: ConfiguredServer, own: MadeCertificate): Promise<string> {
  const { end } = await talk({ port: server.port, own });
  return end;
}

function linesOf(server: ConfiguredServer): string[] {
  return server.linesSince(0);
}

async function start(
  authority: OcspAuthority,
  peer = "",
  more = "ocsp_cache: false",
): Promise<ConfiguredServer> {
  return ConfiguredServer.start(`debug: true\n${authority.config(folder, peer, more)}`);
}

describe("a client with a certificate", () => {
  test("that is good comes in", async () => {
    await using authority = new OcspAuthority();
    authority.say("good");
    await using server = await start(authority);
    expect(await come(server, authority.client)).toBe("PONG");
    expect(authority.questions).toBe(1);
    expect(linesOf(server)).toContain("[DBG] OCSP verify pass for [CN=client]");
  });

  test("that names no responder on the web comes in", async () => {
    await using authority = new OcspAuthority();
    await using server = await start(authority);
    for (const responderUrls of [[], ["ldap://127.0.0.1/"]]) {
      expect(await come(server, authority.issue({ name: "plain", responderUrls }))).toBe("PONG");
    }
    expect(authority.questions).toBe(0);
  });

  test("whose first responder is silent is asked about at the next", async () => {
    await using authority = new OcspAuthority();
    const responderUrls = ["http://127.0.0.1:1/", authority.url];
    const client = authority.issue({ name: "client", responderUrls });
    authority.say("good", { certificate: client });
    await using server = await start(authority);
    expect(await come(server, client)).toBe("PONG");
  });

  const fetchFailure = "Attempt to obtain OCSP response from CA responder for [CN=client] failed: ";
  const parseFailure = "Could not parse OCSP CA response for [CN=client]: ";
  const notCurrent = "New OCSP CA response obtained for [CN=client] but not current";
  const stranger = makeCertificate({ name: "clients", isAuthority: true });
  test.each<[string, (authority: OcspAuthority) => void, string]>([
    [
      "that is revoked",
      (one) => one.say("revoked"),
      "OCSP verify fail for [CN=client] with CA status [revoked]",
    ],
    [
      "that is unknown",
      (one) => one.say("unknown"),
      "OCSP verify fail for [CN=client] with CA status [unknown]",
    ],
    [
      "of which the responder says nothing",
      (one) => one.respond(() => new Response(ocspRefusal(6))),
      `${parseFailure}ocsp: error from server: unauthorized`,
    ],
    [
      "whose responder fails",
      (one) => one.respond(() => new Response("", { status: 500 })),
      `${fetchFailure}exhausted OCSP responders: bad OCSP responder http status: [500]`,
    ],
    ["whose responder sends nothing", (one) => one.respond(() => new Response("")), fetchFailure],
    [
      "whose responder sends anything",
      (one) => one.respond(() => new Response("anything")),
      parseFailure,
    ],
    [
      "whose responder never ends",
      (one) => one.respond(() => new Response(new Uint8Array(1_000_000))),
      `${fetchFailure}exhausted OCSP responders: OCSP response exceeds 65536 bytes`,
    ],
    [
      "that somebody else calls good",
      (one) => one.say("good", { signer: stranger, embeds: [] }),
      `${parseFailure}bad OCSP signature: x509: ECDSA verification failure`,
    ],
    [
      "that calls itself good",
      (one) => one.say("good", { signer: one.client }),
      "Invalid OCSP response delegation: CN=client",
    ],
    [
      "that was good",
      (one) =>
        one.say("good", {
          thisUpdateMs: Date.now() - HOUR_MS,
          nextUpdateMs: Date.now() - MINUTE_MS,
        }),
      notCurrent,
    ],
    [
      "that will be good",
      (one) => one.say("good", { thisUpdateMs: Date.now() + MINUTE_MS }),
      notCurrent,
    ],
    [
      "of which nothing was said for long",
      (one) => one.say("good", { thisUpdateMs: Date.now() - 2 * HOUR_MS, nextUpdateMs: undefined }),
      notCurrent,
    ],
    [
      "whose like is good",
      (one) => {
        const answer = { certificate: one.issue({ name: "client" }), issuer: one.root };
        one.respond(() => new Response(ocspAnswer({ ...answer, status: "good" })));
      },
      `${parseFailure}no response matching the supplied certificate`,
    ],
  ])("%s is refused", async (_whose, prepare, line) => {
    await using authority = new OcspAuthority();
    prepare(authority);
    await using server = await start(authority);
    expect(await come(server, authority.client)).not.toBe("PONG");
    await server.logged(/connection closed: TLS Handshake Failure/);
    expect(server.log).toContain(line);
    expect(server.log).toContain("TLS handshake error: client not OCSP valid\n");
    expect(server.log).not.toContain("TLS handshake complete");
    expect(await server.varz()).toMatchObject({ connections: 0 });
  });

  test("whose responder is not there, or silent, is refused in time", async () => {
    await using authority = new OcspAuthority();
    authority.respond(() => new Promise(() => {}));
    await using server = await start(authority, 'ca_timeout: "100ms"');
    expect(await come(server, authority.client)).not.toBe("PONG");
    await server.logged(/failed: exhausted .*context deadline exceeded/);
    const client = authority.issue({ name: "client", responderUrls: ["http://127.0.0.1:1/"] });
    expect(await come(server, client)).not.toBe("PONG");
    await server.logged(/dial tcp 127\.0\.0\.1:1: connect: connection refused/);
  });
});

describe("with the option", () => {
  const bad = ["revoked", "unknown"] as const;

  test("warn_only everybody comes in", async () => {
    await using authority = new OcspAuthority();
    await using server = await start(authority, "warn_only: true");
    const stranger = makeCertificate({ name: "clients", isAuthority: true });
    const states = [
      () => authority.say("revoked"),
      () => authority.say("unknown"),
      () => authority.say("good", { signer: stranger }),
      () => authority.say("good", { signer: authority.client }),
      () => authority.say("good", { nextUpdateMs: Date.now() - MINUTE_MS }),
      () => authority.respond(() => new Response("", { status: 404 })),
    ];
    for (const prepare of states) {
      prepare();
      expect(await come(server, authority.client)).toBe("PONG");
    }
    const allowed = "OCSP verify fail for [CN=client] but WarnOnly is true so allowing";
    const said = linesOf(server).filter((line) => line === `[WRN] ${allowed}`);
    expect(said).toHaveLength(states.length);
  });

  test("unknown_is_good those come in whom the responder does not know", async () => {
    await using authority = new OcspAuthority();
    await using server = await start(authority, "unknown_is_good: true");
    const ends: string[] = [];
    for (const status of bad) {
      authority.say(status);
      ends.push(await come(server, authority.client));
    }
    expect(ends.map((end) => end === "PONG")).toEqual([false, true]);
  });

  test("allow_when_ca_unreachable they come in without an answer, but not with a bad one", async () => {
    await using authority = new OcspAuthority();
    authority.respond(() => new Response("", { status: 503 }));
    await using server = await start(authority, "allow_when_ca_unreachable: true");
    expect(await come(server, authority.client)).toBe("PONG");
    const allowed = "AllowWhenCAUnreachable set; no cached revocation so allowing";
    expect(server.log).toContain(
      `[WRN] Failed to obtain OCSP CA response for [CN=client] but ${allowed}`,
    );
    authority.respond(() => new Response("anything"));
    expect(await come(server, authority.client)).not.toBe("PONG");
  });

  test("allow_when_ca_unreachable nobody comes in who was revoked before", async () => {
    await using authority = new OcspAuthority();
    authority.say("revoked", { nextUpdateMs: Date.now() + 2000 });
    const peer = "allow_when_ca_unreachable: true, allowed_clockskew: 0";
    const store = join(folder, "unreachable");
    const cache = `ocsp_cache { local_store: "${store}", preserve_revoked: true }`;
    await using server = await start(authority, peer, cache);
    expect(await come(server, authority.client)).not.toBe("PONG");
    authority.respond(() => new Response("", { status: 503 }));
    const rejected = /\[WRN\] Failed to obtain .*; cached revocation exists so rejecting/;
    for (let ends = 0; ends < 200 && !rejected.test(server.log); ends++) {
      expect(await come(server, authority.client)).not.toBe("PONG");
      await Bun.sleep(20);
    }
    expect(server.log).toMatch(rejected);
    expect(server.log).toMatch(/Revoked OCSP response for key \[.*\] preserved by cache policy/);
  });

  test("allowed_clockskew responses count for longer, or shorter", async () => {
    await using authority = new OcspAuthority();
    authority.say("good", { nextUpdateMs: Date.now() - 10_000 });
    await using server = await start(authority);
    expect(await come(server, authority.client)).toBe("PONG");
    await server.reload(`debug: true\n${authority.config(folder, "allowed_clockskew: 5")}`);
    expect(await come(server, authority.client)).not.toBe("PONG");
    await server.logged(
      /OCSP response NextUpdate \[.*\] is before now \[.*\] with clockskew \[5s\]/,
    );
  });

  test("cache_ttl_when_next_update_unset responses count without a time of their own", async () => {
    await using authority = new OcspAuthority();
    authority.say("good", { thisUpdateMs: Date.now() - 2 * HOUR_MS, nextUpdateMs: undefined });
    await using server = await start(authority, 'cache_ttl_when_next_update_unset: "3h"');
    expect(await come(server, authority.client)).toBe("PONG");
    await server.reload(`debug: true\n${authority.config(folder)}`);
    expect(await come(server, authority.client)).not.toBe("PONG");
    await server.logged(
      /OCSP response cache expiry \[.*\] is before now \[.*\] with clockskew \[30s\]/,
    );
  });
});

describe("with an authority in between", () => {
  /** It and a client of it, who presents both. */
  function between(authority: OcspAuthority) {
    const middle = authority.issue({ name: "middle", isAuthority: true });
    const client = authority.issue({ name: "deep", issuer: middle });
    authority.say("good", { certificate: client, issuer: middle });
    return { middle, client, chain: { ...client, pem: client.pem + middle.pem } };
  }

  test("both have to be good", async () => {
    await using authority = new OcspAuthority();
    const { middle, client, chain } = between(authority);
    await using server = await start(authority);
    authority.say("good", { certificate: middle });
    expect(await come(server, chain)).toBe("PONG");
    expect(server.log).toContain("Chain [0]: 3 total link(s)");
    authority.say("revoked", { certificate: middle });
    expect(await come(server, chain)).not.toBe("PONG");
    authority.say("good", { certificate: middle });
    authority.say("revoked", { certificate: client, issuer: middle });
    expect(await come(server, chain)).not.toBe("PONG");
  });

  test("nothing is gained by presenting one's own", async () => {
    await using authority = new OcspAuthority();
    const { middle, client, chain } = between(authority);
    const impostor = makeCertificate({ name: "middle", isAuthority: true });
    const pem = client.pem + middle.pem + impostor.pem;
    // The client's own authority would call it good.
    authority.say("good", { certificate: client, issuer: impostor });
    authority.say("good", { certificate: middle });
    await using server = await start(authority);
    expect(await come(server, { ...chain, pem })).not.toBe("PONG");
    await server.logged(/no response matching the supplied certificate/);
    authority.say("good", { certificate: client, issuer: middle });
    expect(await come(server, { ...chain, pem })).toBe("PONG");
  });
});

describe("while a certificate is checked", () => {
  test("what the client says waits, and is not lost", async () => {
    await using authority = new OcspAuthority();
    const { opened, open } = gate();
    authority.respond(async () => {
      await opened;
      authority.say("good");
      return new Response(
        ocspAnswer({ certificate: authority.client, issuer: authority.root, status: "good" }),
      );
    });
    await using server = await start(authority);
    let isDone = false;
    const end = come(server, authority.client).finally(() => (isDone = true));
    await eventually("a question", SOON_MS, () => authority.questions === 1);
    await server.varz();
    expect(isDone).toBe(false);
    expect(server.log).not.toContain("TLS handshake complete");
    open();
    expect(await end).toBe("PONG");
  });

  test("what it says has a limit", async () => {
    await using authority = new OcspAuthority();
    const { opened, open } = gate();
    authority.respond(async () => {
      await opened;
      return new Response();
    });
    await using server = await start(authority, "warn_only: true");
    const wish = { port: server.port, own: authority.client };
    const little = talk({ ...wish, before: PING.repeat(MAX_EARLY_BYTES / PING.length / 2) });
    const { end } = await talk({ ...wish, before: PING.repeat(MAX_EARLY_BYTES / PING.length + 1) });
    expect(end).not.toBe("PONG");
    await server.logged(/TLS handshake error: more was sent than is kept while the certificate/);
    open();
    expect(await little).toMatchObject({ end: "PONG" });
  });

  test("others with the same certificate wait for the same answer", async () => {
    await using authority = new OcspAuthority();
    const { opened, open } = gate();
    authority.respond(async () => {
      await opened;
      return new Response(
        ocspAnswer({ certificate: authority.client, issuer: authority.root, status: "good" }),
      );
    });
    await using server = await start(authority);
    const count = 20;
    const ends = Promise.all(Array.from({ length: count }, () => come(server, authority.client)));
    const checks = () => server.log.split("Checking OCSP peer cache for").length - 1;
    await eventually("checks of all", SOON_MS, () => checks() === count);
    open();
    expect(await ends).toEqual(Array(count).fill("PONG"));
    expect(authority.questions).toBe(1);
  });

  test("lame duck mode may begin", async () => {
    await using authority = new OcspAuthority();
    const { opened, open } = gate();
    authority.respond(async () => {
      await opened;
      const answer = { certificate: authority.client, issuer: authority.root };
      return new Response(ocspAnswer({ ...answer, status: "good" }));
    });
    await using server = await start(authority);
    const end = come(server, authority.client);
    await eventually("a question", SOON_MS, () => authority.questions === 1);
    server.signal("SIGUSR2");
    await server.logged(/Entering lame duck mode/);
    open();
    expect(await end).toBe("PONG");
  });

  test("the client may leave, and the server end", async () => {
    await using authority = new OcspAuthority();
    authority.respond(() => new Promise(() => {}));
    await using server = await start(authority, "ca_timeout: 60");
    const leaveWhen = eventually("a question", SOON_MS, () => authority.questions === 1);
    await talk({ port: server.port, own: authority.client, leaveWhen });
    await server.logged(/Client connection closed: Client Closed/);
    expect(await server.varz()).toMatchObject({ connections: 0 });
    const staying = come(server, authority.client);
    await server.logged(/cid:2 - Starting TLS(.|\n)*Peer OCSP enabled/);
    server.signal("SIGTERM");
    expect(await server.exited()).toBe(0);
    expect(await staying).not.toBe("PONG");
    expect(server.log).not.toContain("TLS handshake error");
  });
});

test("TLS before the greeting is no way around it", async () => {
  await using authority = new OcspAuthority();
  authority.say("good");
  await using server = await ConfiguredServer.start(
    authority.config(folder, "").replace("verify: true,", "verify: true, handshake_first: true,"),
  );
  const wish = { port: server.port, own: authority.client, isFirst: true };
  expect(await talk(wish)).toMatchObject({ end: "PONG" });
  authority.say("revoked");
  const { info, end } = await talk(wish);
  expect([info, end === "PONG"]).toEqual(["", false]);
});

test("the system account hears of whoever is refused", async () => {
  await using authority = new OcspAuthority();
  authority.say("revoked");
  await using server = await start(
    authority,
    "",
    `ocsp_cache: false, allow_non_tls: true
    accounts { SYS { users: [ { user: s, password: s } ] } }
    system_account: SYS, no_auth_user: s`,
  );
  const listener = await server.client({ user: "s", pass: "s" });
  await listener.send("SUB $SYS.SERVER.*.OCSP.> 1\r\n");
  await listener.synchronise();
  await come(server, authority.client);
  await listener.until("events", () => listener.received.includes("CONN.REJECT"));
  await listener.synchronise();
  const bodies = listener.received.split("\r\n").filter((line) => line.startsWith("{"));
  const [link, reject] = bodies.map((body) => JSON.parse(body));
  const raw = Buffer.from(authority.client.der).toString("base64");
  const certificate = { subject: "CN=client", issuer: "CN=clients", raw };
  expect(Object.keys(link)).toEqual([
    "type",
    "id",
    "timestamp",
    "link",
    "peer",
    "server",
    "reason",
  ]);
  expect(link).toMatchObject({
    type: "io.nats.server.advisory.v1.ocsp_peer_link_invalid",
    link: certificate,
    peer: certificate,
    reason: "Invalid OCSP response status: revoked",
  });
  expect(Object.keys(reject)).toEqual([
    "type",
    "id",
    "timestamp",
    "kind",
    "peer",
    "server",
    "reason",
  ]);
  expect(reject).toMatchObject({
    type: "io.nats.server.advisory.v1.ocsp_peer_reject",
    kind: "Client",
    peer: certificate,
    reason: "client not OCSP valid",
  });
});

test("a reload takes it up, changes it and gives it up", async () => {
  await using authority = new OcspAuthority();
  authority.say("revoked");
  const without = authority
    .config(folder)
    .replace(/ocsp_peer \{.*\}/, "")
    .replace(/\}?$/, "}");
  await using server = await ConfiguredServer.start(without);
  expect(await come(server, authority.client)).toBe("PONG");
  await server.reload(authority.config(folder));
  expect(await come(server, authority.client)).not.toBe("PONG");
  expect(await server.varz()).toMatchObject({ tls_ocsp_peer_verify: true });
  await server.reload(authority.config(folder, "warn_only: true"));
  expect(await come(server, authority.client)).toBe("PONG");
  await server.reload(without);
  expect(await come(server, authority.client)).toBe("PONG");
  expect(await server.varz()).not.toHaveProperty("tls_ocsp_peer_verify");
});
