/**
 * Peers that keep to the protocol and take more than their share: of connections, subscriptions,
 * subjects, or of memory by not reading. A well-behaved pair is served meanwhile (see `siege.ts`).
 */
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { MeasuredServer, eventually } from "../support/measured-server.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { TEST_HOST } from "../support/running-server.ts";
import { SIEGE_SEED, Siege, expectEnd } from "../support/siege.ts";

const TIMEOUT_MS = 60_000;
const CONNECT = 'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n';
const MiB = 1024 * 1024;
const BATCH = 2000;
const FLOODER = join(import.meta.dir, "../support/flooder.ts");
const FLOOD_MS = 3000;
/** For lines to come out of a log that writes behind. */
const LOG_TIMEOUT_MS = 5000;

/** For a round of the pair during a flood; nats-server needs some 20 ms. */
const MAX_BYSTANDER_WAIT_MS = 500;

/** Sends `count` lines in batches, waiting for the server after each. */
async function sendLines(peer: RawPeer, count: number, line: (i: number) => string): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    let text = "";
    for (let i = from; i < Math.min(count, from + BATCH); i++) text += line(i);
    await peer.send(text);
    await peer.synchronise();
  }
}

/** What the log says of a slow consumer. */
function slowConsumer(siege: Siege): string | undefined {
  return /Slow Consumer Detected: (.*)/.exec(siege.server.log)?.[1];
}

/**
 * As `slowConsumer`, once the log has got that far; "lost" if the flood made more lines than a log
 * holds, which it then counts in place of keeping them.
 */
async function slowConsumerLogged(siege: Siege): Promise<string> {
  let found: string | undefined;
  await eventually("a line about the slow consumer", LOG_TIMEOUT_MS, () => {
    found =
      slowConsumer(siege) ?? (/log lines were lost/.test(siege.server.log) ? "lost" : undefined);
    return found !== undefined;
  });
  return found!;
}

describe(`connections, seed ${SIEGE_SEED},`, () => {
  test(
    "opened and dropped two thousand times leave nothing behind",
    () =>
      Siege.run({ growthBytes: 64 * MiB }, async (siege) => {
        const descriptors = siege.server.descriptors;
        for (let i = 0; i < 20; i++) {
          const peers = await Promise.all(
            Array.from({ length: 100 }, () => siege.silentAttacker()),
          );
          for (const peer of peers) {
            const choice = siege.random.below(4);
            if (choice === 0) await peer.send(CONNECT);
            if (choice === 1) await peer.send("PUB a 10\r\nhal");
            if (choice < 2) peer.end();
            else peer.terminate();
          }
        }
        const { baseline, server } = siege;
        await eventually("no connections", 10_000, async () => {
          return (await server.varz()).connections === baseline.connections;
        });
        await eventually("no descriptors", 10_000, () => server.descriptors <= descriptors + 4);
      }),
    TIMEOUT_MS,
  );

  test("that are reset before they are accepted do no harm", () =>
    Siege.run({}, async (siege) => {
      const { server } = siege;
      const descriptors = server.descriptors;
      server.signal("SIGSTOP");
      const peers = await Promise.all(Array.from({ length: 200 }, () => siege.silentAttacker()));
      for (const peer of peers) peer.terminate();
      server.signal("SIGCONT");
      await (await siege.attacker()).synchronise();
      await eventually("no descriptors", 10_000, () => server.descriptors <= descriptors + 4);
    }));

  test("that stay silent when they should log in are cut off", async () => {
    await using server = await MeasuredServer.start({
      args: ["--auth", "t0ken", "--auth_timeout", "300ms"],
    });
    const peers = await Promise.all(
      Array.from({ length: 200 }, () => RawPeer.open(TEST_HOST, server.port)),
    );
    for (const peer of peers) await expectEnd(peer, "Authentication Timeout");
    expect((await server.varz()).connections).toBe(0);
  });

  test("that are half closed get their answers, then the close", () =>
    Siege.run({}, async (siege) => {
      for (const peer of await siege.attackers(100)) {
        const before = peer.receivedBytes;
        await peer.send(
          `${CONNECT}SUB a.${siege.random.below(9)} 1\r\nPUB a 2\r\nhi\r\nPING\r\nPUB a`,
        );
        peer.endWriting();
        await peer.closed();
        expect(peer.receivedSince(before)).toBe("PONG\r\n");
      }
    }));

  test("that answer no pings are cut off", () =>
    Siege.run({ args: ["--ping_interval", "1s", "--ping_max", "1"] }, async (siege) => {
      const peers = await siege.attackers(100);
      for (const peer of peers) await expectEnd(peer, "Stale Connection");
    }));

  test(
    "that stop within a message hold only what they sent",
    () =>
      Siege.run({ growthBytes: 120 * MiB }, async (siege) => {
        const peers = await siege.attackers(60);
        const half = `PUB a 1048576\r\n${"x".repeat(600_000)}`;
        await Promise.all(peers.map((peer) => peer.send(half)));
        for (const [i, peer] of peers.entries()) {
          if (i % 2 === 0) peer.end();
          else peer.terminate();
        }
      }),
    TIMEOUT_MS,
  );
});

