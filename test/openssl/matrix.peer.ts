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
import { CERTIFICATES, type End, ENDS, MATRIX, OTHERS } from "../tls/matrix.ts";
import { TIMEOUT_MS, TLS_MODES, type TlsMode, lastEnded } from "../tls/tls-modes.ts";
import { type OpensslTalk, talkByOpenssl } from "./s-client.ts";

setDefaultTimeout(30_000);

const VERSIONS = ["-tls1_3", "-tls1_2"];
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
