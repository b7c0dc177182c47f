/**
 * How the response that is stapled is asked for, proved and kept up to date, with a responder in
 * this process and a clock that the test moves; and who counts as a certificate's issuer.
 */
import { describe, expect, test } from "bun:test";
import { defaultOptions } from "../../src/config/options.ts";
import { stapleLink } from "../../src/server/stapling/staple-issuer.ts";
import { StapleUpkeep } from "../../src/server/stapling/staple-upkeep.ts";
import { staplingRule } from "../../src/server/stapling/stapling.ts";
import { parseDuration } from "../../src/util/duration.ts";
import { Logger } from "../../src/util/logger.ts";
import { type MadeCertificate, makeCertificate } from "../support/certificate-maker.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { eventually } from "../support/measured-server.ts";
import { ocspRefusal } from "../support/ocsp-answer.ts";
import { OcspResponder } from "../support/ocsp-responder.ts";

const SOON_MS = 10_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A certificate, its upkeep, and what becomes of the two. */
class Watched implements Disposable {
  readonly responder: OcspResponder;
  readonly clock: FakeClock;
  readonly certificate: MadeCertificate;
  readonly lines: string[];
  readonly upkeep: StapleUpkeep;
  endings: number;

  constructor(urls?: (own: string) => string[]) {
    this.responder = new OcspResponder();
    // In whole seconds, as responses are.
    this.clock = new FakeClock(5000, Math.floor(Date.now() / 1000) * 1000);
    this.certificate = this.responder.issue();
    this.lines = [];
    this.endings = 0;
    this.upkeep = this.another(this.certificate, urls);
  }

  another(
    { pem }: MadeCertificate,
    urls: (own: string) => string[] = (own) => [own],
  ): StapleUpkeep {
    const { clock, responder } = this;
    const sink = { write: (line: string) => void this.lines.push(line.trim()) };
    const options = { ...defaultOptions(), logTime: false };
    return new StapleUpkeep(stapleLink(pem, responder.authority.pem), {
      file: "a.pem",
      urls: urls(responder.url),
      onBad: () => void this.endings++,
      clock,
      logger: new Logger(options, { sink, colours: false, clock, pid: 1 }),
    });
  }

  /** Answers count for an hour from now on, by the test's clock. */
  answerGood(): void {
    const nowMs = this.clock.wallMs();
    this.responder.answer(() => ({ thisUpdateMs: nowMs, nextUpdateMs: nowMs + HOUR_MS }));
  }

  /** The line that comes next is this one. */
  async said(text: string): Promise<void> {
    const from = this.lines.length;
    await eventually(text, SOON_MS, () => this.lines.length > from);
    expect(this.lines[from]).toContain(text);
  }

  reason(): Promise<unknown> {
    return this.upkeep.prepare(undefined).then(
      () => "none",
      (error: unknown) => (error instanceof Error ? error.message : error),
    );
  }

  [Symbol.dispose](): void {
    this.upkeep.stop();
    this.responder[Symbol.dispose]();
  }
}

/** The wait that the last line tells of, in milliseconds. */
function durationOf(lines: readonly string[]): number {
  return parseDuration(lines.at(-1)!.replace(/.* /, ""));
}

test("whether there is a staple, by mode and certificate", () => {
  const rules = (["auto", "must", "always", "never", undefined] as const).map((mode) => {
    return [true, false].map((mustStaple) => staplingRule(mode, mustStaple));
  });
  const none = { staples: false, endsWhenBad: false };
  const kept = { staples: true, endsWhenBad: true };
  const auto = [{ staples: true, endsWhenBad: false }, none];
  expect(rules).toEqual([auto, [kept, none], [kept, kept], [none, none], auto]);
});

describe("a responder", () => {
  test("is asked by POST, and its answer counts until it says", async () => {
    using watched = new Watched();
    const { upkeep, clock, responder } = watched;
    watched.answerGood();
    expect(upkeep.current).toBeUndefined();
    await upkeep.prepare(undefined);
    expect(upkeep.current).toBeInstanceOf(Uint8Array);
    expect(responder.questions).toEqual(["POST /"]);
    clock.advance(HOUR_MS);
    expect(upkeep.current).toBeInstanceOf(Uint8Array);
    clock.advance(1);
    expect(upkeep.current).toBeUndefined();
  });

  test("that takes no POST is asked by GET", async () => {
    using watched = new Watched();
    let isFirst = true;
    watched.responder.answer(() => {
      if (!isFirst) return {};
      isFirst = false;
      return new Response("no", { status: 405 });
    });
    await watched.upkeep.prepare(undefined);
    expect(watched.responder.questions).toEqual(["POST /", expect.stringMatching(/^GET \/ME/)]);
  });

  test("that fails is followed by the next one", async () => {
    using watched = new Watched((own) => [`${own}a`, `${own}b/`, `${own}c`]);
    watched.responder.answer(() => {
      const isBad = watched.responder.questions.at(-1)?.includes("/a") === true;
      return isBad ? new Response(ocspRefusal(6)) : {};
    });
    await watched.upkeep.prepare(undefined);
    expect(watched.responder.questions).toEqual(["POST /a", "POST /b"]);
  });
});