describe(`subscriptions, seed ${SIEGE_SEED},`, () => {
  test(
    "by the million from one connection, then all given up at once",
    () =>
      Siege.run({ growthBytes: 600 * MiB }, async (siege) => {
        const peer = await siege.attacker();
        await peer.send(CONNECT);
        await sendLines(peer, 1_000_000, (i) => `SUB flood.${i} ${i}\r\n`);
        const { subscriptions } = await siege.server.varz();
        expect(subscriptions).toBe(siege.baseline.subscriptions + 1_000_000);
      }),
    TIMEOUT_MS,
  );

  test(
    "with wildcards, coming and going while subjects are busy",
    () =>
      Siege.run({}, async (siege) => {
        const [publisher, flooder] = await siege.attackers(2);
        await publisher!.send(`${CONNECT}SUB busy.> 1\r\n`);
        for (let round = 0; round < 3; round++) {
          await sendLines(publisher!, 20_000, (i) => `PUB busy.${i} 0\r\n\r\n`);
        }
        await flooder!.send(CONNECT);
        const patterns = ["busy.*", "*.>", ">", "*.*", "busy.>", "*.1"];
        await sendLines(flooder!, 60_000, (i) => {
          const pattern = patterns[siege.random.below(patterns.length)]!;
          return `SUB ${pattern} ${i}\r\nUNSUB ${i}\r\n`;
        });
        await sendLines(flooder!, 60_000, (i) => `SUB *.${i}.> ${i}\r\n`);
      }),
    TIMEOUT_MS,
  );

  test("unsubscribed that never were", () =>
    Siege.run({}, async (siege) => {
      const peer = await siege.attacker();
      await peer.send(`${CONNECT}SUB a 1\r\n`);
      await sendLines(peer, 300_000, (i) => `UNSUB ${i + 2} ${siege.random.below(1_000_000)}\r\n`);
      const { subscriptions } = await siege.server.varz();
      expect(subscriptions).toBe(siege.baseline.subscriptions + 1);
    }));

  test("on one subject by the ten thousand, taken back in any order", () =>
    Siege.run({}, async (siege) => {
      const peer = await siege.attacker();
      const sids = Array.from({ length: 20_000 }, (_, i) => i);
      await peer.send(CONNECT);
      await sendLines(peer, sids.length, (i) => `SUB same${i % 2 === 0 ? "" : " queue"} ${i}\r\n`);
      await peer.send("PUB same 0\r\n\r\n");
      for (let i = sids.length - 1; i > 0; i--) {
        const other = siege.random.below(i + 1);
        [sids[i], sids[other]] = [sids[other]!, sids[i]!];
      }
      await sendLines(peer, sids.length, (i) => `UNSUB ${sids[i]}\r\n`);
      const { subscriptions } = await siege.server.varz();
      expect(subscriptions).toBe(siege.baseline.subscriptions);
    }));
});

