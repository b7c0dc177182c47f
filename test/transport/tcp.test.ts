/**
 * The TCP transport over real sockets: what a listener sees of a stream that is paused and resumed,
 * floods, ends or breaks, whoever reads it.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { type Socket, connect } from "node:net";
import { type TcpListener, listenTcp } from "../../src/transport/tcp-listener.ts";
import type { Transport, TransportListener } from "../../src/transport/transport.ts";
import { Random } from "../../src/util/random.ts";

const open: { stop(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});

/** Accepts one peer whose chunks go to `onBytes`; settles when the stream is closed. */
function acceptOne(onBytes: (transport: Transport, chunk: Uint8Array) => boolean): {
  readonly port: number;
  readonly accepted: Promise<Transport>;
  readonly closed: Promise<Error | undefined>;
} {
  const accepted = Promise.withResolvers<Transport>();
  const closed = Promise.withResolvers<Error | undefined>();
  const listener: TcpListener = listenTcp("127.0.0.1", 0, (transport) => {
    accepted.resolve(transport);
    return {
      onBytes: (chunk) => onBytes(transport, chunk),
      onDrain: () => undefined,
      onClose: (error) => closed.resolve(error),
    } satisfies TransportListener;
  });
  open.push(listener);
  return { port: listener.port, accepted: accepted.promise, closed: closed.promise };
}

function dial(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  open.push({ stop: () => socket.destroy() });
  return socket;
}

/** Bytes of which each depends on its place. */
function patternBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 7 + (i >>> 16)) & 255;
  return bytes;
}

const FLOOD_BYTES = 24 * 1024 * 1024;

describe("a flooded TCP transport", () => {
  test("hands over every byte in order while it is paused and resumed at random", async () => {
    const seed = Math.trunc(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const sent = patternBytes(FLOOD_BYTES);
    const kept: { readonly at: number; readonly chunk: Uint8Array }[] = [];
    let at = 0;
    let isPaused = false;
    let wrong = -1;
    const { port, closed } = acceptOne((transport, chunk) => {
      if (isPaused) wrong = at;
      if (wrong < 0 && Buffer.compare(sent.subarray(at, at + chunk.length), chunk) !== 0)
        wrong = at;
      const isKept = random.below(4) === 0;
      if (isKept) kept.push({ at, chunk });
      at += chunk.length;
      if (random.below(3) > 0) {
        isPaused = true;
        transport.pause();
        setImmediate(() => {
          isPaused = false;
          transport.resume();
        });
      }
      return isKept;
    });
    dial(port).end(sent);
    expect(await closed, `seed ${seed}`).toBeUndefined();
    expect(wrong, `seed ${seed}: first wrong byte`).toBe(-1);
    expect(at, `seed ${seed}: bytes received`).toBe(FLOOD_BYTES);
    const spoiled = kept.find((one) => {
      return Buffer.compare(sent.subarray(one.at, one.at + one.chunk.length), one.chunk) !== 0;
    });
    expect(spoiled?.at, `seed ${seed}: a chunk that was kept has changed`).toBeUndefined();
  });

  test("gives two busy peers their own bytes", async () => {
    const ends = [1, 2].map((mark) => {
      let count = 0;
      let isMixed = false;
      const peer = acceptOne((transport, chunk) => {
        count += chunk.length;
        isMixed ||= chunk.some((byte) => byte !== mark);
        transport.pause();
        setImmediate(() => transport.resume());
        return false;
      });
      dial(peer.port).end(Buffer.alloc(FLOOD_BYTES / 4, mark));
      return { closed: peer.closed, result: () => ({ count, isMixed }) };
    });
    for (const end of ends) {
      await end.closed;
      expect(end.result()).toEqual({ count: FLOOD_BYTES / 4, isMixed: false });
    }
  });

  test("hands over what came before the peer's end, however long it was paused", async () => {
    let count = 0;
    const sentAll = Promise.withResolvers<void>();
    const { port, accepted, closed } = acceptOne((_, chunk) => {
      count += chunk.length;
      return false;
    });
    const peer = dial(port);
    const transport = await accepted;
    transport.pause();
    peer.end(Buffer.alloc(300_000), () => sentAll.resolve());
    await sentAll.promise;
    transport.resume();
    expect(await closed).toBeUndefined();
    expect(count).toBe(300_000);
  });

  test("hears of a reset while it reads", async () => {
    const started = Promise.withResolvers<void>();
    const { port, closed } = acceptOne((transport) => {
      transport.pause();
      setImmediate(() => transport.resume());
      started.resolve();
      return false;
    });
    const peer = dial(port);
    peer.write(Buffer.alloc(FLOOD_BYTES));
    await started.promise;
    peer.resetAndDestroy();
    const error = await closed;
    expect(error === undefined || error instanceof Error).toBe(true);
  });

  test("reads no more once it is terminated from within a chunk", async () => {
    let chunksAfter = 0;
    let isTerminated = false;
    const { port, closed } = acceptOne((transport) => {
      if (isTerminated) chunksAfter++;
      isTerminated = true;
      transport.pause();
      transport.terminate();
      transport.resume();
      return false;
    });
    dial(port).write(Buffer.alloc(FLOOD_BYTES));
    await closed;
    expect(chunksAfter).toBe(0);
  });
});