describe("there is no start", () => {
  const failure = "bad OCSP status update for certificate at 'a.pem': ";

  test("without a responder", async () => {
    using watched = new Watched(() => []);
    expect(await watched.reason()).toBe(`${failure}no available ocsp servers`);
  });

  test.each([
    [
      "an HTTP error",
      () => new Response("", { status: 503 }),
      /non-ok http status on POST request \(reqlen=\d+\): 503; non-ok .* on GET request /,
    ],
    [
      "a refusal",
      () => new Response(ocspRefusal(6)),
      /failed to get remote status from http:\/\/[\d.:]+: ocsp: error from server: unauthorized/,
    ],
    ["what is no response", () => new Response("nothing"), /failed to get remote status from /],
    [
      "an old response",
      () => ({ thisUpdateMs: Date.now() - HOUR_MS, nextUpdateMs: Date.now() - MINUTE_MS }),
      /invalid ocsp NextUpdate, is past time: 20\d\d-/,
    ],
    [
      "a response for later",
      () => ({ thisUpdateMs: Date.now() + HOUR_MS, nextUpdateMs: undefined }),
      /invalid ocsp ThisUpdate, is future time: 20\d\d-/,
    ],
    [
      "an answer that a stranger has signed",
      () => ({ signer: makeCertificate({ name: "stranger", usages: ["ocsp"] }) }),
      /bad OCSP signature/,
    ],
  ] as const)("with %s", async (_what, answer, pattern) => {
    using watched = new Watched();
    watched.responder.answer(answer);
    const reason = await watched.reason();
    expect(reason).toStartWith(`${failure}exhausted ocsp servers: `);
    expect(reason).toMatch(pattern);
    expect(watched.upkeep.current).toBeUndefined();
  });

  test("with an answer of whom the issuer has not named for it", async () => {
    using watched = new Watched();
    const signer = watched.responder.issue({ name: "not for OCSP" });
    watched.responder.answer(() => ({ signer }));
    expect(await watched.reason()).toEndWith(
      "OCSP response signer missing authorization by CA to act as OCSP signer",
    );
  });

  test.each(["revoked", "unknown"] as const)("with a certificate that is %s", async (status) => {
    using watched = new Watched();
    watched.responder.answer(() => ({ status }));
    expect(await watched.reason()).toBe(
      `found existing OCSP status for certificate at 'a.pem': ${status}`,
    );
  });
});

