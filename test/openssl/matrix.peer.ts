/**
 * Every mode of TLS of the client port and what becomes of each kind of client, with openssl as the
 * peer where there is TLS: where the greeting comes, who is let in, what `/connz` and the log say.
 * Run it with `bun test ./test/openssl/matrix.peer.ts`; `bun test` alone leaves it out, since it
 * needs openssl. With MIDGE_EXECUTABLE=/path/to/nats-server it checks the table against that.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { TEST_HOST } from "../support/running-server.ts";
import { TIMEOUT_MS, TLS_MODES, type TlsMode, lastEnded } from "../tls/tls-modes.ts";
import { type OpensslTalk, talkByOpenssl } from "./s-client.ts";

setDefaultTimeout(30_000);

const VERSIONS = ["-tls1_3", "-tls1_2"];
const UNVERIFIED = "ERR TLS handshake error: tls: failed to verify certificate: x509: ";
const TIME = String.raw`current time [\d-]+T[\d:]+Z is after [\d-]+T[\d:]+Z`;
const HASH = "SHA-256: [0-9a-f]{64}";

/** What becomes of a client: whether it is let in, the reason of the end, a line of the log. */
const ENDS = {
  in: [true, "Client Closed", /^DBG TLS handshake complete$/],
  /** Without TLS. */
  plain: [true, "Client Closed", undefined],
  noTls: [
    false,
    "TLS Handshake Failure",
    /^DBG TLS handshake error: tls: first record does not look like a TLS handshake$/,
  ],
  /** A client that does not expect the greeting. */
  leaves: [
    false,
    "TLS Handshake Failure",
    /^ERR TLS handshake error: (EOF|remote error: tls: .*)$/,
  ],
  late: [false, "TLS Handshake Failure", /^DBG TLS handshake (timeout|error: .*i\/o timeout)$/],
  parser: [false, "Protocol Violation", /^ERR Client parser ERROR/],
  missing: [
    false,
    "TLS Handshake Failure",
    /^ERR TLS handshake error: tls: client didn't provide a certificate$/,
  ],
  foreign: failure(
    `certificate signed by unknown authority \\(CN=foreign,O=midge tests ${HASH}\\)`,
  ),
  expired: failure(
    `certificate has expired or is not yet valid: ${TIME} \\(CN=expired,O=midge tests ${HASH}\\)`,
  ),
  purpose: failure(
    `certificate specifies an incompatible key usage \\(CN=server only,O=midge tests ${HASH}\\)`,
  ),
  unpinned: [false, "TLS Handshake Failure", /^ERR TLS handshake error: certificate not pinned$/],
  nobody: [false, "Authentication Failure", /^ERR authentication error$/],
} as const satisfies Record<string, readonly [boolean, string, RegExp | undefined]>;

function failure(reason: string) {
  return [false, "TLS Handshake Failure", new RegExp(`^${UNVERIFIED}${reason}$`)] as const;
}

type End = keyof typeof ENDS;

const OTHERS = ["plain", "garbage", "silence"] as const;
const CERTIFICATES = [
  "-",
  "client",
  "plain-client",
  "foreign-client",
  "expired-client",
  "server-only",
] as const;
const same = (end: End) => CERTIFICATES.map(() => end);
const [IN, LEAVES, PARSER, UNPINNED] = [
  same("in"),
  same("leaves"),
  same("parser"),
  same("unpinned"),
];
const VERIFIED = ["missing", "in", "in", "foreign", "expired", "purpose"] as const;
const MAPPED = ["missing", "in", "nobody", "foreign", "expired", "purpose"] as const;
const PINNED = ["missing", "in", "unpinned", "foreign", "expired", "purpose"] as const;

interface Row {
  /** Of clients without TLS: a plain one, one that sends anything, one that says nothing. */
  readonly others: readonly [End, End, End];
  /** By certificate, of clients that wait for the greeting; undefined where none comes. */
  readonly after: readonly End[] | undefined;
  /** Of clients that begin with TLS. */
  readonly first: readonly End[];
}