describe(`subjects, seed ${SIEGE_SEED},`, () => {
  test("of two thousand tokens are delivered, with and without wildcards", () =>
    Siege.run({}, async (siege) => {
      const peer = await siege.attacker();
      const subject = Array.from({ length: 2000 }, () => "t").join(".");
      const stars = Array.from({ length: 2000 }, () => "*").join(".");
      const half = `${Array.from({ length: 1000 }, () => "*").join(".")}.>`;
      await peer.send(`${CONNECT}SUB ${subject} 1\r\nSUB ${stars} 2\r\nSUB ${half} 3\r\n`);
      for (let round = 0; round < 20; round++) {
        const before = peer.receivedBytes;
        await peer.send(`PUB ${subject} 2\r\nhi\r\n`);
        await peer.synchronise();
        const messages = peer.receivedSince(before).split(" 2\r\nhi\r\n").length - 1;
        expect(messages).toBe(3);
      }
    }));

  test(
    "of many tokens that differ at random, subscribed, published and dropped",
    () =>
      Siege.run({}, async (siege) => {
        const peer = await siege.attacker();
        await peer.send(CONNECT);
        const token = (): string => ["a", "b", "*"][siege.random.below(3)]!;
        const subject = (): string =>
          Array.from({ length: siege.between(1, 100) }, token).join(".");
        await sendLines(peer, 20_000, (i) => `SUB ${subject()} ${i}\r\n`);
        await sendLines(peer, 20_000, () => `PUB ${subject()} 0\r\n\r\n`);
        await sendLines(peer, 20_000, (i) => `UNSUB ${i}\r\n`);
      }),
    TIMEOUT_MS,
  );

  test(
    "by the hundred thousand, each published twice",
    () =>
      Siege.run({ growthBytes: 120 * MiB }, async (siege) => {
        const [peer, all] = await siege.attackers(2);
        await all!.send(`${CONNECT}SUB distinct.> 1\r\n`);
        await peer!.send(CONNECT);
        const twice = (i: number): string => `PUB distinct.${i} 0\r\n\r\n`.repeat(2);
        await sendLines(peer!, 200_000, twice);
      }),
    TIMEOUT_MS,
  );

  test(
    "of full length by the ten thousand cost no memory that grows with them",
    () =>
      Siege.run({}, async (siege) => {
        const [peer, all] = await siege.attackers(2);
        await all!.send(`${CONNECT}SUB > 1\r\nSUB > 2\r\n`);
        await peer!.send(CONNECT);
        const long = `PUB ${"x".repeat(4000)}`;
        for (let round = 0; round < 3; round++) {
          await sendLines(peer!, 20_000, (i) => `${long}${i} 0\r\n\r\n`);
        }
      }),
    TIMEOUT_MS,
  );

  test(
    "times receivers cost no memory that grows with their product",
    () =>
      Siege.run({}, async (siege) => {
        const [peer, all] = await siege.attackers(2);
        await all!.send(CONNECT);
        await sendLines(all!, 250, (i) => `SUB spread.> ${i}\r\n`);
        await peer!.send(CONNECT);
        for (let round = 0; round < 2; round++) {
          await sendLines(peer!, 20_000, (i) => `PUB spread.${i} 0\r\n\r\n`);
        }
      }),
    TIMEOUT_MS,
  );
});

