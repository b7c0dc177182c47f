/**
 * Two client libraries, the official one and its predecessor, in every mode of TLS and with each
 * kind of certificate: who gets in can publish and subscribe, and whoever does not learns that.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect as connectNew } from "@nats-io/transport-node";
import { connect as connectOld } from "nats";
import { ConfiguredServer } from "../support/configured-server.ts";
import { TEST_HOST } from "../support/running-server.ts";
import { CERTIFICATES, ENDS, type End, MATRIX, OTHERS } from "../tls/matrix.ts";
import { TLS_MODES, type TlsMode, lastEnded } from "../tls/tls-modes.ts";
import { certificatePath } from "../tls/tls-peer.ts";

setDefaultTimeout(60_000);

const TIMEOUT_MS = 5000;

/** What both libraries are used for here. */
interface LibraryConnection {
  publish(subject: string, payload: string): void;
  subscribe(
    subject: string,
    options: { readonly callback: (error: Error | null, message: { string(): string }) => void },
  ): unknown;
  close(): Promise<void>;
}

interface LibraryOptions {
  readonly servers: string;
  readonly reconnect: boolean;
  readonly timeout: number;
  readonly tls: {
    readonly caFile: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly handshakeFirst: boolean;
  } | null;
}

type Library = (options: LibraryOptions) => Promise<LibraryConnection>;

const LIBRARIES: readonly (readonly [string, Library])[] = [
  ["@nats-io/transport-node", connectNew],
  ["nats", connectOld],
];

/** Whether a client that connects so gets its own message back. */
async function isServed(
  library: Library,
  port: number,
  tls: LibraryOptions["tls"],
): Promise<boolean> {
  const servers = `${TEST_HOST}:${port}`;
  let connection: LibraryConnection;
  try {
    connection = await library({ servers, reconnect: false, timeout: TIMEOUT_MS, tls });
  } catch {
    return false;
  }
  const { promise, resolve } = Promise.withResolvers<string>();
  connection.subscribe("echo", { callback: (_error, message) => resolve(message.string()) });
  connection.publish("echo", "hello");
  expect(await promise).toBe("hello");
  await connection.close();
  return true;
}

function tlsWith(certificate: string, handshakeFirst: boolean): LibraryOptions["tls"] {
  const file = (name: string) => certificatePath(`${name}.pem`);
  return {
    caFile: file("ca"),
    ...(certificate === "-"
      ? {}
      : { certFile: file(certificate), keyFile: file(`${certificate}-key`) }),
    handshakeFirst,
  };
}

describe.each(LIBRARIES)("the library %s", (_name, library) => {
  test.each(Object.keys(MATRIX) as TlsMode[])("where TLS is: %s", async (mode) => {
    await using server = await ConfiguredServer.start(TLS_MODES[mode], "-D");
    const { others, after, first } = MATRIX[mode];
    let cid = 0;
    const expectEnd = async (what: string, end: End, tls: LibraryOptions["tls"]) => {
      const served = await isServed(library, server.port, tls);
      const { reason, connz } = await lastEnded(server, cid);
      cid = Number(connz["cid"]);
      // A server without TLS says so in its greeting, and the library leaves.
      const isInVain = mode === "none" && tls?.handshakeFirst === false;
      const [isLetIn, expectedReason] = isInVain ? [false, "Client Closed"] : ENDS[end];
      expect({ what, served, reason }).toEqual({ what, served: isLetIn, reason: expectedReason });
    };
    for (const [isFirst, ends] of [
      [false, after],
      [true, first],
    ] as const) {
      for (const [i, certificate] of (ends === undefined ? [] : CERTIFICATES).entries()) {
        const what = `certificate ${certificate}, ${isFirst ? "first" : "after the greeting"}`;
        await expectEnd(what, ends![i]!, tlsWith(certificate, isFirst));
      }
    }
    // It waits for the greeting, as clients do that say nothing.
    if (after !== undefined)
      await expectEnd("without TLS", others[OTHERS.indexOf("silence")]!, null);
  });
});