const MATRIX: Readonly<Record<TlsMode, Row>> = {
  none: { others: ["plain", "parser", "plain"], after: PARSER, first: PARSER },
  tls: { others: ["noTls", "noTls", "late"], after: IN, first: LEAVES },
  optional: { others: ["plain", "parser", "plain"], after: IN, first: LEAVES },
  first: { others: ["noTls", "noTls", "late"], after: undefined, first: IN },
  "first, optional": { others: ["noTls", "noTls", "late"], after: undefined, first: IN },
  auto: { others: ["noTls", "noTls", "late"], after: IN, first: IN },
  "auto, optional": { others: ["noTls", "noTls", "plain"], after: IN, first: IN },
  duration: { others: ["noTls", "noTls", "late"], after: IN, first: IN },
  verify: { others: ["noTls", "noTls", "late"], after: VERIFIED, first: LEAVES },
  "verify, optional": { others: ["plain", "parser", "plain"], after: VERIFIED, first: LEAVES },
  "verify, first": { others: ["noTls", "noTls", "late"], after: undefined, first: VERIFIED },
  "verify, auto": { others: ["noTls", "noTls", "late"], after: VERIFIED, first: VERIFIED },
  map: { others: ["noTls", "noTls", "late"], after: MAPPED, first: LEAVES },
  "map, optional": { others: ["nobody", "nobody", "nobody"], after: MAPPED, first: LEAVES },
  pins: { others: ["noTls", "noTls", "late"], after: PINNED, first: LEAVES },
  "pins, no verify": { others: ["noTls", "noTls", "late"], after: UNPINNED, first: LEAVES },
};

/** Modes that wait with the greeting, for ever or a while. */
const isHeldBack = (mode: TlsMode) => /first|auto|duration/.test(mode);

for (const [mode, { others, after, first }] of Object.entries(MATRIX)) {
  describe(`mode ${mode}:`, () => {
    let server: ConfiguredServer;
    let cid = 0;

    beforeAll(async () => {
      server = await ConfiguredServer.start(TLS_MODES[mode as TlsMode], "-D");
    });
    afterAll(() => server[Symbol.asyncDispose]());

    const expectEnd = async (talk: OpensslTalk, end: End, greeting: OpensslTalk["greeting"]) => {
      const { reason, lines, connz } = await lastEnded(server, cid);
      cid = Number(connz["cid"]);
      const [isLetIn, expectedReason, line] = ENDS[end];
      expect({ ...talk, reason }).toEqual({ greeting, isLetIn, reason: expectedReason });
      if (line !== undefined) expect(lines).toContainEqual(expect.stringMatching(line));
      expect(connz["tls_first"]).toBe(greeting === "within TLS" ? true : undefined);
    };

    test.each(OTHERS.map((kind, i) => [kind, others[i]!] as const))("%s: %s", async (kind, end) => {
      const isGreeted = !isHeldBack(mode as TlsMode) || (kind === "silence" && after !== undefined);
      await expectEnd(
        await talkWithoutTls(server.port, kind),
        end,
        isGreeted ? "before TLS" : "none",
      );
    });

    for (const version of VERSIONS) {
      const talk = async (certificate: string, isFirst: boolean) => {
        return talkByOpenssl({
          port: server.port,
          isFirst,
          certificate: certificate === "-" ? undefined : certificate,
          arguments: [version],
        });
      };
      const ends = (row: readonly End[]) => CERTIFICATES.map((name, i) => [name, row[i]!] as const);

      if (after !== undefined) {
        test.each(ends(after))(
          `${version} after the greeting, certificate %s: %s`,
          async (name, end) => {
            await expectEnd(await talk(name, false), end, "before TLS");
          },
        );
      }

      test.each(ends(first))(`${version} first, certificate %s: %s`, async (name, end) => {
        await expectEnd(await talk(name, true), end, end === "in" ? "within TLS" : "none");
      });
    }
  });
}

const WITHOUT_TLS = {
  plain: 'CONNECT {"verbose":false}\r\nPING\r\n',
  garbage: "\x00\x01\x02garbage\r\n\r\n",
  silence: "",
};

/** What a client sees that sends this at once; silent ones say PING after the time for TLS. */
async function talkWithoutTls(port: number, kind: (typeof OTHERS)[number]) {
  const peer = await RawPeer.open(TEST_HOST, port);
  await peer.send(WITHOUT_TLS[kind]);
  if (kind === "silence") {
    await Promise.race([peer.closed(), Bun.sleep(2 * TIMEOUT_MS)]);
    await peer.send("PING\r\n");
  }
  const isLetIn = () => peer.received.includes("PONG\r\n");
  await peer.until("an end", () => peer.isClosed || isLetIn());
  const greeting = peer.received.startsWith("INFO {") ? "before TLS" : "none";
  peer.end();
  return { greeting, isLetIn: isLetIn() } as const;
}