describe("a peer that never reads", () => {
  const MAX_PENDING_BYTES = 8 * MiB;
  const settings = {
    args: ["--max_pending", String(MAX_PENDING_BYTES)],
    growthBytes: MAX_PENDING_BYTES + 64 * MiB,
  };

  /** What makes the server answer, and the CONNECT that it takes. */
  const floods = [
    ["pings", CONNECT, "PING\r\n"],
    ["is verbose", 'CONNECT {"verbose":true,"pedantic":false}\r\n', "UNSUB 1\r\n"],
    ["publishes to wildcards", 'CONNECT {"verbose":false}\r\n', "PUB * 0\r\n\r\n"],
    ["subscribes to nonsense", CONNECT, "SUB a..b 1\r\n"],
    ["replies to what is reserved", CONNECT, "PUB a _R_.a 0\r\n\r\n"],
    [
      "asks nobody",
      'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB inbox 1\r\n',
      "PUB nobody inbox 0\r\n\r\n",
    ],
    ["talks to itself", `${CONNECT}SUB self 1\r\n`, `PUB self 512\r\n${"x".repeat(512)}\r\n`],
  ] as const;
  for (const [what, connect, operation] of floods) {
    test(
      `and ${what} is cut off at max_pending`,
      () =>
        Siege.run(settings, async (siege) => {
          const peer = await siege.attacker();
          await peer.send(connect);
          await peer.synchronise();
          peer.pause();
          const flood = Buffer.from(operation.repeat(Math.ceil(65_536 / operation.length)));
          let sentBytes = 0;
          const resisted = 256 * MiB;
          while (sentBytes < resisted && (await peer.send(flood))) sentBytes += flood.length;
          expect(sentBytes).toBeLessThan(resisted);
          expect((await siege.server.varz()).slow_consumers).toBe(1);
          const detail = `MaxPending of ${MAX_PENDING_BYTES} Exceeded`;
          // Only a flood that is logged line by line is more than a log holds.
          const accepted = what === "replies to what is reserved" ? [detail, "lost"] : [detail];
          expect(accepted).toContain(await slowConsumerLogged(siege));
        }),
      TIMEOUT_MS,
    );
  }

  test(
    "is cut off at max_pending while others get all, one by one",
    () =>
      Siege.run(settings, async (siege) => {
        const [publisher, reader, ...slow] = await siege.attackers(7);
        await publisher!.send(CONNECT);
        for (const peer of [reader!, ...slow]) {
          await peer.send(`${CONNECT}SUB stream 1\r\n`);
          await peer.synchronise();
        }
        for (const peer of slow) peer.pause();
        const before = reader!.receivedBytes;
        const message = `PUB stream 32768\r\n${"x".repeat(32_768)}\r\n`;
        const count = 1200;
        for (let i = 0; i < count; i++) await publisher!.send(message);
        await publisher!.synchronise();
        const expected = count * ("MSG stream 1 32768\r\n".length + 32_768 + 2);
        await reader!.until("all messages", () => reader!.receivedBytes - before === expected);
        expect((await siege.server.varz()).slow_consumers).toBe(slow.length);
      }),
    TIMEOUT_MS,
  );

  test("and is owed less than max_pending is cut off at the write deadline", () =>
    Siege.run({ args: ["--write_deadline", "500ms"] }, async (siege) => {
      const [publisher, slow] = await siege.attackers(2);
      await slow!.send(`${CONNECT}SUB stream 1\r\n`);
      await slow!.synchronise();
      slow!.pause();
      await publisher!.send(CONNECT);
      const message = `PUB stream 65536\r\n${"x".repeat(65_536)}\r\n`;
      for (let i = 0; i < 200; i++) await publisher!.send(message);
      await eventually("a slow consumer", 5000, async () => {
        return (await siege.server.varz()).slow_consumers === 1;
      });
      expect(await slowConsumerLogged(siege)).toStartWith("WriteDeadline of ");
      slow!.resume();
      await slow!.closed();
    }));
});

test(
  "a publisher that floods many receivers does not keep others waiting",
  () =>
    Siege.run({}, async (siege) => {
      const { port } = siege.server;
      const flooder = Bun.spawn([process.execPath, FLOODER, String(port), "100"], {
        stdout: "pipe",
        timeout: TIMEOUT_MS,
      });
      await flooder.stdout.getReader().read();
      const endMs = performance.now() + FLOOD_MS;
      while (performance.now() < endMs) await siege.pair.playOn(1);
      expect(siege.pair.longestSilenceMs).toBeLessThan(MAX_BYSTANDER_WAIT_MS);
      flooder.kill("SIGKILL");
      await flooder.exited;
    }),
  TIMEOUT_MS,
);

test("lines that come a byte at a time are understood", () =>
  Siege.run({}, async (siege) => {
    const peers = await siege.attackers(20);
    const line = `SUB drip.${"x".repeat(500)} 1\r\nPING\r\n`;
    for (const byte of line) for (const peer of peers) await peer.send(byte);
    for (const peer of peers) await peer.until("PONG", () => peer.received.endsWith("PONG\r\n"));
  }));
