/**
 * Clients that come all at once to a server that has had none. The process is stopped while they
 * connect, so that it finds them, what they have sent and its own signals at the same moment.
 */
import { describe, expect, test } from "bun:test";
import { Program } from "../support/program.ts";
import { RawPeer } from "../support/raw-peer.ts";

const HOST = "127.0.0.1";
const HELLO = 'CONNECT {"verbose":false}\r\nPING\r\n';
const PONG = "PONG\r\n";

/** Stops the program and lets `count` peers connect, each of which `begins` at once. */
async function gather(
  program: Program,
  count: number,
  begins: (peer: RawPeer, index: number) => unknown,
): Promise<RawPeer[]> {
  program.signal("SIGSTOP");
  const peers: RawPeer[] = [];
  for (let i = 0; i < count; i++) {
    const peer = await RawPeer.open(HOST, program.port);
    await begins(peer, i);
    peers.push(peer);
  }
  return peers;
}

function idOf(peer: RawPeer): number {
  return Number(/"client_id":(\d+)/.exec(peer.received)?.[1]);
}

describe("the first clients of a server", () => {
  test("are greeted in order and heard, and later ones follow", async () => {
    await using program = await Program.start("-a", HOST, "-p", "-1");
    const peers = await gather(program, 200, (peer, i) => i % 2 === 0 && peer.send(HELLO));
    program.signal("SIGCONT");
    for (const [i, peer] of peers.entries()) {
      await peer.until("greeting", () => peer.received.includes("\r\n"));
      expect(idOf(peer)).toBe(i + 1);
      expect(peer.received).toContain(`"client_ip":"${HOST}"`);
      if (i % 2 === 0) await peer.until("PONG", () => peer.received.endsWith(PONG));
      else await peer.synchronise();
    }
    const later = await RawPeer.open(HOST, program.port);
    await later.synchronise();
    expect(idOf(later)).toBe(peers.length + 1);
    for (const peer of [...peers, later]) peer.end();
  });

  test("get each other's messages", async () => {
    await using program = await Program.start("-a", HOST, "-p", "-1");
    const [subscriber, publisher] = await gather(program, 2, (peer, i) =>
      peer.send(`CONNECT {"verbose":false}\r\n${i === 0 ? "SUB a 1" : "PUB a 2\r\nhi"}\r\n`),
    );
    program.signal("SIGCONT");
    await subscriber!.until("message", () => subscriber!.received.endsWith("MSG a 1 2\r\nhi\r\n"));
    subscriber!.end();
    publisher!.end();
  });

  test("may leave at once, in order or with a reset", async () => {
    await using program = await Program.start("-DV", "-a", HOST, "-p", "-1");
    const peers = await gather(program, 60, async (peer, i) => {
      if (i % 3 < 2) await peer.send(HELLO);
      if (i % 3 === 1) peer.end();
      if (i % 3 === 2) peer.terminate();
    });
    program.signal("SIGCONT");
    for (const peer of peers.filter((_, i) => i % 3 === 0)) {
      await peer.until("PONG", () => peer.received.endsWith(PONG));
      peer.end();
    }
    await program.logged(/cid:58 - Client connection closed/);
    program.signal("SIGTERM");
    expect(await program.exited()).toBe(0);
    expect(program.log).not.toContain("Internal error");
  });

  test("beyond max_connections are told so, and the others stay", async () => {
    await using program = await Program.start("-a", HOST, "-p", "-1", "--max_connections", "3");
    const peers = await gather(program, 10, () => {});
    program.signal("SIGCONT");
    for (const [i, peer] of peers.entries()) {
      if (i < 3) await peer.synchronise();
      else {
        await peer.closed();
        const refusal = /^INFO \{.*\} \r\n-ERR 'maximum connections exceeded'\r\n$/;
        expect(peer.received).toMatch(refusal);
      }
      expect(idOf(peer)).toBe(i + 1);
    }
    for (const peer of peers) peer.end();
  });

  test("do not keep a server from ending", async () => {
    await using program = await Program.start("-a", HOST, "-p", "-1");
    const peers = await gather(program, 20, (peer) => peer.send(HELLO));
    program.signal("SIGTERM");
    program.signal("SIGCONT");
    await Promise.all(peers.map((peer) => peer.closed()));
    expect(await program.exited()).toBe(0);
    expect(program.log).toContain("Server Exiting..");
  });
});