describe("from the start on", () => {
  test("the responder is asked again after half of the time", async () => {
    using watched = new Watched();
    watched.answerGood();
    await watched.upkeep.prepare(undefined);
    watched.upkeep.begin();
    const next = new Date(watched.clock.wallMs() + HOUR_MS).toISOString().replace(".000", "");
    expect(watched.lines).toEqual([
      expect.stringContaining("[INF] OCSP Stapling enabled for Client connections"),
      expect.stringContaining(
        "[INF] Found OCSP status for Client certificate at 'a.pem': good, " +
          `next update ${next}, checking again in 30m0s`,
      ),
    ]);
    watched.clock.advance(30 * MINUTE_MS - 1);
    expect(watched.responder.questions).toHaveLength(1);
    watched.clock.advance(1);
    await watched.said(
      `[INF] Received OCSP status for Client certificate 'a.pem': good, next update ${next}, ` +
        "checking again in 15m0s",
    );
    expect(watched.responder.questions).toHaveLength(2);
  });

  test("a failure is tried again, sooner and sooner, and then every two minutes", async () => {
    using watched = new Watched();
    watched.answerGood();
    await watched.upkeep.prepare(undefined);
    watched.upkeep.begin();
    watched.responder.answer(() => new Response(ocspRefusal(3)));
    watched.clock.advance(30 * MINUTE_MS);
    await watched.said("trying again in 15m0s");
    expect(watched.lines.at(-1)).toContain(
      "[ERR] Bad OCSP status update for certificate 'a.pem': exhausted ocsp servers: failed to get",
    );
    expect(watched.upkeep.current).toBeInstanceOf(Uint8Array);
    // Never more often than once a second, also when there is hardly any time left.
    const waits: string[] = [];
    for (let i = 0; i < 15; i++) {
      watched.clock.advance(durationOf(watched.lines));
      await watched.said("trying again in ");
      waits.push(watched.lines.at(-1)!.replace(/.* /, ""));
    }
    expect(waits.slice(0, 3)).toEqual(["7m30s", "3m45s", "1m52.5s"]);
    expect(waits.slice(9, 12)).toEqual(["1s", "1s", "2m0s"]);
    expect(waits.at(-1)).toBe("2m0s");
    expect(watched.upkeep.current).toBeUndefined();
    watched.upkeep.stop();
    const asked = watched.responder.questions.length;
    watched.clock.advance(24 * HOUR_MS);
    expect(watched.responder.questions).toHaveLength(asked);
  });

  test("without an end it is asked once a day", async () => {
    using watched = new Watched();
    const thisUpdateMs = watched.clock.wallMs();
    watched.responder.answer(() => ({ thisUpdateMs, nextUpdateMs: undefined }));
    await watched.upkeep.prepare(undefined);
    watched.upkeep.begin();
    expect(watched.lines.at(-1)).toEndWith(
      "next update 0001-01-01T00:00:00Z, checking again in 24h0m0s",
    );
  });

  test.each(["revoked", "unknown"] as const)("a certificate that is %s ends it", async (status) => {
    using watched = new Watched();
    watched.answerGood();
    await watched.upkeep.prepare(undefined);
    watched.upkeep.begin();
    watched.responder.answer(() => ({ status }));
    watched.clock.advance(30 * MINUTE_MS);
    await watched.said(`[ERR] Received OCSP status for Client certificate 'a.pem': ${status}`);
    expect(watched.endings).toBe(1);
    watched.clock.advance(24 * HOUR_MS);
    expect(watched.responder.questions).toHaveLength(2);
  });
});

describe("without a valid response", () => {
  test("a handshake has the responder asked, all at one time once", async () => {
    using watched = new Watched();
    watched.answerGood();
    const { upkeep } = watched;
    expect(await Promise.all([upkeep.renew(), upkeep.renew()])).toEqual([undefined, undefined]);
    expect(watched.responder.questions).toHaveLength(1);
    expect(upkeep.current).toBeInstanceOf(Uint8Array);
  });

  test("a failure is not tried again for a second", async () => {
    using watched = new Watched();
    watched.responder.answer(() => new Response(ocspRefusal(3)));
    const { upkeep, clock, responder } = watched;
    for (let i = 0; i < 3; i++) {
      expect((await upkeep.renew())?.message).toStartWith("exhausted ocsp servers: ");
    }
    expect(responder.questions).toHaveLength(1);
    clock.advance(1000);
    watched.answerGood();
    expect(await upkeep.renew()).toBeUndefined();
  });
});

test("a reload keeps the response to the same certificate only", async () => {
  using watched = new Watched();
  watched.answerGood();
  await watched.upkeep.prepare(undefined);
  const same = watched.another(watched.certificate);
  await same.prepare(watched.upkeep);
  expect(same.current).toEqual(watched.upkeep.current);
  expect(watched.responder.questions).toHaveLength(1);
  const other = watched.another(watched.responder.issue());
  await other.prepare(watched.upkeep);
  expect(other.current).not.toEqual(watched.upkeep.current);
  expect(watched.responder.questions).toHaveLength(2);
});

describe("the issuer of a certificate", () => {
  const authority = makeCertificate({ name: "authority", isAuthority: true });
  const other = makeCertificate({ name: "other", isAuthority: true });
  const own = makeCertificate({ name: "server", issuer: authority });

  test("stands behind it in its file, or in ca_file", () => {
    const both = [
      stapleLink(own.pem + authority.pem, undefined),
      stapleLink(own.pem, other.pem + authority.pem),
    ];
    for (const { issuer } of both) {
      expect(Buffer.compare(issuer.encoded, authority.der)).toBe(0);
    }
  });

  test.each([
    ["is not behind it", own.pem + other.pem, authority.pem, "no issuers found"],
    ["is not in ca_file", own.pem, other.pem, "no issuers found"],
    ["is nobody whom the system trusts", own.pem, undefined, "no issuers found"],
  ])("that %s is not found", (_what, pem, ca, reason) => {
    expect(() => stapleLink(pem, ca)).toThrow(reason);
  });

  test("has to be an authority", () => {
    const child = makeCertificate({ name: "child", issuer: own });
    expect(() => stapleLink(child.pem + own.pem, undefined)).toThrow(
      "CN=server invalid ca basic constraints: is not ca",
    );
  });
});
